import HTTP
import HTTPTypes
import Serving
import Testing

@Suite struct PageTests {
    private static let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

    @Test func browsersGetThePage() throws {
        let response = try TestService(nil).answer(.get, "/", fields: [.accept: Self.browser])
        #expect(response.status == .ok)
        #expect(response.fields[.contentType] == "text/html; charset=utf-8")
        #expect(response.text.hasPrefix("<!doctype html>") && response.text.contains("</html>"))
    }

    @Test(arguments: [nil, "*/*", "text/plain"])
    func othersGetAFewWords(accept: String?) throws {
        var fields = HTTPFields()
        fields[.accept] = accept
        let response = try TestService(nil).answer(.get, "/", fields: fields)
        #expect(response.fields[.contentType] == "text/plain; charset=utf-8")
        #expect(response.text.contains("curl --data-binary"))
    }

    @Test func thePageCanBeTurnedOff() throws {
        let service = try TestService(nil, limits: { $0.hasPage = false })
        let response = try service.answer(.get, "/", fields: [.accept: Self.browser])
        #expect(response.fields[.contentType] == "text/plain; charset=utf-8")
    }

    /// A style and a script stand inside, each under the nonce that the policy names; nothing else is let in.
    @Test func onlyItsOwnStyleAndScriptMayRun() throws {
        let service = try TestService(nil)
        let pages = try (0..<2).map { _ in try service.answer(.get, "/", fields: [.accept: Self.browser]) }
        let nonces = try pages.map { page in
            let policy = try #require(page.fields[.contentSecurityPolicy])
            #expect(policy.hasPrefix("default-src 'none'; "))
            #expect(!policy.contains("unsafe"))
            let nonce = try #require(try /script-src 'nonce-([0-9a-f]{32})'/.firstMatch(in: policy)?.1)
            #expect(page.text.components(around: "nonce=\"\(nonce)\"") == 3)
            #expect(!page.text.contains("{nonce}"))
            #expect(page.text.contains("<style nonce") && page.text.contains("<script nonce"))
            return String(nonce)
        }
        #expect(nonces[0] != nonces[1])
        // Nothing is fetched from anywhere, and nothing is styled or scripted inside attributes.
        let text = pages[0].text
        #expect(text.firstMatch(of: /(src|href)="(https?:)?\/\//) == nil)
        #expect(text.firstMatch(of: /\ (style|on[a-z]+)="/) == nil)
        #expect(text.firstMatch(of: /<link[^>]*stylesheet|<script[^>]*src/) == nil)
    }

    @Test func thePageNeedsNoKey() throws {
        let keys = try APIKeys(text: Array("secret".utf8))
        let page = RequestHead(method: .get, target: .resource(segments: [""], query: ""), fields: [:])
        #expect(keys.refusal(of: page) == nil)
        let stats = RequestHead(method: .get, target: .resource(segments: ["v1", "stats"], query: ""), fields: [:])
        #expect(keys.refusal(of: stats) != nil)
    }
}

extension String {
    /// How many pieces a text falls into where another one stands in it.
    fileprivate func components(around mark: String) -> Int {
        split(separator: mark, omittingEmptySubsequences: false).count
    }
}
