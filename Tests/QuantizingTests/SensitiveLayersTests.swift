import Engine
import Glibc
import ModelGraph
import Quantizing
import TestSupport
import Testing

@Suite struct SensitiveLayersTests {
    private let network: IntegerNetwork
    private let model: Model
    private let quantizer: Quantizer
    private let all: Set<String>

    init() throws {
        network = try IntegerNetwork()
        model = try Model(graph: network.graph, weights: network.weights).optimized()
        let statistics = try FeatureStatistics.observed(in: model, network.input, images: network.images)
        quantizer = try Quantizer(model, name: "int8", transform: network.transform, statistics: statistics)
        all = Set(try quantizer().quantization.layers.keys)
    }

    /// A search in which each layer of integers adds an error of its own to a signal of power 1.
    ///
    /// - Returns: what is found, and how many mappings were tried.
    private func search(
        least: Double,
        bf16: Double,
        errors: [String: Double]
    ) throws -> (choice: SensitiveLayers.Choice, tried: Int) {
        var tried = 0
        let search = SensitiveLayers(quantizer) { quantization, _ in
            tried += 1
            let wide = quantization.wideFormat == .bf16 ? bf16 : 0
            return -10 * log10(quantization.layers.keys.reduce(wide) { $0 + (errors[$1] ?? 1e-6) })
        }
        return (try search.search(least: least), tried)
    }

    private func layers(_ choice: SensitiveLayers.Choice) -> Set<String> { Set(choice.result.quantization.layers.keys) }

    /// All layers but those that cannot multiply integers without one.
    private func all(without layer: String) throws -> Set<String> {
        all.subtracting(try #require(quantizer.groups.first { $0.contains(layer) }))
    }

    @Test func whatIsGoodEnoughStays() throws {
        let (choice, tried) = try search(least: 30, bf16: 1e-5, errors: [:])
        #expect(layers(choice) == all)
        #expect(choice.result.quantization.wideFormat == .bf16)
        #expect(tried == 1)
    }

    @Test func layersThatCostMuchStayWide() throws {
        let (choice, _) = try search(least: 30, bf16: 1e-5, errors: ["b.depthwise": 1e-2])
        #expect(try layers(choice) == all(without: "b.depthwise"))
        #expect(choice.result.quantization.wideFormat == .bf16)
        #expect(choice.decibels >= 30 + SensitiveLayers.margin)
        #expect(choice.result.layers.first { $0.name == "b.depthwise" }?.wideReason == "sensitive")
    }

    @Test func wideLayersAreExactWhereBFloat16LeavesTooLittle() throws {
        let (integers, _) = try search(least: 30, bf16: 1e-3, errors: [:])
        #expect(layers(integers) == all)
        #expect(integers.result.quantization.wideFormat == .fp32)
        let (choice, _) = try search(least: 30, bf16: 1e-3, errors: ["b.depthwise": 1e-2])
        #expect(try layers(choice) == all(without: "b.depthwise"))
        #expect(choice.result.quantization.wideFormat == .fp32)
    }

    /// Layers that are too much beside others do not keep cheaper ones out.
    @Test func whatStillFitsIsAdded() throws {
        var errors = Dictionary(uniqueKeysWithValues: all.map { ($0, 1.0) })
        let groups = quantizer.groups
        try #require(groups.count >= 3)
        for (group, error) in zip(groups, [3e-4, 3.5e-4, 3.9e-4]) {
            for layer in group { errors[layer] = error / Double(group.count) }
        }
        let (choice, _) = try search(least: 30, bf16: 1, errors: errors)
        #expect(layers(choice) == Set(groups[0] + groups[1]))
        #expect(choice.decibels >= 30 + SensitiveLayers.margin)
    }

    @Test func withoutIntegersAllIsExact() throws {
        let errors = Dictionary(uniqueKeysWithValues: all.map { ($0, 1.0) })
        let (choice, _) = try search(least: 20, bf16: 1, errors: errors)
        #expect(layers(choice).isEmpty)
        #expect(choice.result.quantization == Quantization(wideFormat: .fp32))
        #expect(choice.decibels == .infinity)
    }

    // MARK: With a plan

    /// Pictures for LogitFidelity: more than one batch of them.
    private func pictures() -> [[UInt8]] {
        let shape = model.graph.inputShape
        let count = shape.channels * shape.height * shape.width
        return (0..<20).map { picture in
            SeededValues.units("picture \(picture)", count: count).map { UInt8(127.5 + 127 * $0) }
        }
    }

    private var transform: ImageTransform {
        .plain(width: model.graph.inputShape.width, height: model.graph.inputShape.height)
    }

    private func fidelity(_ pictures: [[UInt8]]) throws -> LogitFidelity {
        try LogitFidelity(model, transform: transform, instructionSet: .best, threads: 2, pictures: pictures)
    }

    private func logits(_ pictures: [[UInt8]], _ quantization: Quantization?) throws -> [[Float]] {
        var model = model
        model.quantization = quantization
        let precision = quantization == nil ? Precision.fp32 : .int8
        let plan = try Plan(model, transform: transform, instructionSet: .best, precision: precision)
        return try Session(plan: plan, maxBatch: pictures.count, pool: WorkerPool(helpers: 0))
            .run(.pixels(pictures)).map(\.logits)
    }

    @Test func decibelsAreThoseOfTheLogits() throws {
        let pictures = pictures()
        let quantization = try quantizer().quantization
        let (exact, rounded) = (try logits(pictures, nil), try logits(pictures, quantization))
        func decibels(_ pairs: [(Float, Float)]) -> Double {
            let power = pairs.reduce(0.0) { $0 + Double($1.0) * Double($1.0) }
            let error = pairs.reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
            return 10 * log10(power / error)
        }
        let each = zip(exact, rounded).map { decibels(Array(zip($0, $1))) }
        let together = decibels(Array(zip(exact.flatMap(\.self), rounded.flatMap(\.self))))
        let expected = min(together, each.reduce(0, +) / Double(each.count))
        let fidelity = try fidelity(pictures)
        #expect(abs(try fidelity.decibels(quantization, aim: 0) - expected) < 1e-6)
        // Of the first batch alone, which is every other picture.
        let half = try self.fidelity(stride(from: 0, to: pictures.count, by: 2).map { pictures[$0] })
        #expect(try fidelity.decibels(quantization, aim: .infinity) == half.decibels(quantization, aim: 0))
        #expect(try fidelity.decibels(Quantization(wideFormat: .fp32), aim: 0) == .infinity)
    }

    @Test func theSearchReachesItsAim() throws {
        let pictures = pictures()
        let fidelity = try fidelity(pictures)
        let whole = try fidelity.decibels(try quantizer().quantization, aim: 0)
        let choice = try SensitiveLayers(quantizer, measure: fidelity.decibels).search(least: whole + 3)
        #expect(!layers(choice).isEmpty && layers(choice).count < all.count)
        let reached = try fidelity.decibels(choice.result.quantization, aim: 0)
        #expect(reached == choice.decibels)
        #expect(reached >= whole + 3 + SensitiveLayers.margin)
    }
}
