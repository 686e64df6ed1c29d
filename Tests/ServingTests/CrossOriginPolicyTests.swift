import HTTP
import HTTPTypes
import Serving
import Testing

/// Cross-origin requests and keys, through a whole service on loopback.
@Suite struct CrossOriginPolicyTests {
    @Test(arguments: [
        "", "example.org", "https://", "https://example.org/", "https://a.org,", "https://a.org, *", "ftp://a.org",
        "https://a.org/path", "https://a org", "null", "https://a.org\r\nX: y",
    ])
    func whatIsNoOriginIsRefused(text: String) {
        #expect(CrossOriginPolicy(text) == nil)
    }

    @Test(arguments: [
        "*", "https://example.org", "http://localhost:3000", "http://[::1]:80", "https://a.org, https://b.org:8443",
    ])
    func originsAreAccepted(text: String) {
        #expect(CrossOriginPolicy(text) != nil)
    }

    private func answer(
        _ method: HTTPRequest.Method = .get,
        _ path: String = "/livez",
        origin: String? = nil,
        asks: String? = nil,
        _ change: (inout ServiceConfiguration) -> Void
    ) throws -> Response {
        var configuration = ServiceConfiguration()
        change(&configuration)
        var fields = HTTPFields()
        fields[.origin] = origin
        fields[.accessControlRequestMethod] = asks
        return try ServiceAnswer.answer(method, path, fields: fields, configuration: configuration)
    }

    @Test func nothingIsAllowedByDefault() throws {
        let response = try answer(origin: "https://a.org") { _ in }
        #expect(!response.fields.contains { $0.name.canonicalName.hasPrefix("access-control") })
        #expect(response.fields[.vary] == nil)
    }

    @Test(arguments: [("https://a.org", true), ("HTTPS://A.org", true), ("https://c.org", false), ("null", false)])
    func pagesOfTheListMayRead(origin: String, isAllowed: Bool) throws {
        let response = try answer(origin: origin) { $0.crossOrigin = CrossOriginPolicy("https://a.org, https://b.org") }
        #expect(response.status == .ok)
        #expect(response.fields[.accessControlAllowOrigin] == (isAllowed ? origin : nil))
        #expect((response.fields[.accessControlExposeHeaders]?.contains("X-Request-Id") == true) == isAllowed)
        #expect(response.fields[.vary] == "Origin")
    }

    @Test func aPreflightIsToldTheMethodsWithoutAKey() throws {
        let response = try answer(.options, "/v1/classify", origin: "https://a.org", asks: "POST") {
            $0.crossOrigin = CrossOriginPolicy("*")
            $0.apiKeys = try? APIKeys(text: Array("key".utf8))
        }
        #expect(response.status == .noContent)
        #expect(response.fields[.accessControlAllowOrigin] == "*")
        #expect(response.fields[.accessControlAllowMethods] == "OPTIONS, POST")
        #expect(response.fields[.accessControlAllowHeaders]?.contains("Authorization") == true)
        #expect(response.fields[.accessControlMaxAge] == "3600")
    }

    @Test(arguments: [false, true])
    func aRefusalIsReadableForThePageToo(hasCrossOrigin: Bool) throws {
        let response = try answer(.options, "/v1/classify", origin: "https://a.org", asks: nil) {
            if hasCrossOrigin { $0.crossOrigin = CrossOriginPolicy("*") }
            $0.apiKeys = try? APIKeys(text: Array("key".utf8))
        }
        #expect(response.status == .unauthorized)
        #expect(response.fields[.accessControlAllowOrigin] == (hasCrossOrigin ? "*" : nil))
        #expect(response.field("Server-Timing")?.wholeMatch(of: /total;dur=[0-9]+\.[0-9]{3}/) != nil)
        #expect(response.field("X-Request-Id") != nil)
    }
}
