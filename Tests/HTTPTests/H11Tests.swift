import Foundation
import HTTP
import HTTPTypes
import Testing

/// The codec against h11, another strict implementation, on every well-formed conformance case.
@Suite struct H11Tests {
    /// What `scripts/make-h11-goldens.py` wrote of one case.
    private struct Golden: Decodable {
        var requests: [ParsedRequest]?
        var refusal: String?
    }

    /// One whole request; texts have one character a byte.
    fileprivate struct ParsedRequest: Decodable, Equatable {
        var method: String
        var path: String
        var query: String
        var fields: [[String]]
        var body: String
        var keepsAlive: Bool
    }

    private static let goldens: [String: Golden] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/http/h11.json")
        return (try? JSONDecoder().decode([String: Golden].self, from: Data(contentsOf: file))) ?? [:]
    }()

    private static let cases = ConformanceCase.all.filter { goldens[$0.id] != nil }

    /// Allowed by RFC 9112, sections 2.2 and 7.1.1, and RFC 9110, section 5.6.1; h11 is stricter.
    private static let refusedByH11: Set<String> = [
        "line-empty-lines-before", "pipeline-empty-lines-between", "chunked-extension-space", "coding-list-with-empty",
    ]

    @Test func h11HasSeenTheCases() {
        #expect(Self.cases.count >= 100)
        #expect(Set(Self.goldens.filter { $0.value.refusal != nil }.keys) == Self.refusedByH11)
    }

    @Test(arguments: cases)
    func readsTheSameRequests(_ row: ConformanceCase) throws {
        guard let expected = Self.goldens[row.id]?.requests else { return }
        #expect(try requests(row.bytes) == expected)
    }

    /// The whole requests of a connection, up to one that ends it.
    private func requests(_ bytes: [UInt8]) throws -> [ParsedRequest] {
        var requests: [ParsedRequest] = []
        var rest = bytes[...]
        while true {
            var parser = RequestHeadParser()
            guard case .complete(let head, let byteCount) = try parser.advance(over: rest.span) else { return requests }
            rest = rest.dropFirst(byteCount)
            guard let body = try body(of: head, &rest) else { return requests }
            requests.append(ParsedRequest(head, body: body))
            guard requests.last?.keepsAlive == true else { return requests }
        }
    }

    /// Takes the body from the front; nil when it is not whole.
    private func body(of head: RequestHead, _ rest: inout ArraySlice<UInt8>) throws -> [UInt8]? {
        switch head.framing {
        case .none: return []
        case .length(let length):
            guard rest.count >= length else { return nil }
            defer { rest = rest.dropFirst(length) }
            return Array(rest.prefix(length))
        case .chunked:
            var decoder = ChunkedDecoder(maxTrailerBytes: 1 << 16)
            var body: [UInt8] = []
            var position = 0
            while true {
                switch try decoder.next(rest.span, from: &position) {
                case .data(let range): body += rest.dropFirst(range.lowerBound).prefix(range.count)
                case .needsMore: return nil
                case .finished:
                    rest = rest.dropFirst(position)
                    return body
                }
            }
        }
    }
}

extension H11Tests.ParsedRequest {
    init(_ head: RequestHead, body: [UInt8]) {
        method = head.method.rawValue
        path = Self.text(Array(head.target.path.utf8))
        if case .resource(_, let query) = head.target { self.query = query } else { query = "" }
        // What the fields of the framing mean shows in the body; h11 rewrites them.
        fields = head.fields.filter { $0.name != .contentLength && $0.name != .transferEncoding }.map { field in
            [field.name.canonicalName, field.withUnsafeBytesOfValue { Self.text(Array($0)) }]
        }
        self.body = Self.text(body)
        // h11 knows no connection of HTTP/1.0 that lives on.
        keepsAlive = head.allowsKeepAlive && head.version == .http11
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(String.UnicodeScalarView(bytes.map { UnicodeScalar($0) }))
    }
}
