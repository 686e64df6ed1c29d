import HTTP
import HTTPTypes
import Serving
import Testing

/// The routes with everything behind them but sockets.
struct TestService {
    let registry: ModelRegistry
    let scheduler: Scheduler
    let telemetry = Telemetry()
    let routes: [Route]

    /// - Parameter model: nil leaves the service in loading.
    init(
        _ model: FakeModel?,
        workers: Int = 1,
        limits: APILimits = .forTests,
        _ change: (inout BatcherLimits) -> Void = { _ in }
    ) throws {
        let identity = ModelIdentity(name: "fake")
        registry = ModelRegistry([identity])
        var batching = BatcherLimits()
        change(&batching)
        scheduler = try Scheduler(workers: workers, limits: batching, observer: telemetry)
        if let model {
            registry.install(ServedModel(model))
            registry.finishStart()
        }
        routes =
            APIContext(
                registry: registry,
                manager: ModelManager(
                    source: ModelSource(fixed: []),
                    registry: registry,
                    scheduler: scheduler,
                    loader: { _, _ in FakeModel() },
                    events: { _ in }
                ),
                scheduler: scheduler,
                telemetry: telemetry,
                readers: BodyReaders(count: 1),
                limits: limits
            ).routes
    }

    /// Sends a request to the route of this very pattern. A name in braces gets its value from `parameters`.
    func begin(
        _ method: HTTPRequest.Method,
        _ path: String,
        query: [(name: String, value: String)] = [],
        fields: HTTPFields = [:],
        body: [UInt8] = [],
        parameters: [String: String] = ["model": "fake", "version": "1"],
        answer: Promise<Response> = Promise()
    ) throws -> (exchange: Exchange, answer: Promise<Response>) {
        let route = try #require(routes.first { $0.method == method && $0.pattern == path })
        let target = RequestTarget.resource(
            segments: path.split(separator: "/").map(String.init),
            query: query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        )
        if let refusal = route.admission?(RequestHead(method: method, target: target, fields: fields)) {
            answer.fulfil(refusal)
            return (Exchange(request: Request(method: method, path: path)) { _ in }, answer)
        }
        var request = Request(
            method: method,
            path: path,
            query: QueryParameters(pairs: query),
            fields: fields,
            body: body,
            receiveDuration: .microseconds(1500)
        )
        request.pathParameters = parameters
        let exchange = Exchange(request: request) { answer.fulfil($0) }
        route.handler(exchange)
        return (exchange, answer)
    }

    /// The answer to a request.
    func answer(
        _ method: HTTPRequest.Method,
        _ path: String,
        query: [(name: String, value: String)] = [],
        fields: HTTPFields = [:],
        body: [UInt8] = [],
        parameters: [String: String] = ["model": "fake", "version": "1"]
    ) throws -> Response {
        let answer = try begin(
            method,
            path,
            query: query,
            fields: fields,
            body: body,
            parameters: parameters
        ).answer.wait()
        return try #require(answer)
    }
}

extension APILimits {
    static var forTests: APILimits {
        var limits = APILimits()
        limits.maxBody = 10_000
        limits.maxImages = 4
        return limits
    }
}

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// A field by a name that need not be known to the library.
    func field(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { fields[$0] }
    }
}
