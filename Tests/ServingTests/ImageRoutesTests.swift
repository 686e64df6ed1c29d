import HTTP
import HTTPTypes
import Imaging
import Serving
import Testing

@Suite struct ImageRoutesTests {
    /// The text with every time replaced, so that whole answers can be compared.
    private func withoutTimes(_ text: String) -> String {
        text.replacing(/[0-9]+\.[0-9]{3}\b/, with: "T")
    }

    @Test func classifyAnswersTheMostLikelyClassesInOrder() throws {
        let service = try TestService(FakeModel())
        let response = try service.answer(
            .post,
            "/v1/classify",
            query: [("top_k", "2")],
            fields: [.contentType: "image/jpeg", .requestID: "abc-1"],
            body: [3, 128, 64, 0]
        )
        #expect(response.status == .ok)
        #expect(response.fields[.contentType] == "application/json")
        #expect(
            withoutTimes(response.text) == """
                {"model":"fake","predictions":[{"class_id":1,"label":"class \\"1\\"","score":0.5},\
                {"class_id":2,"label":"class \\"2\\"","score":0.25}],\
                "image":{"width":4,"height":7,"format":"png"},\
                "timing_ms":{"receive":T,"decode":T,"queue":T,"inference":T,"total":T},\
                "batch_size":1,"precision":"int8","request_id":"abc-1"}
                """
        )
        #expect(response.text.contains(#""receive":1.500"#))
        #expect(
            response.field("Server-Timing").map(withoutTimes)
                == "receive;dur=T, decode;dur=T, queue;dur=T, inference;dur=T, total;dur=T"
        )
    }

    @Test func embedAnswersTheFeatures() throws {
        let response = try TestService(FakeModel()).answer(.post, "/v1/embed", body: [3, 5, 0, 0])
        #expect(response.status == .ok)
        #expect(response.text.hasPrefix(#"{"model":"fake","embedding":[1.5,2.5,0.0,0.0],"image":{"width":4,"#))
    }

    /// Told from the head alone.
    @Test func modelsWithoutClassifierOnlyEmbed() throws {
        let service = try TestService(FakeModel(classCount: 0))
        let classes = try service.answer(.post, "/v1/classify", body: [3, 5, 0, 0])
        #expect(classes.status == .badRequest)
        #expect(classes.field("Content-Type") == "application/problem+json")
        #expect(classes.text.contains("has no classifier") && classes.text.contains("POST /v1/embed"))
        let embedding = try service.answer(.post, "/v1/embed", body: [3, 5, 0, 0])
        #expect(embedding.status == .ok)
        #expect(embedding.text.contains(#""embedding":[1.5,2.5,0.0,0.0]"#))
    }

    @Test(arguments: [nil, "image/png", "application/octet-stream", "application/x-www-form-urlencoded", "nonsense"])
    func anyOtherContentTypeIsAPicture(type: String?) throws {
        var fields = HTTPFields()
        fields[.contentType] = type
        let response = try TestService(FakeModel()).answer(.post, "/v1/classify", fields: fields, body: [1])
        #expect(response.status == .ok)
    }

    @Test(arguments: ["0", "-1", "5", "1.0", "x", "", "99999999999999999999"])
    func impossibleCountsAreNamed(count: String) throws {
        let response = try TestService(FakeModel()).answer(
            .post,
            "/v1/classify",
            query: [("top_k", count)],
            body: [1]
        )
        #expect(response.status == .badRequest)
        #expect(response.text.contains("top_k must be a whole number from 1 to 4"))
    }

    @Test func aModelIsChosenByName() throws {
        let service = try TestService(FakeModel())
        let known = try service.answer(.post, "/v1/classify", query: [("model", "fake")], body: [1])
        #expect(known.status == .ok)
        let unknown = try service.answer(.post, "/v1/classify", query: [("model", "other")], body: [1])
        #expect(unknown.status == .notFound)
        #expect(unknown.text.contains("Loaded: fake"))
    }

    @Test(arguments: [
        (ImageError.empty, 400),
        (.unsupported(format: "WebP"), 415),
        (.unsupported(format: nil), 415),
        (.corrupt(format: .png, reason: "bad checksum"), 422),
        (.zeroSized, 422),
        (.tooManyPixels(width: 9000, height: 9000, limit: 64_000_000), 413),
        (.tooMuchMemory(needed: 2, limit: 1), 413),
    ])
    func imageErrorsHaveTheirStatus(error: ImageError, status: Int) throws {
        let service = try TestService(FakeModel(imageError: error))
        let response = try service.answer(.post, "/v1/classify", body: [FakeModel.corruptByte])
        #expect(response.status.code == status)
        #expect(response.fields[.contentType] == "application/problem+json")
        #expect(response.text.contains(#""status":\#(status)"#))
    }

    @Test func anEmptyBodyIsNoImage() throws {
        #expect(try TestService(FakeModel()).answer(.post, "/v1/classify").status == .badRequest)
    }

    @Test func whileTheModelLoadsRequestsAreSentAway() throws {
        let service = try TestService(nil)
        let response = try service.answer(.post, "/v1/classify", body: [1])
        #expect(response.status == .serviceUnavailable)
        #expect(response.fields[.retryAfter] == "1")
        let metrics = try service.answer(.get, "/metrics").text
        #expect(metrics.contains("effnet_rejected_total{reason=\"not_ready\"} 1\n"))
    }

    @Test func aFullQueueSendsRequestsAway() throws {
        let gate = Gate()
        var limits = BatcherLimits()
        limits.maxQueue = 0
        let service = try TestService(FakeModel(gate: gate), batching: limits)
        let first = try service.begin(.post, "/v1/classify", body: [1])
        gate.waitUntilReached()
        let refused = try service.answer(.post, "/v1/classify", body: [2])
        #expect(refused.status == .serviceUnavailable)
        #expect(refused.fields[.retryAfter] == "1")
        gate.open()
        #expect(try #require(first.answer.wait()).status == .ok)
    }

    @Test func anEngineErrorIsOurs() throws {
        let service = try TestService(FakeModel(engineError: Refusal.queueFull))
        #expect(try service.answer(.post, "/v1/classify", body: [1]).status == .internalServerError)
    }

    @Test func noInferenceIsSpentOnClientsThatHaveGone() throws {
        let gate = Gate()
        let model = FakeModel(gate: gate)
        let service = try TestService(model)
        let first = try service.begin(.post, "/v1/classify", body: [1])
        gate.waitUntilReached()
        let second = try service.begin(.post, "/v1/classify", body: [2])
        second.exchange.disconnect()
        gate.open()
        #expect(try #require(first.answer.wait()).status == .ok)
        service.scheduler.drain()
        #expect(model.recordedRuns.map(\.batch) == [[1]])
        #expect(second.answer.count == 0)
        #expect(try service.answer(.get, "/metrics").text.contains("effnet_cancelled_total 1\n"))
    }

    @Test func scoresThatAreNoNumbersDoNotBreakTheJSON() {
        #expect(
            JSONValue.array([.number(.nan), .number(-.infinity), .number(0.1)]).bytes == Array("[null,null,0.1]".utf8)
        )
    }
}

extension HTTPField.Name {
    /// The field that names a request.
    static var requestID: HTTPField.Name {
        guard let name = HTTPField.Name("X-Request-Id") else { preconditionFailure("no field name") }
        return name
    }
}
