/// A route's pattern, taken apart.
struct RoutePattern {
    enum Segment: Equatable {
        case literal(String)
        /// Matches a segment that ends with `suffix` and has more before it.
        case parameter(name: String, suffix: String)
    }

    var segments: [Segment]

    init(parsing pattern: String) throws(RoutingError) {
        guard pattern.first == "/" else { throw .malformedPattern(pattern) }
        segments = []
        for text in pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard text.first == "{" else {
                guard !text.contains("{"), !text.contains("}") else { throw .malformedPattern(pattern) }
                segments.append(.literal(String(text)))
                continue
            }
            let parts = text.dropFirst().split(separator: "}", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !text.dropFirst().contains("{") else {
                throw .malformedPattern(pattern)
            }
            segments.append(.parameter(name: String(parts[0]), suffix: String(parts[1])))
        }
    }
}

/// A routing table that makes no sense.
package enum RoutingError: Error, Sendable, Equatable, CustomStringConvertible {
    case malformedPattern(String)
    case duplicate(method: String, pattern: String)

    package var description: String {
        switch self {
        case .malformedPattern(let pattern):
            "The route pattern \(pattern) is malformed: write /literal/{name}, with {name} first in its segment."
        case .duplicate(let method, let pattern):
            "The routing table holds \(method) \(pattern) twice, or under two names of one parameter: keep one of them."
        }
    }
}
