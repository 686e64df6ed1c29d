import HTTP
import HTTPTypes

/// The JSON of an inference request of the Open Inference Protocol, with the data of its one input.
struct OpenInferenceRequest: Sendable {
    /// An output that the client asks for.
    struct Output: Sendable {
        var tensor: OutputTensor
        /// Nil where the client says nothing of it.
        var isBinary: Bool?
        /// Asks for the best classes rather than all numbers.
        var classCount: Int?
    }

    var id: String?
    /// Microseconds.
    var timeout: Int?
    var prefersBinary = false
    var inputs: [JobInput] = []
    var outputs: [Output] = []
    private let known: [OutputTensor]

    /// - Parameters:
    ///   - headerLength: bytes of JSON at the body's start, where binary data follow it.
    ///   - shape: of one preprocessed picture.
    ///   - known: what the model can be asked for.
    init(
        _ body: [UInt8],
        headerLength: Int?,
        shape: [Int],
        known: [OutputTensor],
        maxImages: Int
    ) throws(Rejection) {
        self.known = known
        let length = headerLength ?? body.count
        guard length <= body.count else {
            throw Rejection(.badRequest, "Inference-Header-Content-Length is larger than the body.")
        }
        let input = try body.withUnsafeBufferPointer { bytes throws(Rejection) in
            var reader = JSONReader(UnsafeBufferPointer(rebasing: bytes[..<length]))
            return try read(&reader, InputReader(shape: shape, maxImages: maxImages))
        }
        if outputs.isEmpty { outputs = known.map { Output(tensor: $0) } }
        inputs = try input.inputs(binary: body[length...])
    }

    /// A body that is one compressed picture and nothing else; all outputs are binary.
    init(picture: [UInt8], known: [OutputTensor]) {
        self.known = known
        inputs = [.picture(picture[...])]
        outputs = known.map { Output(tensor: $0) }
        prefersBinary = true
    }

    private mutating func read(_ reader: inout JSONReader, _ empty: InputReader) throws(Rejection) -> InputReader {
        var input: InputReader?
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "id": id = try reader.peek() == .null ? try reader.skipNull() : try reader.readString(limit: 1024)
            case "parameters": try readParameters(&reader)
            case "inputs":
                try reader.beginArray()
                while try reader.nextElement() {
                    guard input == nil else {
                        throw Rejection(.badRequest, "Give one input: either \"image\" or \"input\".")
                    }
                    var next = empty
                    try next.read(&reader)
                    input = next
                }
            case "outputs":
                if try reader.peek() == .null {
                    try reader.skipValue()
                    continue
                }
                try reader.beginArray()
                while try reader.nextElement() {
                    guard outputs.count < 16 else { throw Rejection(.badRequest, "There are more than 16 outputs.") }
                    outputs.append(try readOutput(&reader))
                }
            default: try reader.skipValue()
            }
        }
        try reader.finish()
        guard let input else { throw Rejection(.badRequest, "The request has no inputs.") }
        return input
    }

    private mutating func readParameters(_ reader: inout JSONReader) throws(Rejection) {
        try reader.readOptionalObject { (reader, name) throws(Rejection) in
            switch name {
            case "timeout": timeout = try reader.readInteger()
            case "binary_data_output": prefersBinary = try reader.readBool()
            default: try reader.skipValue()
            }
        }
    }

    private func readOutput(_ reader: inout JSONReader) throws(Rejection) -> Output {
        var tensor: OutputTensor?
        var isBinary: Bool?
        var classCount: Int?
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "name":
                let name = try reader.readString()
                tensor = known.first { $0.rawValue == name }
                guard tensor != nil else {
                    let names = known.map(\.rawValue).joined(separator: ", ")
                    throw Rejection(.badRequest, "The model has no output \"\(name)\"; it has: \(names).")
                }
            case "parameters":
                try reader.readOptionalObject { (reader, name) throws(Rejection) in
                    switch name {
                    case "binary_data": isBinary = try reader.readBool()
                    case "classification": classCount = try reader.readInteger()
                    default: try reader.skipValue()
                    }
                }
            default: try reader.skipValue()
            }
        }
        guard let tensor else { throw Rejection(.badRequest, "An output has no name.") }
        if classCount == 0 { classCount = nil }
        if let classCount {
            guard classCount > 0 else { throw Rejection(.badRequest, "classification must be positive.") }
            guard tensor != .embedding else {
                throw Rejection(.badRequest, "The embedding has no classes: ask for logits or probabilities.")
            }
        }
        return Output(tensor: tensor, isBinary: isBinary, classCount: classCount)
    }
}

extension JSONReader {
    /// Calls `member` for each member of an object, to read its value; `null` is an object without members.
    mutating func readOptionalObject(
        _ member: (inout JSONReader, String) throws(Rejection) -> Void
    ) throws(Rejection) {
        if try peek() == .null { return try skipValue() }
        try beginObject()
        while let name = try nextMember() { try member(&self, name) }
    }

    /// Steps over `null`.
    mutating func skipNull() throws(Rejection) -> String? {
        try skipValue()
        return nil
    }
}
