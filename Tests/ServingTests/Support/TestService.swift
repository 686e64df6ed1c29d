import HTTP
import HTTPTypes
import Serving
import Testing

/// The routes with everything behind them but sockets.
struct TestService {
    let registry: ModelRegistry
    let manager: ModelManager
    let scheduler: Scheduler
    let telemetry = Telemetry()
    let routes: [Route]

    /// - Parameter model: nil leaves the service in loading.
    init(
        _ model: FakeModel?,
        workers: Int = 1,
        batching: BatcherLimits = BatcherLimits(),
        source: ModelSource = ModelSource(fixed: []),
        loader: @escaping ModelManager.Loader = { _, _ in FakeModel() },
        limits change: (inout APILimits) -> Void = { _ in }
    ) throws {
        let identity = ModelIdentity(name: "fake")
        registry = ModelRegistry([identity])
        var limits = APILimits()
        limits.maxBody = 10_000
        limits.maxImages = 4
        change(&limits)
        scheduler = try Scheduler(workers: workers, limits: batching, observer: telemetry)
        if let model {
            registry.install(ServedModel(model))
            registry.finishStart()
        }
        manager = ModelManager(
            source: source,
            registry: registry,
            scheduler: scheduler,
            loader: loader,
            events: { _ in }
        )
        routes =
            APIContext(
                registry: registry,
                manager: manager,
                scheduler: scheduler,
                telemetry: telemetry,
                readers: BodyReaders(count: 1),
                limits: limits
            ).routes
    }

    /// One whose models are loaded by its manager, and may be by clients: "fake", and "bad", which cannot be loaded.
    static func controlled() throws -> TestService {
        let places = ["fake", "bad"].map { ModelPlace(ModelIdentity(name: $0), folder: $0) }
        let service = try TestService(
            nil,
            source: ModelSource(fixed: places),
            loader: { folder, _ in
                guard folder == "fake" else { throw BrokenModel() }
                return FakeModel()
            },
            limits: { $0.allowsModelControl = true }
        )
        let started = Promise<Bool>()
        try service.manager.start { started.fulfil($0 == nil) }
        #expect(started.wait() == false)
        return service
    }

    struct BrokenModel: Error, CustomStringConvertible {
        var description: String { "the weights are cut short" }
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
        let head = RequestHead(method: method, target: target, fields: fields)
        if let refusal = route.admission?(head) {
            answer.fulfil(refusal)
            return (Exchange(request: Request(method: method, path: path)) { _ in }, answer)
        }
        let request = Request(
            id: RequestID.identify(head),
            method: method,
            path: path,
            query: QueryParameters(pairs: query),
            fields: fields,
            body: body,
            pathParameters: parameters,
            receiveDuration: .microseconds(1500)
        )
        return (route.serve(request) { answer.fulfil($0) }, answer)
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

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// A field by a name that need not be known to the library.
    func field(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { fields[$0] }
    }
}
