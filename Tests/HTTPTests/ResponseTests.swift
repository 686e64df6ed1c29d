import Foundation
import HTTP
import HTTPTypes
import Testing

@Suite struct ResponseTests {
    @Test func describesAProblem() throws {
        let detail = "a \"quoted\" \\ line\nand \u{1} é 😀"
        let response = Response.problem(status: .notFound, detail: detail)
        #expect(response.status == .notFound)
        #expect(response.fields[.contentType] == "application/problem+json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
        #expect(object["type"] as? String == "about:blank")
        #expect(object["title"] as? String == "Not Found")
        #expect(object["status"] as? Int == 404)
        #expect(object["detail"] as? String == detail)
    }

    @Test func aProblemMayHaveItsOwnTitle() throws {
        let response = Response.problem(status: .badRequest, title: "Broken image", detail: "d")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
        #expect(object["title"] as? String == "Broken image")
    }

    @Test func carriesTextAndJSON() {
        #expect(Response.text("é").body == [0xC3, 0xA9])
        #expect(Response.text("a").fields[.contentType] == "text/plain; charset=utf-8")
        #expect(Response.json([0x7B, 0x7D], status: .created).status == .created)
        #expect(Response.json([]).fields[.contentType] == "application/json")
    }
}
