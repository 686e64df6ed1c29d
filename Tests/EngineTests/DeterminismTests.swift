import Engine
import ModelGraph
import TestSupport
import Testing

/// An image gets the same bits whatever its batch, its place in it, and the threads.
struct DeterminismTests {
    @Test(arguments: ["lite0-real", "b0-odd"], InstructionSet.allCases.filter(\.isSupported))
    func bitsDoNotDependOnBatchOrThreads(name: String, set: InstructionSet) throws {
        let golden = try LogitGolden(name)
        let session = try GoldenLogitsTests.session(golden, set: set, maxBatch: 8)
        let count = golden.inputShape[1...].reduce(1, *)
        let images = golden.inputShape[0]
        let single = try (0..<images).map { image in
            let values = Array(golden.input[(image * count)..<((image + 1) * count)])
            return try session.run(.tensor(values, images: 1), threads: 1)[0]
        }
        for threads in 1...2 {
            for batch in [2, 3, 8] {
                let order = (0..<batch).map { ($0 + batch) % images }
                let values = order.flatMap { golden.input[($0 * count)..<(($0 + 1) * count)] }
                let outputs = try session.run(.tensor(values, images: batch), threads: threads)
                for (index, image) in order.enumerated() {
                    #expect(outputs[index] == single[image], "image \(image) at \(index) of \(batch)")
                }
            }
        }
    }
}
