import HTTP
import HTTPTypes
import Synchronization
import Testing

@Suite struct ExchangeTests {
    private final class Log: Sendable {
        private let entries = Mutex<[String]>([])
        var all: [String] { entries.withLock { $0 } }
        func add(_ entry: String) { entries.withLock { $0.append(entry) } }
    }

    private let log = Log()

    private func exchange() -> Exchange {
        Exchange(request: Request(method: .get, path: "/")) { [log] in
            log.add(String(decoding: $0.body, as: UTF8.self))
        }
    }

    @Test func theRoutesLastTouchIsOnTheHandlersAnswer() {
        let route = Route(.get, "/") { $0.respond(.text($0.request.path)) }
            .finished { response, request in response.body += Array(" to \(request.method)".utf8) }
        _ = route.serve(Request(method: .get, path: "/")) { [log] in log.add(String(decoding: $0.body, as: UTF8.self)) }
        #expect(log.all == ["/ to GET"])
    }

    @Test func onlyTheFirstAnswerCounts() {
        let exchange = exchange()
        exchange.respond(.text("1"))
        exchange.respond(.text("2"))
        exchange.disconnect()
        #expect(log.all == ["1"])
    }

    @Test func tellsOfADisconnectOnce() {
        let exchange = exchange()
        exchange.onDisconnect { [log] in log.add("gone") }
        exchange.disconnect()
        exchange.disconnect()
        exchange.respond(.text("late"))
        #expect(log.all == ["gone"])
    }

    @Test func tellsOfAnEarlierDisconnectAtOnce() {
        let exchange = exchange()
        exchange.disconnect()
        exchange.onDisconnect { [log] in log.add("gone") }
        #expect(log.all == ["gone"])
    }

    @Test func tellsNothingAfterTheAnswer() {
        let exchange = exchange()
        exchange.onDisconnect { [log] in log.add("gone") }
        exchange.respond(.text("1"))
        exchange.disconnect()
        #expect(log.all == ["1"])
    }

    @Test func aHandlerThatLetsGoHasFailed() {
        var exchange: Exchange? = exchange()
        #expect(exchange != nil)
        exchange = nil
        #expect(log.all.count == 1)
        #expect(log.all.first?.contains("500") == true)
    }
}
