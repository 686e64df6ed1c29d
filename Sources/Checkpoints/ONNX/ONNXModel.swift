package import ModelGraph

/// An ONNX file (onnx.ai, onnx.proto): its nodes and its tensors, which stay where they are.
package struct ONNXModel: Sendable {
    struct Node: Sendable {
        var name = ""
        var operation = ""
        var domain = ""
        var inputs: [String] = []
        var outputs: [String] = []
        var attributes: [String: Attribute] = [:]
    }

    enum Attribute: Sendable {
        case integer(Int)
        case number(Float)
        case text(String)
        case integers([Int])
        case numbers([Float])
        case tensor(Tensor)
    }

    struct Input: Sendable {
        var name: String
        /// Nil for sizes that each run may choose.
        var shape: [Int?]
    }

    private(set) var name = "onnx"
    private(set) var nodes: [Node] = []
    private(set) var tensors: [String: Tensor] = [:]
    private(set) var inputs: [Input] = []
    private(set) var outputs: [String] = []
    /// What errors name.
    let path: String

    private static let nodeLimit = 20_000
    private static let tensorLimit = 1 << 16

    var weights: Weights { Weights(tensors) }

    /// - Parameter path: what errors name; external data is looked for in its folder.
    package init(storage: any ByteStorage, path: String) throws(CheckpointError) {
        self.path = path
        do {
            try read(storage)
        } catch {
            throw CheckpointError(error, path: path)
        }
    }

    private mutating func read(_ storage: any ByteStorage) throws(ONNXFlaw) {
        let bytes = storage.bytes
        var tensorReader = ONNXTensorReader(storage: storage, folder: ModelPath.parent(of: path))
        var reader = ProtobufReader(bytes, 0..<bytes.count)
        var sawGraph = false
        while let (field, value) = try reader.next() {
            guard field == 7 else { continue }
            guard !sawGraph else { throw ONNXFlaw("it holds two graphs") }
            sawGraph = true
            var graph = try value.message(bytes)
            while let (field, value) = try graph.next() {
                try readGraph(field, value, &tensorReader)
            }
        }
        guard sawGraph, !nodes.isEmpty else { throw ONNXFlaw("it holds no graph") }
        inputs.removeAll { tensors[$0.name] != nil }
    }

    private mutating func readGraph(
        _ field: Int,
        _ value: ProtobufReader.Value,
        _ tensorReader: inout ONNXTensorReader
    ) throws(ONNXFlaw) {
        let bytes = tensorReader.storage.bytes
        switch field {
        case 1:
            nodes.append(try node(value.message(bytes), &tensorReader))
            guard nodes.count <= Self.nodeLimit else { throw ONNXFlaw("it has more than \(Self.nodeLimit) nodes") }
        case 2:
            let text = try value.text(bytes)
            if !text.isEmpty, text.utf8.count < 100 { name = text }
        case 5:
            let (name, tensor) = try tensorReader.tensor(value.message(bytes))
            guard tensors.updateValue(tensor, forKey: name) == nil else {
                throw ONNXFlaw("tensor \"\(name)\" is given twice")
            }
            guard tensors.count <= Self.tensorLimit else {
                throw ONNXFlaw("it has more than \(Self.tensorLimit) tensors")
            }
        case 11: inputs.append(try input(value.message(bytes), bytes))
        case 12: outputs.append(try input(value.message(bytes), bytes).name)
        case 15: throw ONNXFlaw("sparse tensors are not supported", isRefusal: true)
        default: break
        }
    }

    private func node(
        _ message: ProtobufReader,
        _ tensorReader: inout ONNXTensorReader
    ) throws(ONNXFlaw) -> Node {
        let bytes = message.bytes
        var message = message
        var node = Node()
        while let (field, value) = try message.next() {
            switch field {
            case 1: node.inputs.append(try value.text(bytes))
            case 2: node.outputs.append(try value.text(bytes))
            case 3: node.name = try value.text(bytes)
            case 4: node.operation = try value.text(bytes)
            case 5:
                if let (name, attribute) = try attribute(value.message(bytes), &tensorReader) {
                    node.attributes[name] = attribute
                }
            case 7: node.domain = try value.text(bytes)
            default: break
            }
        }
        if node.name.isEmpty { node.name = node.outputs.first ?? node.operation }
        return node
    }

    private func attribute(
        _ message: ProtobufReader,
        _ tensorReader: inout ONNXTensorReader
    ) throws(ONNXFlaw) -> (String, Attribute)? {
        let bytes = message.bytes
        var message = message
        var name = ""
        var attribute: Attribute?
        var integers: [Int] = []
        var numbers: [Float] = []
        while let (field, value) = try message.next() {
            switch field {
            case 1: name = try value.text(bytes)
            case 2: attribute = .number(try value.floats(bytes).first ?? 0)
            case 3: attribute = .integer(try value.integer())
            case 4: attribute = .text(try value.text(bytes))
            case 5: attribute = .tensor(try tensorReader.tensor(value.message(bytes)).tensor)
            case 7: numbers += try value.floats(bytes)
            case 8: integers += try value.integers(bytes)
            default: break
            }
        }
        if !integers.isEmpty { attribute = .integers(integers) }
        if !numbers.isEmpty { attribute = .numbers(numbers) }
        return attribute.map { (name, $0) }
    }

    /// Name and shape of an input or output.
    private func input(_ message: ProtobufReader, _ bytes: UnsafeRawBufferPointer) throws(ONNXFlaw) -> Input {
        var message = message
        var input = Input(name: "", shape: [])
        while let (field, value) = try message.next() {
            switch field {
            case 1: input.name = try value.text(bytes)
            case 2: input.shape = try shape(type: value.message(bytes))
            default: break
            }
        }
        return input
    }

    private func shape(type: ProtobufReader) throws(ONNXFlaw) -> [Int?] {
        var type = type
        var shape: [Int?] = []
        while let (field, value) = try type.next() {
            guard field == 1 else { continue }
            var tensor = try value.message(type.bytes)
            while let (field, value) = try tensor.next() {
                guard field == 2 else { continue }
                var dimensions = try value.message(type.bytes)
                while let (_, value) = try dimensions.next() {
                    var dimension = try value.message(type.bytes)
                    var size: Int?
                    while let (field, value) = try dimension.next() {
                        if field == 1 { size = try value.integer() }
                    }
                    shape.append(size)
                }
            }
        }
        return shape
    }
}

extension CheckpointError {
    init(_ flaw: ONNXFlaw, path: String) {
        self.init(
            flaw.isRefusal ? .unsupported : .malformed,
            path: path,
            problem: flaw.isRefusal ? flaw.reason : "this is not a sound ONNX file: \(flaw.reason)",
            remedy: flaw.isRefusal
                ? "Export a network of the operators that docs/MODELS.md lists" : "Fetch or export it again"
        )
    }
}
