package import Classification
package import Imaging

/// What the service needs of a loaded model; a `Classifier`, or a fake in tests.
package protocol ImageModel: Sendable {
    var information: ModelInformation { get }

    /// Decodes, turns upright, resizes and crops one compressed picture, on the calling thread.
    func prepare(_ bytes: [UInt8]) throws(ImageError) -> Picture

    /// Runs the network once over a batch, on the calling thread and `threads − 1` helpers; one output a picture, in
    /// order.
    func run(_ pictures: [Picture], threads: Int) throws -> [ModelOutput]

    /// The `count` most likely classes, most likely first.
    func predictions(for output: ModelOutput, count: Int) -> [Prediction]
}

extension Classifier: ImageModel {
    package func prepare(_ bytes: [UInt8]) throws(ImageError) -> Picture {
        try pipeline(bytes)
    }
}

/// A model that can take requests.
package struct ServedModel: Sendable {
    /// Tells models apart in the batcher, also two loads of the same folder.
    package let lane: Int
    package let model: any ImageModel

    package init(lane: Int, model: any ImageModel) {
        self.lane = lane
        self.model = model
    }
}
