import Foundation
import Testing

@Suite struct DescribeTests {
    private struct Network: Decodable {
        var name: String
        var parameters: Int
        var multiply_adds: Int
        var input_size: [Int]
        var layers: Int
        var published_imagenet_top1: Double?
    }

    private func describe(_ arguments: String...) throws -> CommandProcess {
        try CommandProcess(["describe"] + arguments)
    }

    private func network(_ arguments: String...) throws -> Network {
        let command = try CommandProcess(["describe", "--json"] + arguments)
        return try JSONDecoder().decode(Network.self, from: Data(command.output.utf8))
    }

    /// Millions of parameters and milliards of multiply-adds, as the papers give them.
    @Test(arguments: [
        ("resnet50", 25.6, 4.1, 224), ("inception_v3", 23.8, 5.7, 299), ("efficientnet_b0", 5.3, 0.39, 224),
        ("efficientnet_b7", 66, 37.7, 600), ("efficientnetv2_s", 21.5, 8.4, 384),
    ])
    func reproducesThePublishedTable(name: String, parameters: Double, multiplyAdds: Double, side: Int) throws {
        let network = try network(name)
        #expect(network.name == name)
        #expect(abs(Double(network.parameters) / 1e6 - parameters) < 0.01 * parameters)
        #expect(abs(Double(network.multiply_adds) / 1e9 - multiplyAdds) < 0.02 * multiplyAdds)
        #expect(network.input_size == [3, side, side])
    }

    @Test func countsB0Exactly() throws {
        #expect(try network("efficientnet_b0").parameters == 5_288_548)
    }

    @Test func ownScalingIsDescribed() throws {
        let own = try network("--width", "1.2", "--depth", "1.4", "--resolution", "300")
        let published = try network("efficientnet_b3")
        #expect(own.parameters == published.parameters)
        #expect(own.multiply_adds == published.multiply_adds)
    }

    @Test func scalingIsOneLine() throws {
        let output = try describe("efficientnet_b0", "efficientnet_b7").output
        #expect(output.contains("from efficientnet_b0 to efficientnet_b7: width ×2.00, depth ×3.10, resolution ×2.68"))
        #expect(output.contains("top-1 (published)"))
        #expect(output.contains("77.1 %"))
    }

    @Test(arguments: [
        ("graph", "batch norm"), ("folded", "+ affine"), ("fused", "+ swish"), ("plan", "bytes of weights"),
    ])
    func stagesArePrinted(stage: String, expected: String) throws {
        let command = try describe("test_efficientnet", "--stage", stage)
        #expect(command.code == 0)
        #expect(command.output.contains(expected), "\(command.output.prefix(300))")
    }

    @Test func allArchitecturesAreListed() throws {
        let output = try describe().output
        for name in [
            "efficientnet_l2", "tf_efficientnetv2_xl", "efficientnetv2_rw_m", "efficientnet_el_pruned", "resnet152",
        ] {
            #expect(output.contains(name))
        }
    }

    @Test func namesOverruleTheModelOfTheEnvironment() throws {
        let environment = ["EFFNET_MODEL": "Models/tf_efficientnet_lite0"]
        let named = try CommandProcess(["describe", "efficientnet_b0"], environment: environment)
        #expect(!named.output.contains("lite0"))
        let scaled = try CommandProcess(["describe", "--width", "1.1"], environment: environment)
        #expect(!scaled.output.contains("lite0"))
        let configured = try CommandProcess(["describe"], environment: environment)
        #expect(configured.output.contains("tf_efficientnet_lite0") && !configured.output.contains("resnet50"))
        let both = try CommandProcess(["describe", "efficientnet_b0", "--model", "Models/tf_efficientnet_lite0"])
        #expect(both.output.contains("efficientnet_b0") && both.output.contains("tf_efficientnet_lite0"))
    }

    @Test func unknownNamesAreExplained() throws {
        let command = try describe("mobilenet")
        #expect(command.code == 65)
        #expect(command.errors.contains("architecture mobilenet is not supported"))
    }

    @Test func modelsAreConverted() throws {
        let folder = TemporaryFolder()
        let output = folder.url.appending(path: "converted").path()
        let files = "Tests/Fixtures/checkpoints/files"
        let command = try CommandProcess(["convert", "\(files)/training.pth", output])
        #expect(command.code == 0, "\(command.errors)")
        let original = try network("--model", "\(files)/training.pth")
        let converted = try network("--model", output)
        #expect(converted.parameters == original.parameters)
        #expect(try CommandProcess(["convert", "\(files)/none.pth", output]).code == 66)
        #expect(try CommandProcess(["convert", "\(files)/timm.pth", output]).code == 65)
    }
}
