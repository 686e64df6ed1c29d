import Engine
import ModelGraph
import TestSupport
import Testing

/// Plans in int8 against integer arithmetic that numpy computed: scripts/make-int8-goldens.py.
@Suite struct IntegerNetworkTests {
    private static func session(_ network: IntegerNetwork, _ weights: Weights, set: InstructionSet) throws -> Session {
        let model = try Model(graph: network.graph, weights: weights, quantization: network.quantization)
        return try session(model, network, set: set, .int8)
    }

    private static func session(
        _ model: Model,
        _ network: IntegerNetwork,
        set: InstructionSet,
        _ precision: Precision
    ) throws -> Session {
        let plan = try Plan(
            model.optimized(),
            transform: network.transform,
            instructionSet: set,
            precision: precision
        )
        return Session(plan: plan, maxBatch: network.images, pool: WorkerPool(helpers: 1))
    }

    private func check(_ network: IntegerNetwork, _ session: Session) throws {
        let logits = try #require(network.goldens["logits"]?.floats())
        let embedding = try #require(network.goldens["embedding"]?.floats())
        let count = network.input.count / network.images
        let single = try (0..<network.images).flatMap { image in
            try session.run(.tensor(Array(network.input[image * count..<(image + 1) * count]), images: 1))
        }
        let batch = try session.run(.tensor(network.input, images: network.images), threads: 2)
        var runs = [(single, "one by one"), (batch, "together")]
        if !network.samples.isEmpty { runs.append((try session.run(.pixels(network.samples)), "as samples")) }
        for (outputs, title) in runs {
            #expect(outputs.flatMap(\.logits) == logits, "\(title)")
            #expect(outputs.flatMap(\.embedding) == embedding, "\(title)")
        }
    }

    @Test(arguments: InstructionSet.allCases.filter(\.isSupported), [false, true])
    func answersAreThoseOfIntegerArithmetic(set: InstructionSet, stemReadsBytes: Bool) throws {
        let network = try IntegerNetwork(stemReadsBytes: stemReadsBytes)
        try check(network, Self.session(network, network.weights, set: set))
    }

    /// Without layers of integers nothing is left but what wide layers compute in.
    @Test(arguments: [(Quantization.WideFormat.fp32, Precision.fp32), (.bf16, .bf16)])
    func wideLayersComputeInTheirFormat(format: Quantization.WideFormat, precision: Precision) throws {
        let network = try IntegerNetwork()
        func logits(_ precision: Precision, _ quantization: Quantization? = nil) throws -> [Float] {
            let model = try Model(graph: network.graph, weights: network.weights, quantization: quantization)
            return try Self.session(model, network, set: .best, precision)
                .run(.tensor(network.input, images: network.images)).flatMap(\.logits)
        }
        let wide = try logits(.int8, Quantization(wideFormat: format))
        #expect(try wide == logits(precision))
        #expect(try wide != logits(precision == .fp32 ? .bf16 : .fp32))
    }

    /// Of wide layers none is rounded to bf16 beside layers of integers.
    @Test func wideFloatsComeNearerThanBFloat16() throws {
        let network = try IntegerNetwork()
        let name = "b.depthwise"
        let layers = network.quantization.layers.filter { $0.key == name }
        func logits(_ format: Quantization.WideFormat?) throws -> [Float] {
            let quantization = format.map {
                Quantization(features: network.quantization.features, layers: layers, wideFormat: $0)
            }
            let model = try Model(graph: network.graph, weights: network.weights, quantization: quantization)
            return try Self.session(model, network, set: .best, format == nil ? .fp32 : .int8)
                .run(.tensor(network.input, images: network.images)).flatMap(\.logits)
        }
        let exact = try logits(nil)
        func error(_ numbers: [Float]) -> Float { zip(numbers, exact).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
        let (fp32, bf16) = (error(try logits(.fp32)), error(try logits(.bf16)))
        #expect(fp32 > 0)
        #expect(fp32 < bf16, "\(fp32) and \(bf16)")
    }

    /// Scales from a file may be anything: sums that could leave their 32 bits are refused, and the layer is named.
    @Test(arguments: [1e-30, 1e30] as [Float])
    func scalesThatDoNotFitAreRefused(scale: Float) throws {
        let network = try IntegerNetwork()
        var quantization = network.quantization
        let name = try #require(quantization.layers.keys.min())
        let count = quantization.layers[name]?.scales.count ?? 0
        quantization.layers[name]?.scales = [Float](repeating: scale, count: count)
        quantization.layers[name]?.shifts = [Float](repeating: 1, count: count)
        let model = try Model(graph: network.graph, weights: network.weights, quantization: quantization)
        let error = #expect(throws: PlanError.self) {
            try Plan(
                model.optimized(),
                transform: ImageTransform(width: 8, height: 8, mean: [0, 0, 0], standardDeviation: [1, 1, 1]),
                instructionSet: .baseline,
                precision: .int8
            )
        }
        #expect(error?.description.contains(name) == true && error?.description.contains("effnet quantize") == true)
    }

    /// Weights that are stored as integers are those that the plan makes of floats.
    @Test func storedIntegersAnswerTheSame() throws {
        let network = try IntegerNetwork()
        var weights = network.weights
        for (name, layer) in network.quantization.layers {
            let tensor = try #require(weights[name + ".weight"])
            let floats = try #require(tensor.floats())
            let rounding = WeightRounding(readsPicture: false, shape: tensor.shape)
            let bytes = rounding.integers(floats, scales: layer.scales).map(UInt8.init(bitPattern:))
            weights[name + ".weight"] = Tensor(
                elementType: .int8,
                shape: tensor.shape,
                storage: MemoryStorage.holding(bytes),
                byteRange: 0..<bytes.count
            )
            weights[name + ".bias"] = nil
        }
        try check(network, Self.session(network, weights, set: .best))
    }
}
