package import HTTPTypes

/// Finds the route of a target: a tree of path segments. A literal wins over a parameter, a parameter with a longer
/// suffix over one with a shorter.
package struct Router: Sendable {
    package enum Match: Sendable {
        case route(Route, parameters: [String: String])
        /// The path exists, the method does not; `allowed` is the value of Allow.
        case methodNotAllowed(allowed: String)
        /// An OPTIONS request that no route claims.
        case options(allowed: String)
        case notFound
    }

    private struct Endpoint: Sendable {
        var route: Route
        var parameterNames: [String]
    }

    private struct Node: Sendable {
        var literals: [String: Node] = [:]
        /// By suffix, the longest first.
        var parameters: [(suffix: String, node: Node)] = []
        var endpoints: [Endpoint] = []
    }

    private var root = Node()
    private var methods: Set<String> = []

    /// Fails when a pattern is malformed or two routes match the same requests.
    package init(_ routes: [Route]) throws(RoutingError) {
        for route in routes {
            let pattern = try RoutePattern(parsing: route.pattern)
            let names = pattern.segments.compactMap { segment in
                if case .parameter(let name, _) = segment { name } else { nil }
            }
            try Self.insert(Endpoint(route: route, parameterNames: names), at: pattern.segments[...], into: &root)
            methods.insert(route.method.rawValue)
        }
    }

    package func match(_ method: HTTPRequest.Method, _ target: RequestTarget) -> Match {
        guard case .resource(let segments, _) = target else { return .options(allowed: Self.allow(methods)) }
        var search = Search(method: method)
        if search.visit(root, segments[...]), let found = search.found { return found }
        guard !search.methods.isEmpty else { return .notFound }
        let allowed = Self.allow(search.methods)
        return method == .options ? .options(allowed: allowed) : .methodNotAllowed(allowed: allowed)
    }

    private static func insert(
        _ endpoint: Endpoint,
        at path: ArraySlice<RoutePattern.Segment>,
        into node: inout Node
    ) throws(RoutingError) {
        guard let segment = path.first else {
            let route = endpoint.route
            guard !node.endpoints.contains(where: { $0.route.method == route.method }) else {
                throw .duplicate(method: route.method.rawValue, pattern: route.pattern)
            }
            return node.endpoints.append(endpoint)
        }
        switch segment {
        case .literal(let text): try insert(endpoint, at: path.dropFirst(), into: &node.literals[text, default: Node()])
        case .parameter(_, let suffix):
            if let index = node.parameters.firstIndex(where: { $0.suffix == suffix }) {
                try insert(endpoint, at: path.dropFirst(), into: &node.parameters[index].node)
            } else {
                var child = Node()
                try insert(endpoint, at: path.dropFirst(), into: &child)
                node.parameters.append((suffix, child))
                node.parameters.sort { $0.suffix.utf8.count > $1.suffix.utf8.count }
            }
        }
    }

    /// HEAD goes with GET, and OPTIONS with anything.
    private static func allow(_ methods: Set<String>) -> String {
        var all = methods.union(["OPTIONS"])
        if all.contains("GET") { all.insert("HEAD") }
        return all.sorted().joined(separator: ", ")
    }

    /// One walk down the tree; its depth and branching are those of the table, never of the request.
    private struct Search {
        let method: HTTPRequest.Method
        var values: [String] = []
        var methods: Set<String> = []
        var found: Match?

        init(method: HTTPRequest.Method) {
            self.method = method
        }

        /// Whether the rest of the path leads to a route of the method.
        mutating func visit(_ node: Node, _ path: ArraySlice<String>) -> Bool {
            guard let segment = path.first else { return finish(at: node) }
            let rest = path.dropFirst()
            if let child = node.literals[segment], visit(child, rest) { return true }
            for (suffix, child) in node.parameters
            where segment.hasSuffix(suffix) && segment.utf8.count > suffix.utf8.count {
                values.append(String(segment.dropLast(suffix.count)))
                if visit(child, rest) { return true }
                values.removeLast()
            }
            return false
        }

        private mutating func finish(at node: Node) -> Bool {
            let exact = node.endpoints.first { $0.route.method == method }
            let endpoint = exact ?? (method == .head ? node.endpoints.first { $0.route.method == .get } : nil)
            guard let endpoint else {
                methods.formUnion(node.endpoints.map(\.route.method.rawValue))
                return false
            }
            let parameters = Dictionary(zip(endpoint.parameterNames, values)) { first, _ in first }
            found = .route(endpoint.route, parameters: parameters)
            return true
        }
    }
}
