import HTTP
import HTTPTypes
import Serving
import Testing

@Suite struct ServiceRoutesTests {
    @Test func healthFollowsTheModelAndTheDrain() throws {
        let service = try TestService(nil)
        #expect(try service.answer(.get, "/livez").status == .ok)
        #expect(try service.answer(.get, "/livez").text == #"{"status":"live"}"#)

        service.registry.note(.loading(progress: 0.25), of: ModelIdentity(name: "fake"))
        for path in ["/readyz", "/healthz"] {
            let loading = try service.answer(.get, path)
            #expect(loading.status == .serviceUnavailable)
            #expect(loading.text == #"{"status":"loading","progress":0.25}"#)
            #expect(loading.fields[.retryAfter] != nil)
        }

        service.registry.install(ServedModel(FakeModel()))
        service.registry.finishStart()
        let ready = try service.answer(.get, "/readyz")
        #expect(ready.status == .ok)
        #expect(ready.text == #"{"status":"ready"}"#)

        service.registry.beginDrain()
        let draining = try service.answer(.get, "/readyz")
        #expect(draining.status == .serviceUnavailable)
        #expect(draining.text == #"{"status":"draining"}"#)
        #expect(try service.answer(.get, "/livez").status == .ok)
        // Draining is told to balancers; requests are still served.
        #expect(try service.answer(.post, "/v1/classify", body: [1]).status == .ok)
    }

    @Test func aStuckWorkerEndsTheLife() throws {
        let gate = Gate()
        defer { gate.open() }
        let service = try TestService(FakeModel(gate: gate), limits: { $0.stuckAfter = .milliseconds(20) })
        _ = try service.begin(.post, "/v1/classify", body: [1])
        gate.waitUntilReached()
        let deadline = ContinuousClock.now + .seconds(10)
        var live = try service.answer(.get, "/livez")
        while live.status == .ok, ContinuousClock.now < deadline { live = try service.answer(.get, "/livez") }
        #expect(live.status == .serviceUnavailable)
        #expect(live.text == #"{"status":"stuck"}"#)
        gate.open()
        service.scheduler.drain()
        #expect(try service.answer(.get, "/livez").status == .ok)
    }

    @Test func modelsAreDescribed() throws {
        let ready = try TestService(FakeModel()).answer(.get, "/v1/models")
        #expect(
            ready.text == """
                {"models":[{"name":"fake","version":1,"state":"ready","architecture":"fakenet","parameters":42,"classes":4,\
                "input":{"width":2,"height":1},"precision":"int8",\
                "precision_reason":"asked for","instruction_set":"baseline"}]}
                """
        )
        let loading = try TestService(nil).answer(.get, "/v1/models")
        #expect(loading.text == #"{"models":[{"name":"fake","version":1,"state":"loading","progress":0.0}]}"#)
    }

    @Test(arguments: ["a", "trace/7:x~!", String(repeating: "x", count: 128)])
    func aFitRequestIDIsEchoed(id: String) throws {
        let response = try ServiceAnswer.answer(.get, "/livez", fields: [.requestID: id])
        #expect(response.field("X-Request-Id") == id)
    }

    @Test(arguments: ["", "two words", "naïve", String(repeating: "x", count: 129)])
    func anUnfitRequestIDIsReplaced(id: String) throws {
        let response = try ServiceAnswer.answer(.get, "/livez", fields: [.requestID: id])
        let made = try #require(response.field("X-Request-Id"))
        #expect(made.wholeMatch(of: /[0-9a-f]{32}/) != nil)
    }

    @Test func requestIDsThatAreMadeDiffer() throws {
        let ids = try (0..<100).map { _ in try ServiceAnswer.answer(.get, "/livez").field("X-Request-Id") }
        #expect(Set(ids).count == 100)
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, "/nowhere", 404), (.post, "/livez", 405), (.post, "/v1/classify", 503),
        (.options, "/livez", 204), (.get, "/%zz", 400), (.get, "/livez", 200),
    ])
    func everyAnswerHasAnIDAndATime(method: HTTPRequest.Method, path: String, status: Int) throws {
        let response = try ServiceAnswer.answer(method, path, fields: [.requestID: "mine"])
        #expect(response.status.code == status)
        // Nothing of a head that could not be parsed is repeated.
        #expect((response.field("X-Request-Id") == "mine") == (status != 400))
        #expect(response.field("X-Request-Id")?.isEmpty == false)
        #expect(response.field("Server-Timing")?.wholeMatch(of: /total;dur=[0-9]+\.[0-9]{3}/) != nil)
    }

    @Test func theContractIsServed() throws {
        let response = try TestService(nil).answer(.get, "/openapi.yaml")
        #expect(response.status == .ok)
        #expect(response.text.hasPrefix("openapi: 3.1"))
    }
}
