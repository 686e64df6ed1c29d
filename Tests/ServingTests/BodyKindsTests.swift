import HTTP
import HTTPTypes
import Imaging
import Serving
import Testing

/// The plain API's bodies: forms, JSON, several pictures, content codings and deadlines.
@Suite struct BodyKindsTests {
    private func post(
        _ body: String,
        type: String,
        fields: HTTPFields = [:],
        service: TestService? = nil
    ) throws -> Response {
        var fields = fields
        fields[.contentType] = type
        let service = try service ?? TestService(FakeModel())
        return try service.answer(.post, "/v1/embed", fields: fields, body: Array(body.utf8))
    }

    private func part(_ content: String, _ fields: String = "name=i; filename=f") -> String {
        "--x\r\nContent-Disposition: form-data; \(fields)\r\n\r\n\(content)\r\n"
    }

    private let form = "multipart/form-data; boundary=x"

    @Test func aFormWithOneFileAnswersLikeThePictureItself() throws {
        let answer = try post(part("no", "name=field") + part("ab") + "--x--", type: form)
        #expect(answer.status == .ok)
        #expect(answer.text.hasPrefix(#"{"model":"fake","embedding":[48.5,49.0,0.0,0.0],"image":{"width":2,"#))
    }

    @Test func aFormWithFilesAnswersAListInTheirOrder() throws {
        let answer = try post(part("b") + part("") + part("a") + "--x--", type: form)
        #expect(answer.status == .ok)
        #expect(answer.text.hasPrefix(#"{"model":"fake","results":[{"embedding":[49.0,"#))
        let results = answer.text.split(separator: "},{")
        #expect(results.count == 3)
        #expect(results[1] == #""error":"There are no bytes; send the bytes of a JPEG or PNG picture.","status":400"#)
        #expect(results[2].hasPrefix(#""embedding":[48.5,"#))
        #expect(answer.field("Server-Timing")?.contains("inference;dur=") == true)
    }

    @Test(arguments: ["--x--", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nz\r\n--x--"])
    func aFormWithoutFilesIsRefused(body: String) throws {
        #expect(try post(body, type: form).status == .badRequest)
    }

    @Test func tooManyFilesAreRefused() throws {
        #expect(try post(String(repeating: part("a"), count: 5) + "--x--", type: form).status == .contentTooLarge)
    }

    @Test func base64IsRead() throws {
        let one = try post(#"{"x":[{}],"image_b64":"YWI="}"#, type: "application/json; charset=utf-8")
        #expect(one.text.hasPrefix(#"{"model":"fake","embedding":[48.5,49.0,"#))
        let several = try post(#"{"images_b64":["YWI=","Yg=="]}"#, type: "Application/JSON")
        #expect(several.text.hasPrefix(#"{"model":"fake","results":[{"embedding":[48.5,49.0,"#))
        #expect(several.text.contains(#"{"embedding":[49.0,0.0,"#))
        let list = try post(#"{"images_b64":["YWI="]}"#, type: "application/json")
        #expect(list.text.hasPrefix(#"{"model":"fake","results":[{"#))
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"image_b64":1}"#, #"{"image_b64":"*"}"#, #"{"images_b64":[]}"#, #"{"images_b64":"YWI="}"#,
        #"{"image_b64":"YWI=","images_b64":["YWI="]}"#, #"{"image_b64":"YWI="} x"#, #"{"image_b64":"YWI=","#,
    ])
    func otherJSONIsRefused(body: String) throws {
        let answer = try post(body, type: "application/json")
        #expect(answer.status == .badRequest)
        #expect(answer.fields[.contentType] == "application/problem+json")
    }

    @Test func tooManyImagesAreRefused() throws {
        let list = Array(repeating: "\"YWI=\"", count: 5).joined(separator: ",")
        #expect(try post("{\"images_b64\":[\(list)]}", type: "application/json").status == .contentTooLarge)
    }

    @Test(arguments: ContentCoding.allCases)
    func bodiesMayBeCompressed(coding: ContentCoding) throws {
        let service = try TestService(FakeModel())
        let body = try #require(coding.encode([3, 5]))
        let answer = try service.answer(
            .post,
            "/v1/embed",
            fields: [.contentEncoding: coding.rawValue],
            body: body
        )
        #expect(answer.text.hasPrefix(#"{"model":"fake","embedding":[1.5,2.5,"#))
        let large = try #require(coding.encode([UInt8](repeating: 0, count: 10_001)))
        let refused = try service.answer(
            .post,
            "/v1/embed",
            fields: [.contentEncoding: coding.rawValue],
            body: large
        )
        #expect(refused.status == .contentTooLarge)
    }

    @Test(arguments: ["/openapi.yaml", "/metrics"])
    func largeAnswersAreCompressedForWhoWantsIt(path: String) throws {
        let service = try TestService(FakeModel())
        let plain = try service.answer(.get, path)
        #expect(plain.fields[.contentEncoding] == nil)
        #expect(plain.fields[.vary] == "Accept-Encoding")
        let coded = try service.answer(.get, path, fields: [.acceptEncoding: "deflate, gzip;q=0.1"])
        #expect(coded.fields[.contentEncoding] == "deflate")
        let decoded = try ContentCoding.decode(coded.body, codings: "deflate", limit: 1 << 20)
        #expect(decoded.count > 3 * coded.body.count)
        #expect(decoded.starts(with: plain.body.prefix(10)))
    }

    @Test func smallAnswersStay() throws {
        let answer = try TestService(FakeModel()).answer(.get, "/livez", fields: [.acceptEncoding: "gzip"])
        #expect(answer.fields[.contentEncoding] == nil)
        #expect(answer.fields[.vary] == nil)
    }

    @Test(arguments: ["0", "-1", "x", "", "86400001"])
    func impossibleTimeoutsAreNamed(value: String) throws {
        let answer = try post("a", type: "image/png", fields: [.requestTimeout: value])
        #expect(answer.status == .badRequest)
        #expect(answer.text.contains("X-Request-Timeout-Ms"))
    }

    @Test func whatCannotBeAnsweredInTimeIsRefusedBeforeAnyWork() throws {
        let model = FakeModel()
        let service = try TestService(model)
        let served = ServedModel(model)
        service.scheduler.learn(
            CostModel.Measurement(
                lane: try #require(served.lanes.first),
                images: 1,
                threads: 1,
                decode: .milliseconds(5),
                inference: .milliseconds(100)
            )
        )
        let late = try post("a", type: "image/png", fields: [.requestTimeout: "50"], service: service)
        #expect(late.status == .serviceUnavailable)
        #expect(late.fields[.retryAfter] == "1")
        #expect(model.recordedRuns == [])
        #expect(try service.answer(.get, "/metrics").text.contains("effnet_rejected_total{reason=\"deadline\"} 1\n"))
        let early = try post("a", type: "image/png", fields: [.requestTimeout: "5000"], service: service)
        #expect(early.status == .ok)
    }

    @Test func costsAndTimesAreShown() throws {
        let service = try TestService(FakeModel())
        _ = try service.answer(.post, "/v1/embed", body: [1])
        _ = try service.answer(.post, "/v1/embed", body: [])
        service.scheduler.drain()
        let models = try service.answer(.get, "/v1/models").text
        #expect(
            models.contains(
                /"cost":{"decode_ms":\d.*"inference_by_threads":{"1":{"image_ms":.*"batch_that_pays":8,"threads_that_pay":1}/
            )
        )
        let stats = try service.answer(.get, "/v1/stats").text
        #expect(stats.contains(#""requests":1,"failures":1,"pictures":1,"#))
        #expect(stats.contains(#""receive":{"p50":1.504,"p90":1.504,"p99":1.504}"#))
        #expect(stats.contains(#""batch_sizes":{"1":1}"#))
        #expect(stats.contains(/"resident_bytes":\d{6}/))
    }
}

extension HTTPField.Name {
    static var requestTimeout: HTTPField.Name {
        guard let name = HTTPField.Name("X-Request-Timeout-Ms") else { preconditionFailure("no field name") }
        return name
    }
}
