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
        /// Nodes by the segment that leads to them.
        var literals: [String: Int] = [:]
        /// By suffix, the longest first.
        var parameters: [(suffix: String, node: Int)] = []
        var endpoints: [Endpoint] = []
    }

    /// The tree, its root first; nodes name each other by their place.
    private var nodes = [Node()]
    private var methods: Set<String> = []

    /// Fails when a pattern is malformed or two routes match the same requests.
    package init(_ routes: [Route]) throws(RoutingError) {
        for route in routes {
            let pattern = try RoutePattern(parsing: route.pattern)
            let names = pattern.segments.compactMap { segment in
                if case .parameter(let name, _) = segment { name } else { nil }
            }
            let node = pattern.segments.reduce(0) { node, segment in child(of: node, for: segment) }
            guard !nodes[node].endpoints.contains(where: { $0.route.method == route.method }) else {
                throw .duplicate(method: route.method.rawValue, pattern: route.pattern)
            }
            nodes[node].endpoints.append(Endpoint(route: route, parameterNames: names))
            methods.insert(route.method.rawValue)
        }
    }

    package func match(_ method: HTTPRequest.Method, _ target: RequestTarget) -> Match {
        guard case .resource(let segments, _) = target else { return .options(allowed: Self.allow(methods)) }
        var search = Search(nodes: nodes, segments: segments, method: method)
        if let found = search.visit(0, depth: 0) { return found }
        guard !search.methods.isEmpty else { return .notFound }
        let allowed = Self.allow(search.methods)
        return method == .options ? .options(allowed: allowed) : .methodNotAllowed(allowed: allowed)
    }

    /// The node that a segment leads to, made if there is none.
    private mutating func child(of node: Int, for segment: RoutePattern.Segment) -> Int {
        let known =
            switch segment {
            case .literal(let text): nodes[node].literals[text]
            case .parameter(_, let suffix): nodes[node].parameters.first { $0.suffix == suffix }?.node
            }
        if let known { return known }
        nodes.append(Node())
        let new = nodes.count - 1
        switch segment {
        case .literal(let text): nodes[node].literals[text] = new
        case .parameter(_, let suffix):
            nodes[node].parameters.append((suffix, new))
            nodes[node].parameters.sort { $0.suffix.utf8.count > $1.suffix.utf8.count }
        }
        return new
    }

    /// HEAD goes with GET, and OPTIONS with anything.
    private static func allow(_ methods: Set<String>) -> String {
        var all = methods.union(["OPTIONS"])
        if all.contains("GET") { all.insert("HEAD") }
        return all.sorted().joined(separator: ", ")
    }

    /// One walk down the tree; its depth and branching are those of the table, never of the request.
    private struct Search {
        let nodes: [Node]
        let segments: [String]
        let method: HTTPRequest.Method
        var values: [String] = []
        var methods: Set<String> = []

        /// The route of the method that the segments from `depth` on lead to from a node.
        mutating func visit(_ node: Int, depth: Int) -> Match? {
            guard depth < segments.count else { return finish(at: node) }
            if let child = nodes[node].literals[segments[depth]], let found = visit(child, depth: depth + 1) {
                return found
            }
            for (suffix, child) in nodes[node].parameters
            where segments[depth].hasSuffix(suffix) && segments[depth].utf8.count > suffix.utf8.count {
                values.append(String(segments[depth].dropLast(suffix.count)))
                if let found = visit(child, depth: depth + 1) { return found }
                values.removeLast()
            }
            return nil
        }

        private mutating func finish(at node: Int) -> Match? {
            guard let place = place(of: method, at: node) ?? (method == .head ? place(of: .get, at: node) : nil) else {
                methods.formUnion(nodes[node].endpoints.map(\.route.method.rawValue))
                return nil
            }
            let route = nodes[node].endpoints[place].route
            guard !values.isEmpty else { return .route(route, parameters: [:]) }
            let parameters = zip(nodes[node].endpoints[place].parameterNames, values)
            return .route(route, parameters: Dictionary(parameters) { first, _ in first })
        }

        private func place(of method: HTTPRequest.Method, at node: Int) -> Int? {
            nodes[node].endpoints.firstIndex { $0.route.method == method }
        }
    }
}
