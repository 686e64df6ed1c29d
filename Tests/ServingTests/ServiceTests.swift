import Classification
import Dispatch
import Glibc
import HTTP
import HTTPTypes
import Logging
import Serving
import Testing
import TestSupport

/// The life of a service with a real server on loopback and a fake model.
@Suite struct ServiceTests {
    private let log = Logger(label: "none") { _ in SwiftLogNoOpLogHandler() }

    private let source = ModelSource(fixed: [ModelPlace(ModelIdentity(name: "fake"), folder: "/nonexistent")])

    private func configuration(_ change: (inout ServiceConfiguration) -> Void = { _ in }) -> ServiceConfiguration {
        var configuration = ServiceConfiguration()
        configuration.server.host = "127.0.0.1"
        configuration.server.port = 0
        change(&configuration)
        return configuration
    }

    private func answer(_ service: Service, _ path: String) throws -> Response {
        let answer = Promise<Response>()
        let route = try #require(service.routes.first { $0.pattern == path })
        _ = route.serve(Request(method: .get, path: path)) { answer.fulfil($0) }
        return try #require(answer.wait())
    }

    private func status(_ service: Service, _ path: String) throws -> Int {
        try answer(service, path).status.code
    }

    /// Looks again and again until something is so; whether it came to that.
    private func becomesTrue(_ condition: () throws -> Bool) rethrows -> Bool {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            if try condition() { return true }
            // The service needs a thread of the pool that runs this test.
            usleep(2000)
        }
        return false
    }

    private func waitForModels(_ service: Service, _ text: String) throws {
        #expect(try becomesTrue { try answer(service, "/v1/models").text.contains(text) })
    }

    private func waitUntilReady(_ service: Service) throws {
        #expect(try becomesTrue { try status(service, "/readyz") == 200 })
    }

    @Test func itIsLiveBeforeItIsReadyAndDrainsWhenAsked() throws {
        let gate = Gate()
        let service = try Service(configuration: configuration(), source: source, log: log) { _, progress in
            progress(0.5)
            gate.pass()
            return FakeModel()
        }
        let events = LifecycleEvents()
        let ports = Promise<UInt16>()
        let ended = Promise<Service.Outcome?>()
        DispatchQueue.global().async { ended.fulfil(try? service.run(events: events) { ports.fulfil($0) }) }

        #expect(try #require(ports.wait()) > 0)
        gate.waitUntilReached()
        #expect(try status(service, "/livez") == 200)
        #expect(try status(service, "/readyz") == 503)
        gate.open()
        try waitUntilReady(service)
        events.post(.stopRequested)
        #expect(try #require(ended.wait()) == .drained)
        #expect(try status(service, "/readyz") == 503)
    }

    @Test func aStopWhileTheModelLoadsEndsIt() throws {
        let gate = Gate()
        defer { gate.open() }
        let service = try Service(configuration: configuration(), source: source, log: log) { _, _ in
            gate.pass()
            return FakeModel()
        }
        let events = LifecycleEvents()
        events.post(.stopRequested)
        #expect(try service.run(events: events) { _ in } == .drained)
    }

    /// By SIGHUP, or by looking again and again: new versions are loaded, missing ones unloaded, and a broken one leaves
    /// the old one serving and says why.
    @Test(arguments: [nil, Duration.milliseconds(20)])
    func theStoreIsLookedAtAgain(poll: Duration?) throws {
        struct Broken: Error, CustomStringConvertible {
            var description: String { "the weights are cut short" }
        }
        let store = try TemporaryFolder()
        try store.write("a/1/config.json", "good")
        let service = try Service(
            configuration: configuration { $0.modelPoll = poll },
            source: ModelSource(fixed: [], store: store.path),
            log: log
        ) { folder, _ in
            guard try TemporaryFolder.text(at: "\(folder)/config.json") == "good" else { throw Broken() }
            return FakeModel(name: folder)
        }
        let events = LifecycleEvents()
        let ended = Promise<Service.Outcome?>()
        DispatchQueue.global().async { ended.fulfil(try? service.run(events: events) { _ in }) }
        func reload() {
            if poll == nil { events.post(.reloadRequested) }
        }
        try waitUntilReady(service)

        try store.write("a/2/config.json", "good")
        reload()
        try waitForModels(service, #"[{"name":"a","version":2,"state":"ready""#)
        try store.write("a/2/config.json", "no more")
        reload()
        try waitForModels(service, #""version":2,"state":"ready","reason":"the weights are cut short""#)
        #expect(try status(service, "/readyz") == 200)
        try store.remove("a/1")
        reload()
        #expect(try becomesTrue { !(try answer(service, "/v1/models").text.contains(#""version":1"#)) })
        events.post(.stopRequested)
        #expect(try #require(ended.wait()) == .drained)
    }

    @Test func aSecondStopCutsTheDrainShort() throws {
        let service = try Service(
            configuration: configuration { $0.drainDelay = .seconds(60) },
            source: source,
            log: log
        ) { _, _ in FakeModel() }
        let events = LifecycleEvents()
        events.post(.stopRequested)
        events.post(.stopRequested)
        #expect(try service.run(events: events) { _ in } == .cutShort)
    }

    @Test func theDrainTimeoutCutsTheDrainShort() throws {
        let gate = Gate()
        defer { gate.open() }
        let service = try Service(
            configuration: configuration { $0.drainTimeout = .milliseconds(100) },
            source: source,
            log: log
        ) { _, _ in FakeModel(gate: gate) }
        let events = LifecycleEvents()
        let ended = Promise<Service.Outcome?>()
        DispatchQueue.global().async { ended.fulfil(try? service.run(events: events) { _ in }) }
        try waitUntilReady(service)
        let route = try #require(service.routes.first { $0.pattern == "/v1/classify" })
        _ = route.serve(Request(method: .post, path: "/v1/classify", body: [1])) { _ in }
        gate.waitUntilReached()
        events.post(.stopRequested)
        #expect(try #require(ended.wait()) == .cutShort)
    }

    @Test func aModelThatCannotBeLoadedEndsIt() throws {
        let service = try Service(configuration: configuration(), source: source, log: log) { _, _ in
            throw Refusal.queueFull
        }
        let failure = #expect(throws: ServiceFailure.self) {
            try service.run(events: LifecycleEvents()) { _ in }
        }
        guard case .loading(let reason) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(reason.reason as? Refusal == .queueFull)
        #expect(reason.folder == "/nonexistent")
    }

    @Test func anAddressThatIsNoAddressEndsIt() throws {
        let service = try Service(
            configuration: configuration { $0.server.host = "nowhere" },
            source: source,
            log: log
        ) { _, _ in FakeModel() }
        let failure = #expect(throws: ServiceFailure.self) {
            try service.run(events: LifecycleEvents()) { _ in }
        }
        guard case .listening = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }
}
