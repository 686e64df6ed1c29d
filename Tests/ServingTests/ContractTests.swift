import HTTP
import HTTPTypes
import Imaging
import Serving
import Testing

/// `openapi.yaml` against the routes: neither may promise what the other does not keep.
@Suite struct ContractTests {
    /// One operation of the document, and the statuses that it names.
    struct Operation: Hashable, CustomStringConvertible {
        var method: String
        var path: String

        var description: String { "\(method) \(path)" }
    }

    /// The operations and statuses of the document's `paths`, told by their indentation.
    private func documented() throws -> [Operation: Set<Int>] {
        let text = try TestService(nil).answer(.get, "/openapi.yaml").text
        var operations: [Operation: Set<Int>] = [:]
        var path = ""
        var operation: Operation?
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines.drop(while: { $0 != "paths:" }).dropFirst().prefix(while: { $0.hasPrefix(" ") }) {
            if let match = line.wholeMatch(of: /\ {2}(\/\S*):/) {
                path = String(match.1)
            } else if let match = line.wholeMatch(of: /\ {4}(get|post|put|delete|patch):/) {
                let found = Operation(method: match.1.uppercased(), path: path)
                operations[found] = []
                operation = found
            } else if let match = line.prefixMatch(of: /\ {8}"(\d+)":/), let operation {
                operations[operation]?.insert(Int(match.1) ?? 0)
            }
        }
        return operations
    }

    @Test func everyRouteIsDocumentedAndEveryDocumentedOneIsRouted() throws {
        let routed = try TestService(nil).routes.map { Operation(method: $0.method.rawValue, path: $0.pattern) }
        #expect(Set(routed).count == routed.count)
        #expect(Set(routed) == Set(try documented().keys))
    }

    /// Brings about every status that is not the HTTP layer's, and compares with what the document names.
    @Test func everyDocumentedStatusIsReal() throws {
        var produced: [Operation: Set<Int>] = [:]
        func record(_ method: HTTPRequest.Method, _ path: String, _ response: Response) {
            produced[Operation(method: method.rawValue, path: path), default: []].insert(response.status.code)
        }
        let loading = try TestService(nil)
        let ready = try TestService(FakeModel())
        let broken = try TestService(FakeModel(engineError: Refusal.draining))
        let large = try TestService(FakeModel(imageError: .tooManyPixels(width: 9, height: 9, limit: 1)))
        for route in ready.routes {
            guard route.method == .post else {
                for service in [loading, ready] {
                    record(route.method, route.pattern, try service.answer(route.method, route.pattern))
                }
                continue
            }
            let good: [UInt8] = [1]
            let bad: [UInt8] = [FakeModel.corruptByte]
            let path = route.pattern
            for response in [
                try ready.answer(.post, path, body: good),
                try ready.answer(.post, path),
                try ready.answer(.post, path, body: bad),
                try ready.answer(.post, path, query: [("model", "other")], body: good),
                try ready.answer(.post, path, fields: [.contentType: "application/json"], body: good),
                try large.answer(.post, path, body: bad),
                try loading.answer(.post, path, body: good),
                try broken.answer(.post, path, body: good),
            ] {
                record(.post, path, response)
            }
        }
        // A slow body is the HTTP layer's to answer; the others' 408 is under `default`.
        let documented = try documented().mapValues { $0.subtracting([408]) }
        #expect(produced == documented)
    }

    @Test func theVersionIsTheProgramsOwn() throws {
        let text = try TestService(nil).answer(.get, "/openapi.yaml").text
        #expect(text.contains("\n  version: \(BuildInformation.version)\n"))
    }
}
