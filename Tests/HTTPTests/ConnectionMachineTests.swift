import HTTP
import HTTPTypes
import Testing

/// The connection's decisions, with a clock that the tests move.
@Suite struct ConnectionMachineTests {
    static let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

    static func post(_ path: String = "/echo", length: Int, fields: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\(fields)\r\n"
    }

    // MARK: Expectations

    @Test func asksForTheBodyThatItWants() throws {
        let driver = try MachineDriver()
        driver.receive(Self.post(length: 3, fields: "Expect: 100-continue\r\n"))
        #expect(driver.statuses == [100])
        driver.receive("abc")
        #expect(driver.statuses == [100, 200])
        #expect(driver.handled.map(\.body) == [Array("abc".utf8)])
    }

    @Test(arguments: ["/none", "/small", "/guarded"])
    func asksForNoBodyThatItRefuses(_ path: String) throws {
        let driver = try MachineDriver()
        driver.receive(Self.post(path, length: 9, fields: "Expect: 100-continue\r\n"))
        #expect(!driver.statuses.contains(100))
        #expect(driver.statuses.count == 1)
        #expect(driver.hasEnded)
    }

    // MARK: Pipelining and back-pressure

    @Test func handlesOneRequestAtATime() throws {
        let driver = try MachineDriver()
        driver.answersAtOnce = false
        driver.receive(Self.get + "GET /items/x HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(driver.handled.map(\.path) == ["/hello"])
        driver.answer(.text("1"))
        #expect(driver.handled.map(\.path) == ["/hello", "/items/x"])
        driver.answer(.text("2"))
        #expect(driver.answers()?.map(\.body) == ["1", "2"])
    }

    /// Answers that were reported as sent, to go with the next one, may find the socket full.
    @Test func endsNotBeforeAllOutputIsTaken() throws {
        let driver = try MachineDriver()
        driver.receive(Self.get)
        driver.outputWaits()
        driver.receiveEnd()
        #expect(!driver.isClosed)
        driver.writeOutput()
        #expect(driver.isClosed)
    }

    @Test func outputWaitsBesideLaterAnswers() throws {
        let driver = try MachineDriver()
        driver.receive(Self.get)
        driver.outputWaits()
        driver.receive(Self.get)
        driver.receiveEnd()
        #expect(!driver.isClosed)
        driver.writeOutput()
        #expect(driver.isClosed)
    }

    @Test func endsWhenWaitingOutputIsNotTaken() throws {
        let driver = try MachineDriver {
            $0.writeTimeout = .seconds(3)
            $0.keepAliveTimeout = .seconds(1)
        }
        driver.receive(Self.get)
        driver.outputWaits()
        driver.advance(by: .seconds(2))
        #expect(!driver.isClosed)
        driver.advance(by: .seconds(1))
        #expect(driver.isClosed)
    }

    @Test func boundsWhatIsSentAhead() throws {
        let driver = try MachineDriver { $0.maxPipelinedBytes = 100 }
        driver.answersAtOnce = false
        driver.receive(Self.get)
        #expect(driver.inputAllowance == 100)
        driver.receive(String(repeating: "x", count: 60))
        #expect(driver.inputAllowance == 40)
        driver.receive(String(repeating: "x", count: 40))
        #expect(driver.inputAllowance == 0)
    }

    @Test func waitsForTheClientToTakeAnAnswer() throws {
        let driver = try MachineDriver()
        driver.canWrite = false
        driver.receive(Self.get + Self.get)
        #expect(driver.handled.count == 1)
        driver.sendAnswers()
        #expect(driver.handled.count == 2)
    }

    @Test func reusesNothingOfAnEarlierRequest() throws {
        let driver = try MachineDriver()
        driver.receive(Self.post(length: 3, fields: "X-A: 1\r\n") + "abc")
        driver.receive(Self.post(length: 2) + "de")
        #expect(driver.handled.map(\.body) == [Array("abc".utf8), Array("de".utf8)])
        #expect(driver.handled.last?.fields.count == 2)
    }

    // MARK: Ends

    @Test func answersAClientThatEndedItsSide() throws {
        let driver = try MachineDriver()
        driver.answersAtOnce = false
        driver.receive(Self.get)
        driver.receiveEnd()
        #expect(!driver.isClosed)
        driver.answer(.text("late"))
        #expect(driver.answers()?.map(\.fields["connection"]) == ["close"])
        #expect(driver.isClosed)
    }

    @Test func answersAllThatWasSentBeforeTheEnd() throws {
        let driver = try MachineDriver()
        driver.answersAtOnce = false
        driver.receive(Self.get + Self.get)
        driver.receiveEnd()
        driver.answer(.text("1"))
        driver.answer(.text("2"))
        #expect(driver.answers()?.map(\.fields["connection"]) == [nil, "close"])
        #expect(driver.isClosed)
    }

    @Test(arguments: ["", "GET /hel", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab"])
    func closesSilentlyWhenARequestIsCutOff(_ text: String) throws {
        let driver = try MachineDriver()
        driver.receive(text)
        driver.receiveEnd()
        #expect(driver.isClosed)
        #expect(driver.output.isEmpty)
    }

    @Test func probesAClientThatEndedItsSideOnlyAfterAWhile() throws {
        let driver = try MachineDriver()
        driver.answersAtOnce = false
        driver.receive(Self.get)
        driver.receiveEnd()
        driver.advance(by: .milliseconds(200))
        #expect(driver.output.isEmpty)
        driver.advance(by: .milliseconds(100))
        #expect(driver.statuses == [100])
        driver.advance(by: .milliseconds(300))
        #expect(driver.peerChecks == 1)
        driver.peerVanishes()
        #expect(driver.isClosed)
        driver.answer(.text("too late"))
        #expect(driver.statuses == [100])
    }

    @Test func sendsNoInterimAnswerToHTTP10() throws {
        let driver = try MachineDriver()
        driver.answersAtOnce = false
        driver.receive("GET /hello HTTP/1.0\r\n\r\n")
        driver.receiveEnd()
        driver.advance(by: .seconds(1))
        #expect(driver.output.isEmpty)
        #expect(driver.peerChecks == 1)
    }

    @Test func aHandlerMayEndTheConnection() throws {
        let driver = try MachineDriver()
        driver.answersAtOnce = false
        driver.receive(Self.get)
        driver.answer(Response(status: .ok, fields: [.connection: "close"]))
        #expect(driver.answers()?.map(\.fields["connection"]) == ["close"])
        #expect(driver.hasEnded)
    }

    @Test func tellsHTTP10ThatItLivesOn() throws {
        let driver = try MachineDriver()
        driver.receive("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(driver.answers()?.map(\.fields["connection"]) == ["keep-alive"])
        #expect(!driver.hasEnded)
    }

    // MARK: Deadlines

    @Test func closesAnIdleConnectionSilently() throws {
        let driver = try MachineDriver { $0.keepAliveTimeout = .seconds(60) }
        driver.receive(Self.get)
        driver.advance(by: .seconds(59))
        #expect(!driver.isClosed)
        driver.advance(by: .seconds(1))
        #expect(driver.isClosed)
        #expect(driver.statuses == [200])
    }

    @Test func cutsAHeadThatDrips() throws {
        let driver = try MachineDriver { $0.headTimeout = .seconds(10) }
        driver.advance(by: .seconds(30))
        for byte in Self.get.prefix(9) {
            driver.receive(String(byte))
            driver.advance(by: .seconds(1))
        }
        #expect(driver.statuses.isEmpty)
        driver.advance(by: .seconds(1))
        #expect(driver.statuses == [408])
        #expect(driver.hasEnded)
    }

    @Test func cutsABodyThatStops() throws {
        let driver = try MachineDriver { $0.bodyIdleTimeout = .seconds(30) }
        driver.receive(Self.post(length: 100_000) + String(repeating: "x", count: 50_000))
        driver.advance(by: .seconds(29))
        #expect(driver.statuses.isEmpty)
        driver.advance(by: .seconds(1))
        #expect(driver.statuses == [408])
    }

    @Test(arguments: [(bytesASecond: 100, isServed: true), (bytesASecond: 2, isServed: false)])
    func servesASlowBodyThatKeepsTheRate(bytesASecond: Int, isServed: Bool) throws {
        let driver = try MachineDriver {
            $0.bodyIdleTimeout = .seconds(30)
            $0.minBodyRate = 50
        }
        let length = bytesASecond * 60
        driver.receive(Self.post(length: length))
        for _ in 0..<60 {
            driver.receive(String(repeating: "x", count: bytesASecond))
            driver.advance(by: .seconds(1))
        }
        #expect(driver.statuses == [isServed ? 200 : 408])
    }

    @Test func cutsAClientThatTakesNothing() throws {
        let driver = try MachineDriver { $0.writeTimeout = .seconds(30) }
        driver.canWrite = false
        driver.receive(Self.get)
        driver.advance(by: .seconds(29))
        #expect(!driver.isClosed)
        driver.advance(by: .seconds(1))
        #expect(driver.isClosed)
    }

    @Test func hasNoDeadlineWhileAHandlerWorks() throws {
        let driver = try MachineDriver()
        driver.answersAtOnce = false
        driver.receive(Self.get)
        #expect(driver.deadline == nil)
    }

    // MARK: Lingering

    @Test func lingersSoThatTheAnswerIsRead() throws {
        let driver = try MachineDriver { $0.lingerTimeout = .seconds(2) }
        driver.receive(Self.post("/small", length: 1_000_000))
        #expect(driver.statuses == [413])
        #expect(driver.hasEnded && !driver.isClosed)
        for _ in 0..<5 {
            driver.advance(by: .seconds(1))
            driver.receive(String(repeating: "x", count: 1000))
        }
        #expect(!driver.isClosed)
        driver.advance(by: .seconds(2))
        #expect(driver.isClosed)
        #expect(driver.statuses == [413])
    }

    @Test func lingersForABoundedTime() throws {
        let driver = try MachineDriver { $0.lingerTimeout = .seconds(2) }
        driver.receive(Self.post("/small", length: 1_000_000))
        for _ in 0..<20 {
            #expect(!driver.isClosed)
            driver.receive("x")
            driver.advance(by: .seconds(1))
        }
        #expect(driver.isClosed)
    }

    @Test func closesAtOnceWhenTheClientIsDone() throws {
        let driver = try MachineDriver()
        driver.receive("BAD\r\n\r\n")
        #expect(driver.hasEnded && !driver.isClosed)
        driver.receiveEnd()
        #expect(driver.isClosed)
    }

    // MARK: Draining

    @Test func drainsAfterTheCurrentRequest() throws {
        let driver = try MachineDriver()
        driver.answersAtOnce = false
        driver.receive(Self.get)
        driver.drain(grace: .seconds(1))
        driver.advance(by: .seconds(100))
        #expect(!driver.hasEnded)
        driver.answer(.text("whole"))
        #expect(driver.answers()?.map(\.fields["connection"]) == ["close"])
        #expect(driver.hasEnded)
    }

    @Test func drainsAnIdleConnectionAfterTheGrace() throws {
        let driver = try MachineDriver()
        driver.receive(Self.get)
        driver.drain(grace: .seconds(1))
        driver.advance(by: .milliseconds(900))
        #expect(!driver.isClosed)
        driver.advance(by: .milliseconds(100))
        #expect(driver.isClosed)
    }

    @Test func servesARequestThatComesWhileDraining() throws {
        let driver = try MachineDriver()
        driver.drain(grace: .seconds(1))
        driver.receive(Self.get)
        #expect(driver.statuses == [200])
        #expect(driver.hasEnded)
    }

    // MARK: Limits over all connections

    @Test func boundsTheBodiesOfAllConnections() throws {
        var configuration = ServerConfiguration()
        configuration.maxBufferedBytes = 100
        let policy = ConnectionPolicy(configuration: configuration, router: try Router(TestRoutes.all))
        let first = MachineDriver(policy: policy)
        let second = MachineDriver(policy: policy)
        first.answersAtOnce = false
        first.receive(Self.post(length: 60) + String(repeating: "x", count: 60))
        second.receive(Self.post(length: 60) + String(repeating: "x", count: 60))
        #expect(second.statuses == [503])
        first.answer(.text("done"))
        let third = MachineDriver(policy: policy)
        third.receive(Self.post(length: 60) + String(repeating: "x", count: 60))
        #expect(third.statuses == [200])
        // A connection that is lost gives back what it held.
        let fourth = MachineDriver(policy: policy)
        fourth.receive(Self.post(length: 90) + String(repeating: "x", count: 80))
        fourth.receiveEnd()
        third.receive(Self.post(length: 100) + String(repeating: "x", count: 100))
        #expect(third.statuses == [200, 200])
    }

    @Test func refusesAtTheCap() throws {
        let driver = try MachineDriver()
        driver.refuse()
        #expect(driver.statuses == [503])
        driver.receive(Self.get)
        #expect(driver.statuses == [503])
        #expect(driver.hasEnded)
    }

    // MARK: What handlers and observers get

    @Test func everyRequestHasANameAndEveryAnswerAFinish() throws {
        let driver = try MachineDriver {
            $0.identify = { $0?.target.path ?? "none" }
            $0.finish = { response, head in response.fields[.vary] = head?.target.path ?? "no head" }
        }
        driver.receive(Self.get + "GET /none HTTP/1.1\r\nHost: a\r\n")
        driver.advance(by: .milliseconds(20))
        driver.receive("\r\nBAD\r\n\r\n")
        let answers = try #require(driver.answers())
        #expect(answers.map(\.fields["x-request-id"]) == ["/hello", "/none", "none"])
        #expect(answers.map(\.fields["vary"]) == ["/hello", "/none", "no head"])
        #expect(
            answers.map(\.fields["server-timing"]) == ["total;dur=0.000", "total;dur=20.000", "total;dur=0.000"]
        )
        #expect(driver.handled.map(\.id) == ["/hello"])
    }

    @Test func theServersAdmissionComesBeforeTheRoutes() throws {
        let driver = try MachineDriver {
            $0.admission = { head in
                head.target.path == "/hello" ? nil : .problem(status: .unauthorized, detail: "No.")
            }
        }
        driver.receive("GET /none HTTP/1.1\r\nHost: a\r\n\r\n" + Self.get + Self.post(length: 3))
        #expect(driver.statuses == [401, 200, 401])
        // The body of a refused request is not read.
        #expect(driver.hasEnded)
    }

    @Test func givesTheHandlerTheWholeRequest() throws {
        let driver = try MachineDriver()
        driver.receive("GET /items/a%20b?q=1&r=%26 HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\n\r\n")
        let request = try #require(driver.handled.first)
        #expect(request.method == .get)
        #expect(request.path == "/items/a b")
        #expect(request.pathParameters == ["name": "a b"])
        #expect(request.query == QueryParameters(pairs: [("q", "1"), ("r", "&")]))
        #expect(request.fields[values: try #require(HTTPField.Name("X-A"))] == ["1", "2"])
        #expect(request.peer == "192.0.2.1")
    }

    @Test func measuresFromTheFirstByteOfTheHead() throws {
        let driver = try MachineDriver()
        driver.advance(by: .seconds(5))
        let start = driver.now
        driver.receive(Self.post(length: 3))
        driver.advance(by: .seconds(2))
        driver.receive("abc")
        let request = try #require(driver.handled.first)
        #expect(request.arrival == start)
        #expect(request.receiveDuration == .seconds(2))
    }
}
