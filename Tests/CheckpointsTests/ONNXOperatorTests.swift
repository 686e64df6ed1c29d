import Checkpoints
import ModelGraph
import TestSupport
import Testing

/// Small networks that PyTorch exports in unusual ways (scripts/make-checkpoint-fixtures.py).
@Suite struct ONNXOperatorTests {
    /// - Parameter name: channelwise as torchvision's Inception-V3 transforms its input; normalizing with mean and
    ///   deviation in the network; joining with a concatenation in a concatenation.
    @Test(arguments: ["channelwise", "normalizing", "joining"], ["script", "dynamo"])
    func answersAsPyTorch(name: String, exporter: String) throws {
        let folder = Fixtures.path("checkpoints/operators")
        let goldens = try SafetensorsFile(path: "\(folder)/goldens.safetensors").weights
        let network = try Checkpoint(path: "\(folder)/\(name)-\(exporter).onnx").network()
        try NetworkRun.expect(network, answers: #require(goldens[name]), tolerance: 1e-4)
    }

    /// What is no architecture of ours is served, but has no name to be written under.
    @Test func strangeNetworksAreNotConverted() throws {
        let network = try Checkpoint(path: Fixtures.path("checkpoints/operators/joining-script.onnx")).network()
        let folder = try TemporaryFolder()
        let error = try #require(throws: CheckpointError.self) {
            try TimmFolder.write(network, labels: nil, to: "\(folder.path)/converted")
        }
        #expect(error.kind == .unsupported)
        #expect(error.problem.contains("main_graph"))
        #expect(error.remedy == "Serve the file as it is")
    }
}
