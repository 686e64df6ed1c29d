import Classification
import Engine
import Dispatch
import Imaging
import ModelGraph
import Serving
import Synchronization

/// A model without a network. A body is a picture of its own bytes, unless its first byte asks for an error; the logits
/// of a picture are its first four bytes, its embedding is their halves, and a class is explained by one row of two
/// cells, its logit and zero.
final class FakeModel: ImageModel {
    static let corruptByte: UInt8 = 255

    struct Run: Equatable {
        var batch: [UInt8]
        var threads: Int
    }

    let information: ModelInformation
    let classNames = ClassNames(
        count: 4,
        labels: ["tench", "crane", "great white shark", "crane"],
        identifiers: ["n1", "n2", "n3", "n4"]
    )
    private let runs = Mutex<[Run]>([])
    /// What `prepare` throws for a body that begins with `corruptByte`.
    private let imageError: ImageError
    private let engineError: (any Error)?
    private let gate: Gate?

    /// - Parameters:
    ///   - classCount: 4, or 0 for a model without a classifier.
    ///   - gate: holds every run of the network until it is opened.
    init(
        name: String = "fake",
        classCount: Int = 4,
        imageError: ImageError = .corrupt(format: .jpeg, reason: "cut short"),
        engineError: (any Error)? = nil,
        gate: Gate? = nil,
        isExplainable: Bool = true
    ) {
        information = ModelInformation(
            name: name,
            architecture: "fakenet",
            parameterCount: 42,
            multiplyAdds: 1_000,
            classCount: classCount,
            embeddingCount: 4,
            inputChannels: 3,
            transform: ImageTransform(width: 2, height: 1, mean: [0, 0, 0], standardDeviation: [1, 1, 1]),
            instructionSet: "baseline",
            precision: "int8",
            isExplainable: isExplainable
        )
        self.imageError = imageError
        self.engineError = engineError
        self.gate = gate
    }

    /// All runs of the network in the order in which they began.
    var recordedRuns: [Run] { runs.withLock { $0 } }

    func prepare(_ bytes: [UInt8]) throws(ImageError) -> Picture {
        guard let first = bytes.first else { throw .empty }
        if first == Self.corruptByte { throw imageError }
        let pixels = Array((bytes + [0, 0, 0, 0, 0, 0]).prefix(6))
        return Picture(width: 2, height: 1, pixels: pixels, format: .png, sourceWidth: bytes.count, sourceHeight: 7)
    }

    func run(_ pictures: [Picture], threads: Int, explaining classes: [ExplainedClass?]) throws -> [ModelOutput] {
        runs.withLock { $0.append(Run(batch: pictures.map { $0.pixels[0] }, threads: threads)) }
        gate?.pass()
        if let engineError { throw engineError }
        return pictures.enumerated().map { index, picture in
            let logits = Array(picture.pixels.prefix(4).map(Float.init).prefix(information.classCount))
            let explained = classes.indices.contains(index) ? classes[index]?.index(in: logits) : nil
            let map = explained.map { ClassActivationMap(classID: $0, rows: 1, columns: 2, values: [logits[$0], 0]) }
            let embedding = picture.pixels.prefix(4).map { Float($0) / 2 }
            return ModelOutput(logits: logits, embedding: embedding, explanation: map)
        }
    }

    func run(tensor: [Float], images: Int, threads: Int) throws -> [ModelOutput] {
        runs.withLock { $0.append(Run(batch: Array(repeating: 0, count: images), threads: threads)) }
        return (0..<images).map { image in
            let logits = Array(tensor[(image * 6)..<(image * 6 + 4)])
            return ModelOutput(logits: logits, embedding: logits.map { $0 / 2 })
        }
    }

    func probabilities(for output: ModelOutput) -> [Float] {
        output.logits.map { $0 / 256 }
    }

    func predictions(for output: ModelOutput, count: Int) -> [Prediction] {
        output.logits.enumerated().sorted { $0.element > $1.element }.prefix(count).map { index, logit in
            Prediction(classID: index, label: "class \"\(index)\"", score: logit / 256)
        }
    }
}

extension ServedModel {
    /// The fake as a service has it.
    init(_ model: FakeModel, lane: Int = 0, version: Int = 1) {
        self.init(
            lane: lane,
            identity: ModelIdentity(name: model.information.name, version: version),
            model: model
        )
    }
}

/// Holds threads until it is opened.
final class Gate: Sendable {
    private let reached = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    func pass() {
        reached.signal()
        opened.wait()
        opened.signal()
    }

    /// Waits until a thread stands at the gate.
    func waitUntilReached() {
        reached.wait()
    }

    func open() {
        opened.signal()
    }
}

/// A value that another thread will give.
final class Promise<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    private let arrived = DispatchSemaphore(value: 0)

    func fulfil(_ value: Value) {
        values.withLock { $0.append(value) }
        arrived.signal()
    }

    /// The first value; nil if none came within ten seconds.
    func wait() -> Value? {
        guard arrived.wait(timeout: .now() + 10) == .success else { return nil }
        arrived.signal()
        return values.withLock { $0.first }
    }

    /// How often it was fulfilled.
    var count: Int { values.withLock { $0.count } }
}
