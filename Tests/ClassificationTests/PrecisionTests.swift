import Checkpoints
import Classification
import Engine
import Foundation
import ModelGraph
import TestSupport
import Testing

/// Which precision a model is run in, and what its record has to do with it.
struct PrecisionTests {
    /// A folder with the bundled model.
    private let folder = try? TemporaryFolder()

    private func information(
        _ request: PrecisionRequest,
        instructionSet: String? = nil
    ) throws -> ModelInformation {
        let folder = try #require(folder)
        for file in ["config.json", "model.safetensors"] {
            let link = "\(folder.path)/\(file)"
            guard !FileManager.default.fileExists(atPath: link) else { continue }
            let original = "\(Fixtures.root)/Models/tf_efficientnet_lite0/\(file)"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: original)
        }
        var options = Classifier.Options()
        options.precision = request
        options.instructionSet = instructionSet
        return try Classifier(folder: folder.path, options: options).information
    }

    private func record(_ agreed: Int, of pictures: Int) throws {
        let agreement = PrecisionRecord.Agreement(pictures: pictures, agreed: agreed)
        try PrecisionRecord(agreements: ["bf16": agreement]).write(besideModel: try #require(folder).path)
    }

    private static let isFast = Precision.bf16.isAccelerated(by: .best)

    @Test(arguments: [Precision.fp32, .bf16])
    func whatIsAskedForIsDone(precision: Precision) throws {
        let information = try information(.exactly(precision))
        #expect(information.precision == precision.rawValue)
        #expect(information.precisionReason == "asked for")
    }

    @Test func brokenScalesStopIntegersAlone() throws {
        try #require(folder).write("quantization.safetensors", [1, 2, 3])
        #expect(try information(.exactly(.fp32)).precision == "fp32")
        #expect(try information(.exactly(.bf16)).precision == "bf16")
        #expect(try information(.automatic(minAgreement: 0)).precision == "fp32")
        let error = #expect(throws: CheckpointError.self) { try information(.exactly(.int8)) }
        #expect(error?.description.contains("quantization.safetensors") == true)
    }

    @Test func integersNeedCalibration() throws {
        let error = #expect(throws: (any Error).self) { try information(.exactly(.int8)) }
        #expect(error.map { "\($0)" }?.contains("effnet quantize") == true)
    }

    @Test func withoutARecordItIsTheExactOne() throws {
        let information = try information(.automatic(minAgreement: 0))
        #expect(information.precision == "fp32")
        if Self.isFast { #expect(information.precisionReason == "the model has no record of how bf16 agrees") }
    }

    @Test func aGoodRecordMakesItFast() throws {
        try record(99, of: 100)
        let information = try information(.automatic(minAgreement: 0.99))
        guard Self.isFast else { return #expect(information.precision == "fp32") }
        #expect(information.precision == "bf16")
        #expect(information.precisionReason == "agrees with fp32 on 99 of 100 pictures")
    }

    @Test func aPoorRecordDoesNot() throws {
        try record(98, of: 100)
        let information = try information(.automatic(minAgreement: 0.99))
        #expect(information.precision == "fp32")
        guard Self.isFast else { return }
        #expect(information.precisionReason == "bf16 agrees with fp32 on 98 of 100 pictures only")
    }

    /// Integers between floats are slower than bf16.
    @Test(arguments: [(Quantization.WideFormat.bf16, "int8"), (.fp32, "bf16")])
    func wideFloatsComeBehindBFloat16(format: Quantization.WideFormat, expected: String) throws {
        let folder = try #require(folder)
        try QuantizationFile.write(Quantization(wideFormat: format), pictures: 1, besideModel: folder.path)
        let agreement = PrecisionRecord.Agreement(pictures: 100, agreed: 100)
        try PrecisionRecord(agreements: ["bf16": agreement, "int8": agreement]).write(besideModel: folder.path)
        let information = try information(.automatic(minAgreement: 0.99))
        #expect(information.precision == (Self.isFast ? expected : "fp32"))
    }

    @Test func aProcessorWithoutInstructionsDoesNot() throws {
        try record(100, of: 100)
        let information = try information(.automatic(minAgreement: 0.5), instructionSet: "baseline")
        #expect(information.precision == "fp32")
        #expect(information.precisionReason == "baseline kernels have no faster one")
    }

    @Test(arguments: ["", "[]", "{\"agreement\": {\"bf16\": {\"pictures\": 2, \"agreed\": 3}}}", "{\"agreement\": 1}"])
    func aBrokenRecordIsNamed(content: String) throws {
        try #require(folder).write("precision.json", Array(content.utf8))
        let error = #expect(throws: CheckpointError.self) { try information(.automatic(minAgreement: 0.99)) }
        #expect(error?.description.contains("precision.json") == true)
    }
}
