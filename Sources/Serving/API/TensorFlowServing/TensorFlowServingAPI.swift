import HTTP
import HTTPTypes

/// The REST interface of TensorFlow Serving.
enum TensorFlowServingAPI {
    static func routes(_ context: APIContext) -> [Route] {
        ["/v1/models/{model}", "/v1/models/{model}/versions/{version}"].flatMap { routes(context, at: $0) }
    }

    private static func routes(_ context: APIContext, at path: String) -> [Route] {
        let endpoint = InferenceEndpoint<PredictTask>(context: context)
        return [
            Route(.get, path) { exchange in
                exchange.respond(status(exchange.request, context))
            },
            Route(.get, path + "/metadata") { exchange in
                do throws(Problem) {
                    let (served, _) = try OpenInferenceAPI.model(exchange.request, context)
                    exchange.respond(.json(metadata(served)))
                } catch {
                    exchange.respond(ErrorForm.plain.response(error))
                }
            },
            Route(.post, path + ":predict", bodyLimit: context.limits.maxBody, admission: endpoint.refusal) {
                exchange in
                let parameters = exchange.request.pathParameters
                endpoint.serve(exchange, model: parameters["model"], version: parameters["version"])
            },
        ]
    }

    /// The state of one version, or of all.
    private static func status(_ request: Request, _ context: APIContext) -> Response {
        do throws(Problem) {
            let name = request.pathParameters["model"] ?? ""
            let version = try ModelIdentity.version(request.pathParameters["version"])
            let all = try context.registry.versions(of: name)
            let versions = all.filter { version == nil || $0.identity.version == version }
            guard !versions.isEmpty else {
                throw Problem(
                    .notFound,
                    title: "No such version",
                    detail: "There is no version \(version ?? 0) of model \"\(name)\"."
                )
            }
            return .json(["model_version_status": .array(versions.map(json))])
        } catch {
            return ErrorForm.plain.response(error)
        }
    }

    private static func json(_ entry: ModelRegistry.Entry) -> JSONValue {
        let state =
            switch entry.state {
            case .ready: "AVAILABLE"
            case .loading: "LOADING"
            case .failed, .unloaded: "END"
            }
        let reason = if case .failed(let reason) = entry.activity { reason } else { "" }
        return [
            "version": .string(String(entry.identity.version)),
            "state": .string(state),
            "status": [
                "error_code": .string(reason.isEmpty ? "OK" : "FAILED_PRECONDITION"),
                "error_message": .string(reason),
            ],
        ]
    }

    /// TensorFlow Serving writes these names with underscores, OpenVINO Model Server without: both kinds of clients find
    /// theirs.
    private static func metadata(_ served: ServedModel) -> JSONValue {
        func tensor(_ name: String, _ type: String, _ shape: [Int]) -> JSONValue.Member {
            let dimensions = ([-1] + shape).map { size -> JSONValue in
                ["size": .string(String(size)), "name": ""]
            }
            return .init(
                name: name,
                value: [
                    "dtype": .string(type),
                    "tensor_shape": ["dim": .array(dimensions), "unknown_rank": false],
                    "tensorShape": ["dim": .array(dimensions), "unknownRank": false],
                    "name": .string(name),
                ]
            )
        }
        let description = ModelDescription(served)
        let signature: JSONValue = [
            "inputs": .object([
                tensor(ModelDescription.Tensor.image, "DT_STRING", []),
                tensor(ModelDescription.Tensor.input, "DT_FLOAT", description.inputShape),
            ]),
            "outputs": .object(
                description.outputs.map { tensor($0.rawValue, "DT_FLOAT", [description.width(of: $0)]) }
            ),
            "method_name": "tensorflow/serving/predict",
        ]
        let specification: JSONValue = [
            "name": .string(served.identity.name),
            "signature_name": "",
            "version": .string(String(served.identity.version)),
        ]
        let signatures: JSONValue = ["serving_default": signature]
        return [
            "model_spec": specification,
            "modelSpec": specification,
            "metadata": ["signature_def": ["signature_def": signatures, "signatureDef": signatures]],
        ]
    }
}
