import HTTP
import HTTPTypes
import Serving
import Synchronization
import Testing
import TestSupport

/// Loading and unloading while serving, with a store of folders whose files only have to be there.
@Suite struct ModelManagerTests {
    /// A service over a store; models load if their `config.json` says "good".
    private struct Fixture {
        let store: TemporaryFolder
        let service: TestService
        let loads: LoadRecord

        init(maxVersions: Int = 4, _ models: [String]) throws {
            store = try TemporaryFolder()
            for model in models { try store.write("\(model)/config.json", Array("good".utf8)) }
            var source = ModelSource(fixed: [], store: store.path)
            source.maxVersions = maxVersions
            let loads = LoadRecord()
            self.loads = loads
            service = try TestService(nil, source: source, loader: loads.load)
            let started = Promise<Bool>()
            try service.manager.start { started.fulfil($0 == nil) }
            #expect(started.wait() == true)
        }

        /// What is served: "name/version".
        var served: [String] {
            service.registry.entries.filter { $0.served != nil }.map { "\($0.identity.name)/\($0.identity.version)" }
        }

        /// Waits until everything that was asked of the manager is done.
        func settle() {
            let done = Promise<Bool>()
            service.manager.load("there is no such model") { _ in done.fulfil(true) }
            _ = done.wait()
        }

        func refresh() {
            service.manager.refresh()
            settle()
        }

        func load(_ name: String) -> Problem? {
            let done = Promise<Problem?>()
            service.manager.load(name) { done.fulfil($0) }
            return done.wait() ?? nil
        }

        func unload(_ name: String) -> Problem? {
            let done = Promise<Problem?>()
            service.manager.unload(name) { done.fulfil($0) }
            return done.wait() ?? nil
        }
    }

    /// Loads fakes, and remembers which folders.
    private final class LoadRecord: Sendable {
        private let folders = Mutex<[String]>([])

        var count: Int { folders.withLock { $0.count } }

        struct Broken: Error, CustomStringConvertible {
            var description: String { "the weights are cut short" }
        }

        @Sendable func load(_ folder: String, _ progress: (Double) -> Void) throws -> any ImageModel {
            folders.withLock { $0.append(folder) }
            progress(0.5)
            guard try TemporaryFolder.text(at: "\(folder)/config.json") == "good" else { throw Broken() }
            return FakeModel(name: folder)
        }
    }

    @Test func theStoresNewestVersionsAreServed() throws {
        let fixture = try Fixture(maxVersions: 2, ["b", "a/1", "a/10", "a/9", "a/x", "a/02", ".hidden/1", "c d/1"])
        #expect(fixture.served == ["a/10", "a/9", "b/1"])
        #expect(try fixture.service.registry.model(named: "a").identity.version == 10)
        #expect(try fixture.service.registry.model(named: "a", version: 9).identity.version == 9)
        #expect(fixture.service.registry.readiness == .ready)
    }

    @Test func aRefreshLoadsWhatIsNewOrChangedAndUnloadsWhatIsGone() throws {
        let fixture = try Fixture(["a/1", "b/1"])
        fixture.refresh()
        #expect(fixture.loads.count == 2)
        try fixture.store.write("a/2/config.json", Array("good".utf8))
        try fixture.store.write("a/1/labels.txt", Array("new".utf8))
        try fixture.store.remove("b")
        let before = try fixture.service.registry.model(named: "a", version: 1).lane
        fixture.refresh()
        #expect(fixture.served == ["a/2", "a/1"])
        #expect(try fixture.service.registry.model(named: "a", version: 1).lane > before)
        #expect(fixture.loads.count == 4)
        #expect(throws: Problem.self) { try fixture.service.registry.model(named: "b") }
    }

    @Test func aBrokenModelLeavesTheOldOneServingAndSaysWhy() throws {
        let fixture = try Fixture(["a/1"])
        let before = try fixture.service.registry.model(named: "a").lane
        try fixture.store.write("a/1/config.json", Array("bad".utf8))
        try fixture.store.write("a/2/config.json", Array("bad".utf8))
        let problem = try #require(fixture.load("a"))
        #expect(problem.status == .unprocessableContent)
        #expect(problem.detail.contains("the weights are cut short"))
        #expect(try fixture.service.registry.model(named: "a").lane == before)
        let models = try fixture.service.answer(.get, "/v1/models").text
        #expect(models.contains(#""version":2,"state":"failed","reason":"the weights are cut short"}"#))
        #expect(models.contains(#""version":1,"state":"ready","reason":"the weights are cut short","#))
        #expect(fixture.service.registry.readiness == .ready)
        let index = try fixture.service.answer(.post, "/v2/repository/index").text
        #expect(
            index.contains(#"{"name":"a","version":"2","state":"UNAVAILABLE","reason":"the weights are cut short"}"#)
        )
    }

    @Test func whatWasUnloadedStaysSoUntilItIsLoaded() throws {
        let fixture = try Fixture(["a/1", "b/1"])
        #expect(fixture.unload("a") == nil)
        try fixture.store.write("a/1/labels.txt", Array("new".utf8))
        fixture.refresh()
        #expect(fixture.served == ["b/1"])
        let refused = try fixture.service.answer(.post, "/v1/classify", query: [("model", "a")], body: [1])
        #expect(refused.status == .notFound)
        // Who names no model gets the first one that is there.
        #expect(try fixture.service.answer(.post, "/v1/classify", body: [1]).text.hasPrefix(#"{"model":"b","#))
        #expect(fixture.load("a") == nil)
        #expect(fixture.served == ["a/1", "b/1"])
    }

    @Test func whatIsOnItsWayFinishesOnTheOldWeights() throws {
        let gate = Gate()
        let old = FakeModel(gate: gate)
        let service = try TestService(old)
        let first = try service.begin(.post, "/v1/classify", body: [1])
        gate.waitUntilReached()
        let second = try service.begin(.post, "/v1/classify", body: [2])
        let new = FakeModel()
        service.registry.install(ServedModel(new, lane: 7))
        let third = try service.begin(.post, "/v1/classify", body: [3])
        gate.open()
        for answer in [first.answer, second.answer, third.answer] { #expect(answer.wait()?.status == .ok) }
        service.scheduler.drain()
        #expect(old.recordedRuns.map(\.batch) == [[1], [2]])
        #expect(new.recordedRuns.map(\.batch) == [[3]])
    }

    @Test func anUnloadedModelIsFreed() throws {
        let store = try TemporaryFolder()
        try store.write("a/1/config.json", Array("good".utf8))
        let models = Mutex<WeakModel>(WeakModel())
        let service = try TestService(
            nil,
            source: ModelSource(fixed: [], store: store.path),
            loader: { _, _ in
                let model = FakeModel()
                models.withLock { $0.model = model }
                return model
            }
        )
        let done = Promise<Bool>()
        try service.manager.start { _ in done.fulfil(true) }
        _ = done.wait()
        #expect(try service.answer(.post, "/v1/classify", body: [1]).status == .ok)
        #expect(models.withLock { $0.model != nil })
        let unloaded = Promise<Bool>()
        service.manager.unload("a") { _ in unloaded.fulfil(true) }
        _ = unloaded.wait()
        service.scheduler.drain()
        #expect(models.withLock { $0.model == nil })
    }

    private struct WeakModel {
        weak var model: FakeModel?
    }

    @Test(arguments: ["nope", "..", "../a", "a/1", ""])
    func onlyEntriesOfTheStoreAreLoaded(name: String) throws {
        let fixture = try Fixture(["a/1"])
        #expect(fixture.load(name)?.status == .notFound)
        #expect(fixture.unload(name)?.status == .notFound)
        #expect(fixture.loads.count == 1)
    }

    @Test func clientsMayNotLoadUnlessTheyAreAllowedTo() throws {
        let service = try TestService(FakeModel())
        for path in ["/v2/repository/models/{model}/load", "/v2/repository/models/{model}/unload"] {
            let response = try service.answer(.post, path)
            #expect(response.status == .forbidden)
            #expect(response.text.contains("--model-control"))
        }
    }
}
