import HTTP
import HTTPTypes
import Serving
import Testing

@Suite struct APIKeysTests {
    private func keys(_ text: String) throws -> APIKeys {
        try APIKeys(text: Array(text.utf8))
    }

    private func head(_ authorization: String?, path: [String] = ["v1", "classify"]) -> RequestHead {
        var fields = HTTPFields()
        fields[.authorization] = authorization
        return RequestHead(method: .post, target: .resource(segments: path, query: ""), fields: fields)
    }

    @Test(arguments: [
        "first", "first\n", "# staff\n  first\t\r\n\nsecond\r\n", "second\nfirst",
    ])
    func aKeyOfTheFileLetsIn(text: String) throws {
        let keys = try keys(text)
        #expect(keys.refusal(of: head("Bearer first")) == nil)
        #expect(keys.refusal(of: head("bEARER   first")) == nil)
        #expect((keys.refusal(of: head("Bearer second")) == nil) == text.contains("second"))
    }

    @Test(arguments: [
        "Bearer", "Bearer ", "Bearer firs", "Bearer first1", "Bearer firsu", "Bearer First", "Bearer first first",
        "Bearer firstfirst", "Basic first", "first", "Bearer # staff", "Bearer #", "Bearer first, Bearer first",
        "Bearerfirst", "Bearer fir\u{73}\u{301}t",
    ])
    func anythingElseDoesNot(authorization: String) throws {
        let response = try #require(try keys("# staff\nfirst\n").refusal(of: head(authorization)))
        #expect(response.status == .unauthorized)
        #expect(response.fields[.wwwAuthenticate] == "Bearer error=\"invalid_token\"")
        #expect(!response.text.contains("first"))
    }

    @Test func aRequestWithoutAKeyIsToldHowToSendOne() throws {
        let response = try #require(try keys("first").refusal(of: head(nil)))
        #expect(response.status == .unauthorized)
        #expect(response.fields[.wwwAuthenticate] == "Bearer")
        #expect(response.text.contains("Authorization: Bearer"))
    }

    @Test(arguments: [["livez"], ["readyz"], ["healthz"], ["v2", "health", "live"], ["v2", "health", "ready"]])
    func probesNeedNoKey(path: [String]) throws {
        #expect(try keys("first").refusal(of: head(nil, path: path)) == nil)
    }

    @Test(arguments: [
        ["metrics"], ["openapi.yaml"], ["livez", ""], ["livez", "x"], ["Livez"], ["v2", "health"],
        ["v2/health/live"], ["nowhere"],
    ])
    func everythingElseNeedsOne(path: [String]) throws {
        #expect(try keys("first").refusal(of: head(nil, path: path))?.status == .unauthorized)
    }

    @Test(arguments: [
        ("", APIKeys.Failure.empty), ("\n \r\n# only words\n", .empty), ("good\ntwo words", .malformed(line: 2)),
        ("na\u{ef}ve", .malformed(line: 1)), ("\n\na\u{1}", .malformed(line: 3)),
    ])
    func aFileThatIsNoListIsRefused(text: String, failure: APIKeys.Failure) {
        #expect(throws: failure) { try keys(text) }
        #expect(!"\(failure)".contains("words\""))
    }
}
