import Architectures
import ModelGraph

/// The tensors of a checkpoint, seen through the names of its style.
struct TensorLayout {
    let tensors: Weights
    /// Tensors of element types that are not read, by name.
    let unsupportedTypes: [String: String]
    let style: NamingStyle
    let statedClasses: Int?
    /// Tensors that are not only for training.
    private let neededCount: Int
    /// The file that errors name.
    let path: String

    init(_ checkpoint: Checkpoint, style: NamingStyle) {
        tensors = checkpoint.weights
        unsupportedTypes = checkpoint.unsupportedTypes
        self.style = style
        statedClasses = checkpoint.classCount
        path = checkpoint.path
        neededCount = checkpoint.weights.names.count { !Self.isForTraining($0) }
    }

    /// The classes that are stated, or else those of the classifier's tensor; zero without one.
    func classCount(of architecture: Architecture) -> Int {
        statedClasses ?? shape(architecture.classifier, architecture)?.first ?? 0
    }

    func inputChannels(of architecture: Architecture) -> Int {
        guard let shape = shape(architecture.stem, architecture), shape.count == 4 else { return 3 }
        return shape[1]
    }

    private func shape(_ layer: String, _ architecture: Architecture) -> [Int]? {
        tensors[names(of: architecture)(layer + ".weight")]?.shape
    }

    private func names(of architecture: Architecture) -> TensorNames {
        TensorNames(style, configuration: architecture.efficientNet)
    }

    /// Each tensor of a graph, by the graph's names.
    ///
    /// - Parameter quantization: of the tensors themselves.
    func weights(
        for graph: Graph,
        of architecture: Architecture,
        quantization: Quantization? = nil
    ) throws(GraphError) -> Weights {
        let names = names(of: architecture)
        let integerLayers = quantization?.integerLayers(of: graph) { tensors[names($0)]?.elementType } ?? []
        var weights = Weights()
        for parameter in try graph.parameters(integerLayers: integerLayers) {
            let name = names(parameter.name)
            guard let tensor = tensors[name] else {
                throw unsupportedTypes[name].map { .wrongElementType(name: name, got: $0) }
                    ?? .missingTensor(name: name)
            }
            try parameter.check(tensor, name: name)
            weights[parameter.name] = tensor
        }
        return weights
    }
}

// MARK: Inference

extension TensorLayout {
    /// Tensors that only training needs.
    private static func isForTraining(_ name: String) -> Bool {
        name.hasSuffix(".num_batches_tracked") || name.hasPrefix("AuxLogits.")
    }

    /// The only known architecture that has exactly these tensors.
    func inferredArchitecture() throws(CheckpointError) -> Architecture {
        var (fits, nearest) = candidates(among: Self.named(style))
        if fits.isEmpty { fits = candidates(among: scaled()).fits }
        guard fits.count < 2 else {
            throw CheckpointError(
                .unsupported,
                path: path,
                problem: "the tensors fit several architectures: \(fits.map(\.name).joined(separator: ", "))",
                remedy: "Name the right one with --architecture"
            )
        }
        if let only = fits.first { return only }
        var problem = "the tensors fit no architecture that is known"
        if let nearest {
            let shape = FeatureShape(channels: inputChannels(of: nearest), height: 256, width: 256)
            let graph = nearest.graph(inputShape: shape, classCount: classCount(of: nearest))
            problem += "; nearest is \(nearest.name)"
            do {
                _ = try weights(for: graph, of: nearest)
            } catch {
                problem += ", but \(error)"
            }
        }
        throw CheckpointError(
            .unsupported,
            path: path,
            problem: problem,
            remedy: "Name the architecture with --architecture"
        )
    }

    /// Those that fit, each network once, and the one that fits best where none does.
    private func candidates(among architectures: [Architecture]) -> (fits: [Architecture], nearest: Architecture?) {
        var nearest: (architecture: Architecture, count: Int)?
        var fits: [Architecture] = []
        for architecture in architectures {
            let fitting = fittingTensors(of: architecture)
            if fitting.isWhole {
                if !fits.contains(where: { $0.isEqual(to: architecture) }) { fits.append(architecture) }
            } else if fitting.count > (nearest?.count ?? 0) {
                nearest = (architecture, fitting.count)
            }
        }
        return (fits, nearest?.architecture)
    }

    /// How many of an architecture's tensors are here, and whether these are all, with nothing left over.
    private func fittingTensors(of architecture: Architecture) -> (count: Int, isWhole: Bool) {
        let shape = FeatureShape(channels: inputChannels(of: architecture), height: 256, width: 256)
        let graph = architecture.graph(inputShape: shape, classCount: classCount(of: architecture))
        guard let parameters = try? graph.parameters() else { return (0, false) }
        let names = names(of: architecture)
        let fitting = parameters.count { tensors[names($0.name)]?.shape == $0.shape }
        let isWhole = fitting == parameters.count && fitting == neededCount
        return (fitting, isWhole)
    }

    private static func named(_ style: NamingStyle) -> [Architecture] {
        Architecture.names.compactMap { name in
            guard let architecture = try? Architecture(named: name) else { return nil }
            guard let isTensorFlow = style.isTensorFlow else { return architecture }
            guard architecture.efficientNet != nil, name.hasPrefix("tf_") == isTensorFlow else { return nil }
            return architecture.adapted(to: style)
        }
    }

    /// EfficientNets of own scaling: factors in steps of a twentieth that give the stem's and the head's channels.
    private func scaled() -> [Architecture] {
        let steps = (1...100).map { Double($0) / 20 }
        return steps.flatMap { width -> [Architecture] in
            let probe = EfficientNetConfiguration.efficientNet(
                CompoundScaling(width: width, depth: 1, resolution: 224)
            )
            let architecture = Architecture(name: "", configuration: probe)
            guard shape(architecture.stem, architecture)?.first == probe.scaledStem,
                shape("conv_head", architecture)?.first == probe.scaledHead
            else { return [] }
            return steps.flatMap { depth -> [Architecture] in
                let scaling = CompoundScaling(width: width, depth: depth, resolution: 224)
                let configuration = EfficientNetConfiguration.efficientNet(scaling)
                let candidates = [
                    Architecture(name: scaling.architectureName, configuration: configuration),
                    Architecture(name: "tf_\(scaling.architectureName)", configuration: configuration.tensorFlow),
                ]
                guard depth == steps[0] || configuration.scaledStages != previous(depth, width) else { return [] }
                return candidates.filter { candidate in
                    style.isTensorFlow.map { candidate.name.hasPrefix("tf_") == $0 } ?? true
                }.map { $0.adapted(to: style) }
            }
        }
    }

    /// The stages at the step before: what did not change needs no second try.
    private func previous(_ depth: Double, _ width: Double) -> [EfficientNetConfiguration.Stage] {
        EfficientNetConfiguration.efficientNet(
            CompoundScaling(width: width, depth: (depth * 20 - 1) / 20, resolution: 224)
        ).scaledStages
    }
}

extension Architecture {
    /// The same with the habits of those who name tensors in a style.
    func adapted(to style: NamingStyle) -> Architecture {
        guard var configuration = efficientNet else { return self }
        switch style {
        case .timm: return self
        case .torchvision: return adaptedToTorchvision(configuration)
        case .huggingFace, .huggingFaceBare, .efficientNetPyTorch:
            configuration = configuration.tensorFlow
            configuration.firstBlocksHaveSkips = false
            return Architecture(name: name, configuration: configuration, transform: transform)
        }
    }

    /// torchvision's larger networks have TensorFlow's epsilon; and its weights, pictures of their own sizes.
    private func adaptedToTorchvision(_ configuration: EfficientNetConfiguration) -> Architecture {
        let sizes: [(suffix: String, resize: Int, crop: Int)] = [
            ("_b0", 256, 224), ("_b1", 256, 240), ("_b2", 288, 288), ("_b3", 320, 300), ("_b4", 384, 380),
            ("_b5", 456, 456), ("_b6", 528, 528), ("_b7", 600, 600), ("v2_s", 384, 384), ("v2_m", 480, 480),
            ("v2_l", 480, 480),
        ]
        var configuration = configuration
        configuration.border = .symmetric
        configuration.batchNormEpsilon =
            ["_b5", "_b6", "_b7", "v2_s", "v2_m", "v2_l"].contains(where: name.hasSuffix) ? 1e-3 : 1e-5
        var transform = transform
        if let size = sizes.first(where: { name.hasSuffix($0.suffix) }) {
            (transform.width, transform.height) = (size.crop, size.crop)
            transform.cropFraction = Double(size.crop) / Double(size.resize)
            if ["v2_s", "v2_m"].contains(size.suffix) { transform.interpolation = .bilinear }
            if size.suffix == "v2_l" {
                transform.mean = [0.5, 0.5, 0.5]
                transform.standardDeviation = [0.5, 0.5, 0.5]
            }
        }
        return Architecture(name: name, configuration: configuration, transform: transform)
    }

    fileprivate func isEqual(to other: Architecture) -> Bool {
        guard let mine = efficientNet, let theirs = other.efficientNet else { return name == other.name }
        return mine.isSameNetwork(as: theirs)
    }
}

extension EfficientNetConfiguration {
    /// Whether both describe the same layers, however they came to be scaled.
    fileprivate func isSameNetwork(as other: EfficientNetConfiguration) -> Bool {
        scaledStages == other.scaledStages && scaledStem == other.scaledStem && scaledHead == other.scaledHead
            && firstBlocksHaveSkips == other.firstBlocksHaveSkips
            && activation == other.activation && batchNormEpsilon == other.batchNormEpsilon && border == other.border
    }
}
