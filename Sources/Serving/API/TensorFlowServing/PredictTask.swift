import HTTP
import HTTPTypes

/// `POST /v1/models/{model}:predict`.
struct PredictTask: InferenceTask {
    static var errors: ErrorForm { .plain }
    static var namesModelInPath: Bool { true }

    private let request: PredictRequest

    static func isQuick(_ request: Request) -> Bool { false }

    init(_ request: Request, model: ServedModel, limits: APILimits) throws(Problem) {
        do throws(Rejection) {
            self.request = try PredictRequest(
                request.body,
                tensorCount: model.model.tensorCount,
                maxImages: limits.maxImages
            )
        } catch {
            throw Problem(error)
        }
    }

    var inputs: [JobInput] { request.inputs }
    var timeout: Duration? { nil }

    func response(_ outcome: InferenceOutcome) -> Response {
        let results: [JobResult]
        do throws(JobFailure) {
            results = try outcome.allResults()
        } catch {
            return Self.errors.response(Problem(error))
        }
        let outputs = OutputTensor.all(of: outcome.model.model.information)
        func values(_ tensor: OutputTensor, _ result: JobResult) -> JSONValue {
            .numbers(tensor.values(of: result, model: outcome.model))
        }
        let body: JSONValue =
            switch request.format {
            case .rows:
                [
                    "predictions": .array(
                        results.map { result in
                            .object(outputs.map { .init(name: $0.rawValue, value: values($0, result)) })
                        }
                    )
                ]
            case .columns:
                [
                    "outputs": .object(
                        outputs.map { tensor in
                            .init(name: tensor.rawValue, value: .array(results.map { values(tensor, $0) }))
                        }
                    )
                ]
            }
        var response = Response.json(body)
        let total = Moment.now - outcome.request.arrival
        response.fields[.serverTiming] = ServerTiming.value(outcome.phases(of: results, total: total))
        return response
    }
}

/// The body of a prediction: `{"instances": […]}`, a row a picture, or `{"inputs": …}`, a column an input.
///
/// A picture is `{"b64": "…"}`, or the numbers `[channel][row][column]` of a preprocessed one.
struct PredictRequest: Sendable {
    enum Format: Sendable { case rows, columns }

    var inputs: [JobInput] = []
    var format = Format.rows
    private let tensorCount: Int
    private let maxImages: Int

    init(_ body: [UInt8], tensorCount: Int, maxImages: Int) throws(Rejection) {
        self.tensorCount = tensorCount
        self.maxImages = maxImages
        try body.withUnsafeBufferPointer { bytes throws(Rejection) in
            var reader = JSONReader(bytes)
            try read(&reader)
        }
    }

    private mutating func read(_ reader: inout JSONReader) throws(Rejection) {
        var isFound = false
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "instances", "inputs":
                guard !isFound else { throw Rejection(.badRequest, "Give either instances or inputs, and only once.") }
                isFound = true
                format = name == "instances" ? .rows : .columns
                if format == .columns, try reader.peek() == .object {
                    try readNamed(&reader)
                } else {
                    try readList(&reader)
                }
            default: try reader.skipValue()
            }
        }
        try reader.finish()
        guard isFound else { throw Rejection(.badRequest, "The JSON must have instances or inputs.") }
        guard !inputs.isEmpty else { throw Rejection(.badRequest, "There is no image in the body.") }
    }

    /// `{"image": […]}`, or a single `{"b64": …}`.
    private mutating func readNamed(_ reader: inout JSONReader) throws(Rejection) {
        try reader.beginObject()
        while let name = try reader.nextMember() {
            guard inputs.isEmpty else { throw Rejection(.badRequest, "Give one input: either \"image\" or \"input\".") }
            switch name {
            case "b64": inputs.append(.picture(try reader.readBase64()[...]))
            case ModelDescription.Tensor.image, ModelDescription.Tensor.input: try readList(&reader)
            default: throw Self.unknownInput(name)
            }
        }
    }

    /// Pictures, or one picture without a list around it.
    private mutating func readList(_ reader: inout JSONReader) throws(Rejection) {
        guard try reader.peek() == .array else { return try readPicture(&reader) }
        try reader.beginArray()
        while try reader.nextElement() { try readPicture(&reader) }
    }

    private mutating func readPicture(_ reader: inout JSONReader) throws(Rejection) {
        guard inputs.count < maxImages else {
            throw Rejection(.contentTooLarge, "There are more than \(maxImages) images; send fewer at a time.")
        }
        switch try reader.peek() {
        case .array:
            var values: [Float] = []
            values.reserveCapacity(tensorCount)
            try reader.readFloats(into: &values, limit: tensorCount)
            guard values.count == tensorCount else {
                throw Rejection(
                    .badRequest,
                    "An image has \(values.count) numbers; \(tensorCount) are expected, as [channel][row][column]."
                )
            }
            inputs.append(.tensor(values))
        case .object:
            let count = inputs.count
            try reader.beginObject()
            while let name = try reader.nextMember() {
                switch name {
                case "b64" where inputs.count == count: inputs.append(.picture(try reader.readBase64()[...]))
                case ModelDescription.Tensor.image where inputs.count == count,
                    ModelDescription.Tensor.input where inputs.count == count:
                    try readPicture(&reader)
                default: throw Self.unknownInput(name)
                }
            }
            guard inputs.count == count + 1 else {
                throw Rejection(.badRequest, "An image is {\"b64\": \"…\"}, or an array of numbers.")
            }
        case .string, .number, .bool, .null:
            throw Rejection(.badRequest, "An image is {\"b64\": \"…\"}, or an array of numbers.")
        }
    }

    private static func unknownInput(_ name: String) -> Rejection {
        Rejection(.badRequest, "There is no input \"\(name.prefix(64))\"; there are image and input.")
    }
}
