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
    init(_ model: FakeModel?, workers: Int = 1, _ change: (inout BatcherLimits) -> Void = { _ in }) throws {
        registry = ModelRegistry(names: ["fake"])
        var limits = BatcherLimits()
        change(&limits)
        scheduler = try Scheduler(workers: workers, limits: limits, observer: telemetry)
        if let model { registry.update("fake", to: .ready(ServedModel(lane: 0, model: model))) }
        routes = APIContext(registry: registry, scheduler: scheduler, telemetry: telemetry, maxBody: 1000).routes
    }

    /// Sends a request to the route of this very pattern.
    func begin(
        _ method: HTTPRequest.Method,
        _ path: String,
        query: [(name: String, value: String)] = [],
        fields: HTTPFields = [:],
        body: [UInt8] = [],
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
        let request = Request(
            method: method,
            path: path,
            query: QueryParameters(pairs: query),
            fields: fields,
            body: body,
            receiveDuration: .microseconds(1500)
        )
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
        body: [UInt8] = []
    ) throws -> Response {
        let answer = try begin(method, path, query: query, fields: fields, body: body).answer.wait()
        return try #require(answer)
    }
}

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// A field by a name that need not be known to the library.
    func field(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { fields[$0] }
    }
}
