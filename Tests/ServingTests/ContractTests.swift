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
        let controlled = try TestService.controlled()
        let broken = try TestService(FakeModel(engineError: Refusal.draining))
        let large = try TestService(FakeModel(imageError: .tooManyPixels(width: 9, height: 9, limit: 1)))
        let gate = Gate()
        let stuck = try TestService(FakeModel(gate: gate), limits: { $0.stuckAfter = .zero })
        _ = try stuck.begin(.post, "/v1/classify", body: [1])
        gate.waitUntilReached()
        defer { gate.open() }

        for route in ready.routes {
            let path = route.pattern
            func ask(_ service: TestService, model: String = "fake", version: String = "1") throws {
                let body = path.hasSuffix("/index") ? Array("[".utf8) : []
                let parameters = ["model": model, "version": version]
                record(route.method, path, try service.answer(route.method, path, parameters: parameters))
                guard !body.isEmpty else { return }
                record(route.method, path, try service.answer(route.method, path, body: body, parameters: parameters))
            }
            guard let bodies = Bodies(path) else {
                for service in [loading, ready, stuck] { try ask(service) }
                for name in ["fake", "bad", "other"] where path.contains("{model}") { try ask(controlled, model: name) }
                for version in ["x", "7"] where path.contains("{version}") { try ask(ready, version: version) }
                continue
            }
            for response in [
                try ready.answer(.post, path, body: bodies.good),
                try ready.answer(.post, path),
                try ready.answer(.post, path, body: bodies.bad),
                try ready.answer(
                    .post,
                    path,
                    query: [("model", "other")],
                    body: bodies.good,
                    parameters: ["model": "other"]
                ),
                try ready.answer(.post, path, fields: [.contentEncoding: "br"], body: bodies.good),
                try large.answer(.post, path, body: bodies.bad),
                try loading.answer(.post, path, body: bodies.good),
                try broken.answer(.post, path, body: bodies.good),
            ] {
                record(.post, path, response)
            }
        }
        // A slow body is the HTTP layer's to answer; the others' 408 is under `default`. Keys have a test of their own.
        let documented = try documented().mapValues { $0.subtracting([401, 408]) }
        for operation in Set(documented.keys).union(produced.keys) {
            #expect(produced[operation] == documented[operation], "\(operation)")
        }
    }

    @Test func whatNeedsAKeySaysSo() throws {
        var configuration = ServiceConfiguration()
        configuration.apiKeys = try APIKeys(text: Array("key".utf8))
        for (operation, statuses) in try documented() {
            let method = try #require(HTTPRequest.Method(operation.method))
            let path = operation.path.replacing("{model}", with: "fake").replacing("{version}", with: "1")
            let answer = try ServiceAnswer.answer(method, path, configuration: configuration)
            #expect((answer.status == .unauthorized) == statuses.contains(401), "\(operation)")
            #expect((answer.fields[.wwwAuthenticate] != nil) == statuses.contains(401), "\(operation)")
            let form = path.hasPrefix("/v2") ? "application/json" : "application/problem+json"
            if statuses.contains(401) { #expect(answer.fields[.contentType] == form, "\(operation)") }
        }
    }

    /// What the routes for inference take: a picture, and one that cannot be decoded.
    private struct Bodies {
        let good: [UInt8]
        let bad: [UInt8]

        /// Nil for other routes.
        init?(_ path: String) {
            // In base64: the bytes 1 and 255.
            func text(_ make: (String) -> String) -> ([UInt8], [UInt8]) {
                (Array(make("AQ==").utf8), Array(make("/w==").utf8))
            }
            if ["/v1/classify", "/v1/embed", "/v1/explain"].contains(path) {
                (good, bad) = ([1], [FakeModel.corruptByte])
            } else if path.hasSuffix("/infer") {
                (good, bad) = text {
                    #"{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["\#($0)"]}]}"#
                }
            } else if path.hasSuffix(":predict") {
                (good, bad) = text { #"{"instances":[{"b64":"\#($0)"}]}"# }
            } else {
                return nil
            }
        }
    }

    @Test func theVersionIsTheProgramsOwn() throws {
        let text = try TestService(nil).answer(.get, "/openapi.yaml").text
        #expect(text.contains("\n  version: \(BuildInformation.version)\n"))
    }
}
