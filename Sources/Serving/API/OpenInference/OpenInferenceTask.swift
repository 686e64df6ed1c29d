import Classification
import Engine
import HTTP
import HTTPTypes

/// `POST /v2/models/{model}/infer`.
struct OpenInferenceTask: InferenceTask {
    static var errors: ErrorForm { .plain }
    static var namesModelInPath: Bool { true }

    private let request: OpenInferenceRequest

    static func isQuick(_ request: Request) -> Bool { false }

    init(_ request: Request, model: ServedModel, limits: APILimits) throws(Problem) {
        let known = OutputTensor.all(of: model.model.information)
        do throws(Rejection) {
            let headerLength = try Self.headerLength(request.fields[.inferenceHeaderLength])
            if headerLength == 0 {
                self.request = OpenInferenceRequest(picture: request.body, known: known)
            } else {
                self.request = try OpenInferenceRequest(
                    request.body,
                    headerLength: headerLength,
                    shape: model.model.tensorShape,
                    known: known,
                    maxImages: limits.maxImages
                )
            }
        } catch {
            throw Problem(error)
        }
    }

    private static func headerLength(_ text: String?) throws(Rejection) -> Int? {
        guard let text else { return nil }
        guard let length = Int(text), length >= 0 else {
            throw Rejection(.badRequest, "Inference-Header-Content-Length must be a whole number of bytes.")
        }
        return length
    }

    var inputs: [JobInput] { request.inputs }
    var timeout: Duration? { request.timeout.flatMap { $0 > 0 ? .microseconds($0) : nil } }

    func response(_ outcome: InferenceOutcome) -> Response {
        let results: [JobResult]
        do throws(JobFailure) {
            results = try outcome.allResults()
        } catch {
            return Self.errors.response(Problem(error))
        }
        var binary: [UInt8] = []
        let outputs = request.outputs.map { json($0, results, outcome.model, binary: &binary) }
        var members: [JSONValue.Member] = [
            .init(name: "model_name", value: .string(outcome.model.identity.name)),
            .init(name: "model_version", value: .string(String(outcome.model.identity.version))),
        ]
        if let id = request.id { members.append(.init(name: "id", value: .string(id))) }
        members.append(.init(name: "outputs", value: .array(outputs)))
        let header = JSONValue.object(members).bytes
        var response = Response.json(header + binary)
        if !binary.isEmpty {
            response.fields[.contentType] = "application/octet-stream"
            response.fields[.inferenceHeaderLength] = String(header.count)
        }
        let total = Moment.now - outcome.request.arrival
        response.fields[.serverTiming] = ServerTiming.value(outcome.phases(of: results, total: total))
        return response
    }

    /// One output tensor; its data go to `binary` where the client wants that.
    private func json(
        _ output: OpenInferenceRequest.Output,
        _ results: [JobResult],
        _ model: ServedModel,
        binary: inout [UInt8]
    ) -> JSONValue {
        let start = binary.count
        let isBinary = output.isBinary ?? request.prefersBinary
        var width = 0
        var data: [JSONValue] = []
        var numbers: [Float] = []
        for result in results {
            if let count = output.classCount {
                let classes = Self.classes(result, output.tensor, count: count, model)
                width = classes.count
                if isBinary {
                    for text in classes { BinaryTensor.append(text, to: &binary) }
                } else {
                    data += classes.map { .string($0) }
                }
            } else {
                let values = output.tensor.values(of: result, model: model)
                width = values.count
                if isBinary {
                    BinaryTensor.append(values, to: &binary)
                } else {
                    numbers += values
                }
            }
        }
        let content: JSONValue.Member =
            isBinary
            ? .init(name: "parameters", value: ["binary_data_size": .integer(binary.count - start)])
            : .init(name: "data", value: output.classCount == nil ? .numbers(numbers) : .array(data))
        return .object([
            .init(name: "name", value: .string(output.tensor.rawValue)),
            .init(name: "datatype", value: output.classCount == nil ? "FP32" : "BYTES"),
            .init(name: "shape", value: .array([.integer(results.count), .integer(width)])),
            content,
        ])
    }

    /// The classification extension: "value:index:label", best first.
    private static func classes(
        _ result: JobResult,
        _ tensor: OutputTensor,
        count: Int,
        _ model: ServedModel
    ) -> [String] {
        let count = min(count, model.model.information.classCount)
        return model.model.predictions(for: result.output, count: count).map { prediction in
            let isLogit = tensor == .logits && result.output.logits.indices.contains(prediction.classID)
            let value = isLogit ? result.output.logits[prediction.classID] : prediction.score
            return "\(value):\(prediction.classID):\(prediction.label)"
        }
    }
}
