import HTTP
import HTTPTypes
import Testing

@Suite struct RouterTests {
    static let patterns: [(HTTPRequest.Method, String)] = [
        (.get, "/"),
        (.get, "/v1/models"),
        (.get, "/v1/models/{model}"),
        (.post, "/v1/models/{model}:predict"),
        (.post, "/v1/models/{model}:classify"),
        (.get, "/v1/models/stats"),
        (.get, "/v1/models/{model}/versions/{version}"),
        (.post, "/v1/models/{model}/versions/{version}:predict"),
        (.get, "/v2/models/{name}/ready"),
        (.delete, "/v2/models/stats/config"),
    ]

    static let router: Result<Router, any Error> = Result {
        try Router(patterns.map { Route($0.0, $0.1) { _ in } })
    }

    static func segments(_ path: String) -> RequestTarget {
        .resource(
            segments: path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init),
            query: ""
        )
    }

    /// The match in words.
    static func match(_ method: HTTPRequest.Method, _ target: RequestTarget) throws -> String {
        switch try router.get().match(method, target) {
        case .route(let route, let parameters):
            ([route.pattern] + parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(
                separator: " "
            )
        case .methodNotAllowed(let allowed): "not allowed: \(allowed)"
        case .options(let allowed): "options: \(allowed)"
        case .notFound: "not found"
        }
    }

    @Test(
        arguments: [
            (.get, "/", "/"),
            (.get, "/v1/models", "/v1/models"),
            (.head, "/v1/models", "/v1/models"),
            (.get, "/v1/models/", "not found"),
            (.get, "/v1/models/a", "/v1/models/{model} model=a"),
            (.get, "/v1/models/stats", "/v1/models/stats"),
            (.get, "/v1/models/a:predict", "/v1/models/{model} model=a:predict"),
            (.post, "/v1/models/a:predict", "/v1/models/{model}:predict model=a"),
            (.post, "/v1/models/a:b:classify", "/v1/models/{model}:classify model=a:b"),
            (.post, "/v1/models/:predict", "not allowed: GET, HEAD, OPTIONS"),
            (.get, "/v1/models/a/versions/3", "/v1/models/{model}/versions/{version} model=a version=3"),
            (
                .post, "/v1/models/a/versions/3:predict",
                "/v1/models/{model}/versions/{version}:predict model=a version=3"
            ),
            (.post, "/v1/models", "not allowed: GET, HEAD, OPTIONS"),
            (.put, "/v1/models/a:predict", "not allowed: GET, HEAD, OPTIONS, POST"),
            (.options, "/v1/models", "options: GET, HEAD, OPTIONS"),
            (.options, "/none", "not found"),
            (.get, "/none", "not found"),
            // A literal that leads nowhere does not hide a parameter.
            (.get, "/v2/models/stats/ready", "/v2/models/{name}/ready name=stats"),
            (.head, "/v2/models/stats/config", "not allowed: DELETE, OPTIONS"),
        ] as [(HTTPRequest.Method, String, String)]
    )
    func matches(_ method: HTTPRequest.Method, _ path: String, _ expected: String) throws {
        #expect(try Self.match(method, Self.segments(path)) == expected)
    }

    @Test func knowsTheMethodsOfTheServer() throws {
        #expect(try Self.match(.options, .server) == "options: DELETE, GET, HEAD, OPTIONS, POST")
    }

    @Test(arguments: ["", "a", "/{", "/{}", "/{a", "/a{b}", "/{a}{b}", "/{a}b}", "/a}"])
    func refusesAPattern(_ pattern: String) {
        #expect(throws: RoutingError.malformedPattern(pattern)) { try Router([Route(.get, pattern) { _ in }]) }
    }

    @Test func refusesTwoOfOneKind() {
        let routes = [Route(.get, "/a/{x}:p") { _ in }, Route(.get, "/a/{y}:p") { _ in }]
        #expect(throws: RoutingError.duplicate(method: "GET", pattern: "/a/{y}:p")) { try Router(routes) }
    }
}
