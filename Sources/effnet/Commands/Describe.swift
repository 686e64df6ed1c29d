import ArgumentParser
import Architectures
import Checkpoints
import Engine
import ModelGraph
import Serving

struct Describe: SelectiveCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Shows what networks cost: parameters, multiply-adds, input size, layers and memory.",
        discussion: """
            Everything is computed from the network's graph, but for the published ImageNet accuracy. Without a name, \
            all architectures that are known are listed. EFFNET_MODEL counts where no network is named.
            """
    )

    /// How far a network is brought on its way to be run.
    enum Stage: String, CaseIterable, ExpressibleByArgument {
        case graph, folded, fused, plan
    }

    @Argument(help: "Architectures by timm's names: efficientnet_b0, resnet50, …")
    var names: [String] = []

    @Option(help: "Describe this model: a folder, or a file of weights. [EFFNET_MODEL]")
    var model: String?

    @Option(help: "An own EfficientNet: factor of the channels, B0 being 1. [EFFNET_WIDTH]")
    var width: Double?

    @Option(help: "An own EfficientNet: factor of the repeats, B0 being 1. [EFFNET_DEPTH]")
    var depth: Double?

    @Option(help: "Side of the input in pixels, instead of the architecture's. [EFFNET_RESOLUTION]")
    var resolution: Int?

    @Option(help: "Print the network after a stage: graph, folded, fused or plan. [EFFNET_STAGE]")
    var stage: Stage?

    @Option(help: "The precision of --stage plan; auto is fp32 here. [EFFNET_PRECISION]")
    var precision = PrecisionOption.fp32

    @Flag(help: "Print JSON: an object for one network, else a list. [EFFNET_JSON]")
    var json = false

    /// Who names a network asks for that one, wherever else a model is configured.
    var overruledVariables: Set<String> {
        names.isEmpty && width == nil && depth == nil ? [] : ["EFFNET_MODEL"]
    }

    func validate() throws {
        for (option, factor) in [("--width", width), ("--depth", depth)] {
            guard factor.map({ (0.01...10).contains($0) }) ?? true else {
                throw ValidationError("\(option) must be 0.01 to 10")
            }
        }
        guard resolution.map({ (32...4096).contains($0) }) ?? true else {
            throw ValidationError("--resolution must be 32 to 4096")
        }
    }

    func run() throws {
        let networks: [NetworkReport]
        do {
            networks = try subjects()
            if let stage {
                let precision = precision.exact ?? .fp32
                for network in networks { Console.print(try network.text(of: stage, precision: precision)) }
                return
            }
        } catch {
            throw CommandFailure(code: .badData, message: "\(error)")
        }
        if json {
            let values = networks.map(\.json)
            let value = values.count == 1 ? values[0] : .array(values)
            Console.print(String(decoding: value.bytes, as: UTF8.self))
        } else {
            Console.print(NetworkReport.table(networks))
        }
    }

    private func subjects() throws -> [NetworkReport] {
        var reports: [NetworkReport] = []
        if let model {
            let checkpoint = try Checkpoint(path: model)
            let network = try checkpoint.network()
            let quantization = try checkpoint.quantization(of: network)
            reports.append(try NetworkReport(network, name: checkpoint.name, quantization: quantization))
        }
        if width != nil || depth != nil {
            let scaling = CompoundScaling(width: width ?? 1, depth: depth ?? 1, resolution: resolution ?? 224)
            reports.append(try NetworkReport(Architecture(named: scaling.architectureName), resolution: nil))
        } else if names.isEmpty, resolution != nil, model == nil {
            throw ValidationError("--resolution needs the name of an architecture, or --width and --depth")
        }
        let all = names.isEmpty && reports.isEmpty ? Architecture.names : names
        for name in all {
            reports.append(try NetworkReport(Architecture(named: name), resolution: resolution))
        }
        return reports
    }
}
