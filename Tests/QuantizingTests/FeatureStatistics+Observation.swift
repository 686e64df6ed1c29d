import Engine
import ModelGraph
import Quantizing

extension ImageTransform {
    /// Of networks that are shown tensors, or bytes as numbers of 0…1.
    static func plain(width: Int, height: Int) -> ImageTransform {
        ImageTransform(width: width, height: height, mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    }
}

extension FeatureStatistics {
    /// Of all nodes of an optimised model, by their names.
    ///
    /// - Parameter input: `[image][channel][row][column]`.
    static func observed(in model: Model, _ input: [Float], images: Int) throws -> [String: FeatureStatistics] {
        let shape = model.graph.inputShape
        let transform = ImageTransform.plain(width: shape.width, height: shape.height)
        let plan = try Plan(observing: model, transform: transform, instructionSet: .best)
        let session = Session(plan: plan, maxBatch: 1, pool: WorkerPool(helpers: 0))
        var statistics: [String: FeatureStatistics] = [:]
        let count = input.count / images
        for image in 0..<images {
            let picture = Array(input[image * count..<(image + 1) * count])
            var seen: [ObservedFeatures] = []
            try session.observe(.tensor(picture, images: 1)) { seen.append($0) }
            for features in seen {
                try statistics[features.name, default: FeatureStatistics(shape: features.shape)].add(features)
            }
        }
        return statistics
    }
}
