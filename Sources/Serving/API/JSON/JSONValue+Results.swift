package import Classification
import Imaging

extension JSONValue {
    /// A class and its score.
    package init(_ prediction: Prediction) {
        self = [
            "class_id": .integer(prediction.classID),
            "label": .string(prediction.label),
            "score": .number(prediction.score),
        ]
    }

    /// A picture's size and format.
    package init(_ image: ImageFacts) {
        self = [
            "width": .integer(image.width),
            "height": .integer(image.height),
            "format": .string(image.format.rawValue),
        ]
    }

    /// A part of a picture, in its pixels.
    init(_ region: PictureRegion) {
        self = [
            "x": .number(Float(region.x)),
            "y": .number(Float(region.y)),
            "width": .number(Float(region.width)),
            "height": .number(Float(region.height)),
        ]
    }

    /// Phases of a request by name, in milliseconds.
    package init(phases: [(name: String, duration: Duration)]) {
        self = .object(phases.map { Member(name: $0.name, value: .milliseconds($0.duration)) })
    }
}
