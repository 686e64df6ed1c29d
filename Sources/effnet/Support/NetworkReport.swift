import Architectures
import Checkpoints
import Engine
import ModelGraph
import Serving

/// What can be said about a network without running it.
struct NetworkReport {
    let name: String
    private let graph: Graph
    /// Nil for an architecture without a checkpoint.
    private let weights: Weights?
    /// What int8 needs; nil for what was not calibrated.
    private let quantization: Quantization?
    private let transform: ImageTransform
    private let architecture: Architecture?
    private let parameters: Int
    private let multiplyAdds: Int
    private let memory: Int

    /// An architecture as it was published, with 1000 classes.
    init(_ architecture: Architecture, resolution: Int?) throws {
        var transform = architecture.transform
        if let resolution { (transform.width, transform.height) = (resolution, resolution) }
        let shape = FeatureShape(channels: transform.mean.count, height: transform.height, width: transform.width)
        try self.init(
            name: architecture.name,
            graph: architecture.graph(inputShape: shape, classCount: 1000),
            weights: nil,
            quantization: nil,
            transform: transform,
            architecture: architecture
        )
    }

    init(_ network: Network, name: String, quantization: Quantization?) throws {
        try self.init(
            name: name,
            graph: network.graph,
            weights: network.weights,
            quantization: quantization,
            transform: network.transform,
            architecture: try? Architecture(named: network.architecture)
        )
    }

    private init(
        name: String,
        graph: Graph,
        weights: Weights?,
        quantization: Quantization?,
        transform: ImageTransform,
        architecture: Architecture?
    ) throws {
        self.name = name
        self.graph = graph
        self.weights = weights
        self.quantization = quantization
        self.transform = transform
        self.architecture = architecture
        parameters = try graph.parameters().reduce(0) { $0 + ($1.role == .learnt ? $1.count : 0) }
        multiplyAdds = try graph.multiplyAdds()
        memory = (parameters + (try graph.peakFeatures())) * MemoryLayout<Float>.stride
    }

    private var scaling: CompoundScaling? { architecture?.efficientNet?.scaling }

    // MARK: Numbers

    var json: JSONValue {
        let shape = graph.inputShape
        var members: [(String, JSONValue)] = [
            ("name", .string(name)),
            ("architecture", .string(architecture?.name ?? graph.name)),
            ("parameters", .integer(parameters)),
            ("multiply_adds", .integer(multiplyAdds)),
            ("input_size", .array([.integer(shape.channels), .integer(shape.height), .integer(shape.width)])),
            ("layers", .integer(graph.layerCount)),
            ("memory_bytes", .integer(memory)),
        ]
        if let scaling {
            members.append(("width", .number(Float(scaling.width))))
            members.append(("depth", .number(Float(scaling.depth))))
            members.append(("resolution", .integer(shape.height)))
        }
        if let top1 = architecture?.publishedTop1 {
            members.append(("published_imagenet_top1", .number(Float(top1))))
        }
        if let quantization {
            members.append(("int8_layers", .integer(quantization.layers.count)))
            members.append(("wide_layers", .string(quantization.wideFormat.rawValue)))
        }
        return .object(members.map { JSONValue.Member(name: $0.0, value: $0.1) })
    }

    /// One line a network, and one about what scaling does from the first to the last.
    static func table(_ reports: [NetworkReport]) -> String {
        let heads = ["network", "parameters", "multiply-adds", "input", "layers", "memory", "top-1 (published)"]
        let rows = [heads] + reports.map(\.columns)
        let widths = heads.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + space : space + row[column]
            }.joined(separator: "  ")
        }
        let notes = [
            "Memory is an estimate for one image in fp32: weights and features. The accuracy is the authors' claim for "
                + "their own weights, not measured here."
        ]
        return (lines + notes + reports.compactMap(\.quantizationLine) + [scalingLine(reports)].compactMap(\.self))
            .joined(separator: "\n")
    }

    private var quantizationLine: String? {
        quantization.map { quantization in
            "In int8 \(quantization.layers.count) of \(name)'s \(graph.layerCount) layers multiply integers; the others "
                + "compute in \(quantization.wideFormat.rawValue)."
        }
    }

    private var columns: [String] {
        let shape = graph.inputShape
        return [
            name, Self.short(Double(parameters) / 1e6) + " M", Self.short(Double(multiplyAdds) / 1e9) + " G",
            "\(shape.channels)×\(shape.height)×\(shape.width)", "\(graph.layerCount)",
            Self.short(Double(memory) / 1e6) + " MB",
            architecture?.publishedTop1.map { "\($0) %" } ?? "–",
        ]
    }

    private static func scalingLine(_ reports: [NetworkReport]) -> String? {
        let members = reports.filter { $0.scaling != nil }
        guard let first = members.first, let last = members.last, members.count > 1, let small = first.scaling,
            let large = last.scaling
        else { return nil }
        func ratio(_ large: Double, _ small: Double) -> String { "×" + short(large / small) }
        let sides = (Double(first.graph.inputShape.height), Double(last.graph.inputShape.height))
        return "Compound scaling from \(first.name) to \(last.name): width \(ratio(large.width, small.width)), "
            + "depth \(ratio(large.depth, small.depth)), resolution \(ratio(sides.1, sides.0)); cost: parameters "
            + "\(ratio(Double(last.parameters), Double(first.parameters))), multiply-adds "
            + "\(ratio(Double(last.multiplyAdds), Double(first.multiplyAdds)))."
    }

    /// Three digits or more: "0.39", "5.29", "25.6", "480".
    private static func short(_ value: Double) -> String {
        let decimals = value < 10 ? 2 : value < 100 ? 1 : 0
        let factor = [1, 10, 100][decimals]
        let scaled = Int((value * Double(factor)).rounded())
        guard decimals > 0 else { return "\(scaled)" }
        let fraction = String(scaled % factor)
        return "\(scaled / factor).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
    }

    // MARK: Stages

    /// The network after a stage; where there is no checkpoint, with weights of one.
    func text(of stage: Describe.Stage, precision: Precision) throws -> String {
        guard stage != .graph else { return graph.description }
        var model = try Model(graph: graph, weights: weights ?? .ones(for: graph), quantization: quantization)
        let passes = stage == .folded ? Model.passes.prefix(1) : Model.passes[...]
        for pass in passes { model = try pass.apply(model) }
        guard stage == .plan else { return model.graph.description }
        return try Plan(model, transform: transform, instructionSet: .best, precision: precision).description
    }
}

extension Weights {
    /// All numbers of a graph's tensors one, in memory that they share.
    fileprivate static func ones(for graph: Graph) throws -> Weights {
        let parameters = try graph.parameters()
        let largest = parameters.map(\.count).max() ?? 0
        let storage = Ones(count: largest)
        var weights = Weights()
        for parameter in parameters {
            weights[parameter.name] = Tensor(
                elementType: .float32,
                shape: parameter.shape,
                storage: storage,
                byteRange: 0..<parameter.count * MemoryLayout<Float>.stride
            )
        }
        return weights
    }
}

/// Unchecked: written only while the object is made.
private final class Ones: ByteStorage, @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    init(count: Int) {
        let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        floats.initialize(repeating: 1)
        bytes = UnsafeRawBufferPointer(floats)
    }

    deinit { bytes.deallocate() }
}
