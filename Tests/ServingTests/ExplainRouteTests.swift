import HTTP
import HTTPTypes
import Serving
import Testing

@Suite struct ExplainRouteTests {
    private func answer(
        _ query: [(name: String, value: String)] = [],
        fields: HTTPFields = [:],
        body: [UInt8] = [1, 2, 9, 4]
    ) throws -> Response {
        try TestService(FakeModel()).answer(.post, "/v1/explain", query: query, fields: fields, body: body)
    }

    @Test func withoutAClassItIsTheMostLikelyOne() throws {
        let response = try answer(fields: [.requestID: "a"])
        #expect(response.status == .ok)
        let text = response.text.replacing(/"timing_ms":{[^}]*}/, with: "T")
        #expect(
            text == """
                {"model":"fake","class_id":2,"label":"great white shark","score":0.03515625,\
                "map":{"rows":1,"columns":2,"values":[[9.0,0.0]],\
                "region":{"x":0.0,"y":0.0,"width":4.0,"height":7.0}},\
                "image":{"width":4,"height":7,"format":"png"},T,"batch_size":1,"precision":"int8",\
                "request_id":"a"}
                """
        )
        #expect(response.field("Server-Timing")?.contains("inference;dur=") == true)
    }

    @Test(arguments: [("3", 3), ("tench", 0), ("Great_White shark", 2), ("n2", 1), ("n4_crane", 3)])
    func classesHaveNumbersLabelsAndIdentifiers(name: String, index: Int) throws {
        let response = try answer([("class", name)])
        #expect(response.status == .ok)
        #expect(response.text.contains(#""class_id":\#(index),"#))
    }

    @Test(arguments: [
        ("4", "a number from 0 to 3"), ("-1", "a number from 0 to 3"), ("whale", #"no class \"whale\""#),
        ("", "no class"),
        ("crane", "one of the numbers 1 and 3"),
    ])
    func otherClassesAreNamed(name: String, reason: String) throws {
        let response = try answer([("class", name)])
        #expect(response.status == .badRequest)
        #expect(response.text.contains(reason), "\(response.text)")
    }

    @Test func severalPicturesGetAMapEach() throws {
        let response = try answer(
            [("class", "0")],
            fields: [.contentType: "application/json", .accept: "image/png"],
            body: Array(#"{"images_b64":["AQIDBA==","/w==","BwYFBA=="]}"#.utf8)
        )
        #expect(response.status == .ok)
        #expect(response.text.contains(#""values":[[1.0,0.0]]"#) && response.text.contains(#""values":[[7.0,0.0]]"#))
        #expect(response.text.contains(#""status":422"#))
    }

    @Test func apartFromExplanationsNobodyPays() throws {
        let response = try TestService(FakeModel()).answer(.post, "/v1/classify", body: [1])
        #expect(!response.text.contains("map"))
    }

    @Test func modelsThatCannotBeExplainedSaySo() throws {
        let service = try TestService(FakeModel(isExplainable: false))
        let response = try service.answer(.post, "/v1/explain", body: [1])
        #expect(response.status == .badRequest)
        #expect(response.text.contains("cannot be explained"))
        #expect(try service.answer(.post, "/v1/classify", body: [1]).status == .ok)
    }

    @Test(arguments: [
        ("image/png", true), ("image/png, application/json;q=0.5", true), ("image/*", true), ("image/png, */*", true),
        ("*/*", false), ("application/json", false), ("image/png;q=0.5, application/json", false),
        ("image/png;q=0", false), ("text/html", false), ("", false),
    ])
    func aPNGComesToThoseWhoAskForIt(accept: String, isPNG: Bool) throws {
        let response = try answer(fields: [.accept: accept])
        #expect(response.status == .ok)
        #expect(response.fields[.contentType] == (isPNG ? "image/png" : "application/json"))
        #expect(response.body.starts(with: [0x89, 0x50, 0x4E, 0x47]) == isPNG)
        #expect(response.field("Server-Timing")?.contains("inference;dur=") == true)
    }
}
