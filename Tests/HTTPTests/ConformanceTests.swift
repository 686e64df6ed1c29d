import HTTP
import Testing

/// Every row of the conformance table, against the codec with its connection machine, and against a live server.
@Suite struct ConformanceTests {
    @Test func tableIsWhole() {
        #expect(ConformanceCase.all.count >= 250)
        #expect(Set(ConformanceCase.all.map(\.id)).count == ConformanceCase.all.count)
    }

    @Test(arguments: ConformanceCase.all)
    func whole(_ row: ConformanceCase) throws {
        try check(try run(row.bytes, cuts: []), row)
    }

    @Test(arguments: ConformanceCase.all)
    func splitAtEveryByte(_ row: ConformanceCase) throws {
        let bytes = row.bytes
        let expected = try run(bytes, cuts: [])
        // Long rows are long by repetition: some of their places stand for the rest.
        let step = bytes.count > 2000 ? 251 : 1
        for cut in stride(from: 1, to: max(1, bytes.count), by: step) {
            let actual = try run(bytes, cuts: [cut])
            guard matches(actual, expected) else {
                Issue.record("cut at \(cut): \(actual.statuses), whole: \(expected.statuses)")
                return
            }
        }
        let dripped = try run(bytes, cuts: Array(1..<max(1, bytes.count)))
        #expect(matches(dripped, expected), "byte by byte: \(dripped.statuses)")
    }

    /// Broken requests of every kind: the verdict depends on the bytes alone, never on how they were cut.
    @Test func mutationsAreJudgedAlikeHoweverTheyAreCut() throws {
        var random = SeededGenerator(seed: 7)
        let seeds = ConformanceCase.all.map(\.bytes).filter { $0.count < 400 && !$0.isEmpty }
        let bytesOfInterest = Array("\r\n :,;/%?0a\t\0".utf8) + [0x7F, 0x80, 0xFF]
        for _ in 0..<5000 {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
                let byte = bytesOfInterest[Int.random(in: 0..<bytesOfInterest.count, using: &random)]
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where !bytes.isEmpty: bytes.remove(at: place)
                case 1: bytes.insert(byte, at: place)
                case 2 where !bytes.isEmpty: bytes[place] = byte
                default: bytes += seeds[Int.random(in: 0..<seeds.count, using: &random)]
                }
            }
            let expected = try run(bytes, cuts: [])
            let cuts = Set((0..<3).map { _ in Int.random(in: 0...bytes.count, using: &random) }).sorted()
            let areAlike = matches(try run(bytes, cuts: cuts), expected)
            #expect(areAlike, "\(String(decoding: bytes, as: UTF8.self).debugDescription) \(cuts)")
        }
    }

    /// Feeds the pieces between `cuts`, each in memory that ends at its last byte.
    private func run(_ bytes: [UInt8], cuts: [Int]) throws -> MachineDriver {
        let driver = MachineDriver(policy: try Self.policy.get())
        let memory = try #require(GuardedBytes(capacity: bytes.count))
        for (start, end) in zip([0] + cuts, cuts + [bytes.count]) where start < end && !driver.hasEnded {
            memory.withCopy(of: bytes[start..<end]) { driver.receive($0) }
        }
        return driver
    }

    private func matches(_ left: MachineDriver, _ right: MachineDriver) -> Bool {
        left.hasEnded == right.hasEnded && left.statuses.filter { $0 >= 200 } == right.statuses.filter { $0 >= 200 }
            && left.handled.map(\.body) == right.handled.map(\.body)
            && left.handled.map(\.fields) == right.handled.map(\.fields)
            && left.handled.map(\.path) == right.handled.map(\.path)
    }

    private func check(_ driver: MachineDriver, _ row: ConformanceCase) throws {
        let answers = try #require(driver.answers(bodyless: row.bodyless))
        check(answers, row)
        #expect(driver.hasEnded == (row.fate == .close))
    }

    /// What is true of every answer, and what the row says.
    private func check(_ answers: [ParsedAnswer], _ row: ConformanceCase) {
        #expect(answers.map(\.status) == row.statuses)
        for (answer, body) in zip(answers, row.bodies ?? []) {
            if let body { #expect(answer.body == body) }
        }
        for (index, answer) in answers.enumerated() {
            #expect(answer.fields["date"] != nil)
            #expect(answer.fields["server"] != nil)
            #expect((answer.fields["content-length"] == nil) == (answer.status == 204))
            #expect((answer.status == 405) <= (answer.fields["allow"] != nil))
            let isLast = index == answers.count - 1 && row.fate == .close
            #expect((answer.fields["connection"] == "close") == isLast)
            if answer.status >= 400 && answer.status != 405 && !row.bodyless.contains(index) {
                #expect(answer.fields["content-type"] == "application/problem+json")
            }
        }
    }

    private static let policy = Result {
        ConnectionPolicy(configuration: ServerConfiguration(), router: try Router(TestRoutes.all))
    }

    @Test func live() throws {
        let server = try TestServer()
        defer { server.stop() }
        for row in ConformanceCase.all {
            let client = try RawClient(port: server.port)
            try? client.send(row.bytes)
            let bytes: [UInt8]
            switch row.fate {
            case .open:
                // A connection that lives on answers one more.
                try client.send("HEAD /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                bytes = try client.receiveAll()
            case .close: bytes = try client.receiveAll()
            case .waits:
                client.endOutput()
                bytes = try client.receiveAll()
            }
            let count = row.statuses.count
            let bodyless = row.bodyless.union(row.fate == .open ? [count] : [])
            let all = ParsedAnswer.all(in: bytes, bodyless: bodyless)
            let answers = try #require(all, "\(row.id): \(String(decoding: bytes, as: UTF8.self))")
                .filter { $0.status >= 200 }
            #expect(answers.map(\.status) == row.statuses + (row.fate == .open ? [404] : []), "\(row.id)")
            check(Array(answers.prefix(count)), row)
            client.close()
        }
        server.stop()
        #expect(server.observer.current.opened == ConformanceCase.all.count)
        #expect(server.observer.current.closed == ConformanceCase.all.count)
    }
}

extension Bool {
    /// Implication.
    fileprivate static func <= (left: Bool, right: Bool) -> Bool { !left || right }
}

/// The same numbers in every run (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
