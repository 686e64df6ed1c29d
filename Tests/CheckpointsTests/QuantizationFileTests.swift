import Checkpoints
import Engine
import ModelGraph
import TestSupport
import Testing

@Suite struct QuantizationFileTests {
    private let folder: TemporaryFolder
    private let network: IntegerNetwork

    init() throws {
        folder = try TemporaryFolder()
        network = try IntegerNetwork()
    }

    private static let metadata = ["effnet_quantization": "1", "calibration_pictures": "2"]

    private func read() throws -> Quantization? {
        try QuantizationFile.read(besideModel: folder.path, for: network.graph)
    }

    /// The file with one tensor changed.
    private func error(
        _ name: String,
        _ tensor: Tensor?,
        metadata: [String: String] = metadata
    ) throws -> CheckpointError {
        var weights = try SafetensorsFile(path: Fixtures.path("int8/quantization.safetensors")).weights
        weights[name] = tensor
        try folder.write("quantization.safetensors", SafetensorsWriter.bytes(weights, metadata: metadata))
        return try #require(throws: CheckpointError.self) { try read() }
    }

    @Test func comesBackAsItWasWritten() throws {
        #expect(try read() == nil)
        #expect(network.quantization.layers.count == 10)
        try QuantizationFile.write(network.quantization, pictures: 2, besideModel: folder.path)
        #expect(try read() == network.quantization)
        let file = try SafetensorsFile(path: QuantizationFile.path(ofModel: folder.path))
        #expect(file.metadata["calibration_pictures"] == "2")
    }

    @Test func wideLayersComputeInWhatTheFileSays() throws {
        // Files of before there was a choice say nothing.
        #expect(
            try SafetensorsFile(path: Fixtures.path("int8/quantization.safetensors")).metadata["wide_layers"] == nil
        )
        #expect(network.quantization.wideFormat == .bf16)
        var quantization = network.quantization
        quantization.wideFormat = .fp32
        try QuantizationFile.write(quantization, pictures: 2, besideModel: folder.path)
        #expect(try read() == quantization)
        // All of them may be wide.
        let none = Quantization(wideFormat: .fp32)
        try QuantizationFile.write(none, pictures: 2, besideModel: folder.path)
        #expect(try read() == none)
        let metadata = Self.metadata.merging(["wide_layers": "fp64"]) { $1 }
        #expect(try error("unused.output_scale", nil, metadata: metadata).problem.contains("fp64"))
    }

    @Test(arguments: [0, -1, .infinity, .nan, .leastNonzeroMagnitude] as [Float])
    func scalesMustBePositive(scale: Float) throws {
        let error = try error("head.weight_scale", Tensor(shape: [33], floats: [Float](repeating: scale, count: 33)))
        #expect(error.problem.contains("head.weight_scale"))
        #expect(error.remedy == "Make the file anew with effnet quantize")
        #expect(try self.error("stem.output_scale", Tensor(shape: [1], floats: [scale])).kind == .malformed)
    }

    @Test func shapesMustFitTheLayers() throws {
        let tensor = Tensor(shape: [32], floats: [Float](repeating: 1, count: 32))
        #expect(try error("head.weight_scale", tensor).problem.contains("33 of float32 are needed"))
        #expect(try error("head.shift", tensor).kind == .inconsistent)
        #expect(try error("stem.output_zero", Tensor(shape: [1], floats: [1])).problem.contains("not one U8 number"))
        #expect(try error("stem.output_scale", Tensor(shape: [2], floats: [1, 1])).kind == .inconsistent)
    }

    @Test(arguments: ["stem.output_scale", "stem.output_zero", "head.weight_scale", "head.shift"])
    func eachTensorNeedsItsPartner(name: String) throws {
        let error = try error(name, nil)
        #expect(error.problem == "tensor \(name) is missing")
    }

    @Test func namesMustBeOfLayers() throws {
        let one = Tensor(shape: [1], floats: [1])
        #expect(try error("neck.weight_scale", one).problem.contains("no layer of this model"))
        #expect(try error("pool.weight_scale", one).problem.contains("no convolution of this model"))
        #expect(try error("head.weight", one).problem.contains("which is no scale"))
    }

    @Test func versionsMustBeKnown() throws {
        let newer = try error("unused.output_scale", nil, metadata: ["effnet_quantization": "2"])
        #expect(newer.kind == .unsupported && newer.problem.contains("version 2"))
        #expect(try error("unused.output_scale", nil, metadata: [:]).kind == .malformed)
    }

    @Test func shiftsMustBeFinite() throws {
        let tensor = Tensor(shape: [33], floats: [Float](repeating: .nan, count: 33))
        #expect(try error("head.shift", tensor).problem == "tensor head.shift is not finite")
    }
}
