import FoundationEssentials
import ModelGraph
import TestSupport
import Testing

/// The golden files fit together, and both sides evaluate the same formulas.
@Suite struct GoldenFileTests {
    @Test func unitsEqualTheReference() {
        // numpy's values of scripts/seeded_values.py.
        #expect(
            SeededValues.units("conv_stem.weight", count: 4) == [
                -0x1.f38fp-5, -0x1.19cc3p-3, -0x1.f6639p-2, -0x1.d062cp-1,
            ]
        )
        #expect(
            SeededValues.picture([1, 1, 33, 33])[(33 * 33 - 3)...] == [0x1.e1e8a8p-2, -0x1.dbdce4p-2, 0x1.f8e91p-3]
        )
    }

    @Test func weightsEqualTheReference() {
        let exponents = ["a.bn": -2]
        #expect(
            SeededValues.weight("a.conv.weight", shape: [1, 3, 1, 1], exponents: exponents) == [
                0x1.bb7138p-4, 0x1.93607p-1, 0x1.cab3cep-1,
            ]
        )
        #expect(SeededValues.weight("a.bn.weight", shape: [2], exponents: exponents) == [0x1.236cc4p0, 0x1.01366ep0])
        #expect(SeededValues.weight("a.bn.bias", shape: [2], exponents: exponents) == [-0x1.c71bfcp-3, -0x1.634e68p-3])
        #expect(
            SeededValues.weight("a.bn.running_mean", shape: [2], exponents: exponents) == [
                0x1.48d728p-6, 0x1.f4ec2cp-5,
            ]
        )
        #expect(
            SeededValues.weight("a.bn.running_var", shape: [2], exponents: exponents) == [0x1.9ad63p-5, 0x1.45c0e8p-4]
        )
    }

    @Test(arguments: ["lite0-real", "b0", "b0-seven-classes", "b0-192x256", "tf-b0", "lite4", "b1"])
    func goldensAreWhole(name: String) throws {
        let golden = try LogitGolden(name)
        #expect(golden.logits?.shape == [golden.inputShape[0], golden.classCount])
        #expect(golden.embedding.shape.first == golden.inputShape[0])
        let logits = try #require(golden.logits?.floats())
        #expect(logits.allSatisfy { $0.isFinite })
        #expect(Set(logits).count > golden.classCount)
    }

    @Test func photographsAreComplete() throws {
        let (model, photos) = try PhotoGolden.all()
        #expect(model == "tf_efficientnet_lite0")
        #expect(photos.count >= 20)
        for photo in photos {
            #expect(photo.probabilities == photo.probabilities.sorted(by: >))
            #expect(try !Data(contentsOf: URL(filePath: photo.path)).isEmpty)
        }
    }
}
