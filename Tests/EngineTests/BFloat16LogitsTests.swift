import Engine
import ModelGraph
import TestSupport
import Testing

/// Whole networks in bf16 against PyTorch in fp32 and in bf16.
struct BFloat16LogitsTests {
    static let names = [
        "lite0-real", "lite0", "b0", "b0-260", "b0-192x256", "tf-b0-odd", "b0-headless", "efficientnet_b3-odd",
        "tf_efficientnetv2_b0-native", "efficientnet_es-native", "resnet18-native", "inception_v3-odd",
    ]

    @Test(arguments: names, GoldenLogitsTests.sets)
    func theErrorIsThatOfRounding(name: String, set: InstructionSet) throws {
        let golden = try LogitGolden(name)
        let images = golden.inputShape[0]
        let session = try GoldenLogitsTests.session(golden, set: set, precision: .bf16, maxBatch: images)
        let outputs = try session.run(.tensor(golden.input, images: images), threads: 2)
        let expected = try #require((golden.logits ?? golden.embedding).floats())
        let got = outputs.flatMap { golden.logits == nil ? $0.embedding : $0.logits }
        try #require(got.count == expected.count)
        let signal = expected.reduce(0) { $0 + Double($1) * Double($1) }
        let noise = squaredDistance(got, expected)
        #expect(noise > 0, "nothing was rounded")
        #expect(signal / noise > 1000, "signal to noise \(signal / noise)")

        // Which way each number is rounded is chance: for one network and input the noise is twice another's at most.
        let rounded = try #require(golden.bfloat16?.floats())
        let roundedNoise = squaredDistance(rounded, expected)
        #expect(noise < 2 * roundedNoise, "\(noise) against PyTorch's \(roundedNoise)")
        #expect(squaredDistance(got, rounded) < 3 * roundedNoise)
    }

    private func squaredDistance(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    }

    /// The same bits whatever the batch and the threads.
    @Test(arguments: GoldenLogitsTests.sets)
    func resultsDoNotDependOnTheBatch(set: InstructionSet) throws {
        let golden = try LogitGolden("b0-260")
        let session = try GoldenLogitsTests.session(golden, set: set, precision: .bf16, maxBatch: 3)
        let image = Array(golden.input.prefix(golden.input.count / golden.inputShape[0]))
        let other = image.map { -$0 }
        let alone = try session.run(.tensor(image, images: 1), threads: 1)
        let among = try session.run(.tensor(other + image + other, images: 3), threads: 2)
        #expect(alone[0].logits == among[1].logits)
    }
}
