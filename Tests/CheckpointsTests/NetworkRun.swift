import Checkpoints
import Engine
import ModelGraph
import TestSupport
import Testing

/// Runs a network over scripts/seeded_values.py's picture.
enum NetworkRun {
    static func transform(height: Int, width: Int) -> ImageTransform {
        let half: [Float] = [0.5, 0.5, 0.5]
        return ImageTransform(width: width, height: height, mean: half, standardDeviation: half)
    }

    static func logits(of network: Network) throws -> [Float] {
        let shape = network.graph.inputShape
        let model = try Model(graph: network.graph, weights: network.weights).optimized()
        let plan = try Plan(model, transform: network.transform, instructionSet: .best)
        let session = Session(plan: plan, maxBatch: 1, pool: WorkerPool(helpers: 0))
        let picture = SeededValues.picture([1, shape.channels, shape.height, shape.width])
        return try session.run(.tensor(picture, images: 1))[0].logits
    }

    /// A checkpoint that was written in timm's form and read again answers as before.
    static func expectConversion(of checkpoint: Checkpoint) throws {
        let folder = try TemporaryFolder()
        let original = try checkpoint.network()
        let identifiers = (0..<original.classCount).map { "n\($0)" }
        try TimmFolder.write(
            original,
            labels: checkpoint.labels,
            classIdentifiers: identifiers,
            to: "\(folder.path)/converted"
        )
        let converted = try Checkpoint(path: "\(folder.path)/converted")
        #expect(converted.labels == checkpoint.labels)
        #expect(converted.classIdentifiers == identifiers)
        let before = try logits(of: original)
        try expect(converted.network(), answers: Tensor(shape: [1, before.count], floats: before), tolerance: 1e-5)
    }

    static func expect(_ network: Network, answers expected: Tensor, tolerance: Float) throws {
        let expected = try #require(expected.floats())
        let got = try logits(of: network)
        try #require(got.count == expected.count)
        let largest = expected.map(abs).max() ?? 0
        let difference = zip(got, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(difference <= tolerance * largest, "difference \(difference), largest \(largest)")
    }
}
