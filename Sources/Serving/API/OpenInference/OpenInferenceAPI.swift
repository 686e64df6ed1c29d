import HTTP
import HTTPTypes

/// The Open Inference Protocol, version 2, as KServe and Triton speak it over HTTP.
enum OpenInferenceAPI {
    static let extensions = [
        "binary_tensor_data", "classification", "statistics", "model_configuration", "model_repository",
    ]

    static func routes(_ context: APIContext) -> [Route] {
        server(context)
            + ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"].flatMap { model(context, at: $0) }
    }

    private static func server(_ context: APIContext) -> [Route] {
        [
            Route(.get, "/v2") { exchange in
                exchange.respond(
                    .json([
                        "name": "effnet",
                        "version": .string(BuildInformation.version),
                        "extensions": .array(extensions.map { .string($0) }),
                    ])
                )
            },
            Route(.get, "/v2/health/live") { exchange in
                let isLive = !context.isStuck
                exchange.respond(.json(["live": .bool(isLive)], status: isLive ? .ok : .serviceUnavailable))
            },
            Route(.get, "/v2/health/ready") { exchange in
                let isReady = context.registry.readiness == .ready
                let body: JSONValue = ["live": .bool(!context.isStuck), "ready": .bool(isReady)]
                exchange.respond(.json(body, status: isReady ? .ok : .serviceUnavailable))
            },
            Route(.get, "/v2/models/stats") { exchange in
                let served = context.registry.entries.compactMap(\.served)
                exchange.respond(.json(ModelStatisticsAnswer.json(served, context.telemetry)))
            },
        ]
    }

    private static func model(_ context: APIContext, at path: String) -> [Route] {
        let endpoint = InferenceEndpoint<OpenInferenceTask>(context: context)
        return [
            Route(.get, path) { exchange in
                answer(exchange, context) { (served: ServedModel, versions) in
                    ModelDescription(served).metadata(versions: versions)
                }
            },
            Route(.get, path + "/config") { exchange in
                answer(exchange, context) { (served: ServedModel, _) in
                    ModelDescription(served).configuration(maxBatch: context.limits.maxImages)
                }
            },
            Route(.get, path + "/stats") { exchange in
                answer(exchange, context) { (served: ServedModel, _) in
                    ModelStatisticsAnswer.json([served], context.telemetry)
                }
            },
            Route(.get, path + "/ready") { exchange in
                exchange.respond(readiness(exchange.request, context))
            },
            Route(.post, path + "/infer", bodyLimit: context.limits.maxBody, admission: endpoint.refusal) { exchange in
                let parameters = exchange.request.pathParameters
                endpoint.serve(exchange, model: parameters["model"], version: parameters["version"])
            },
        ]
    }

    /// Answers with what is said of the model that the path names.
    private static func answer(
        _ exchange: Exchange,
        _ context: APIContext,
        _ body: (ServedModel, [Int]) -> JSONValue
    ) {
        do throws(Problem) {
            let (served, versions) = try model(exchange.request, context)
            exchange.respond(.json(body(served, versions)))
        } catch {
            exchange.respond(ErrorForm.plain.response(error))
        }
    }

    private static func readiness(_ request: Request, _ context: APIContext) -> Response {
        let name = JSONValue.string(request.pathParameters["model"] ?? "")
        do throws(Problem) {
            _ = try model(request, context)
            return .json(["name": name, "ready": true])
        } catch {
            guard error.status == .serviceUnavailable else { return ErrorForm.plain.response(error) }
            return .json(["name": name, "ready": false], status: .serviceUnavailable)
        }
    }

    /// The model that a path names, and its versions that take requests.
    static func model(_ request: Request, _ context: APIContext) throws(Problem) -> (ServedModel, [Int]) {
        let name = request.pathParameters["model"] ?? ""
        let version = try ModelIdentity.version(request.pathParameters["version"])
        let served = try context.registry.model(named: name, version: version)
        let versions = try context.registry.versions(of: name).filter { $0.served != nil }.map(\.identity.version)
        return (served, versions)
    }
}
