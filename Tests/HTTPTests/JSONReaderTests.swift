import HTTP
import HTTPTypes
import Testing

@Suite struct JSONReaderTests {
    /// What `body` reads of a text, all of it.
    private func read<Value>(
        _ text: String,
        _ body: (inout JSONReader) throws(Rejection) -> Value
    ) throws(Rejection) -> Value {
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBufferPointer { bytes throws(Rejection) in
            var reader = JSONReader(bytes)
            let value = try body(&reader)
            try reader.finish()
            return value
        }
    }

    @Test func objectsAndArraysAreReadInTheirOrder() throws {
        let text = #" { "a" : [1, -2 ,3], "b":{}, "c":[ ], "d":"x", "e":true,"f":null } "#
        let seen = try read(text) { (reader) throws(Rejection) in
            var seen: [String] = []
            try reader.beginObject()
            while let name = try reader.nextMember() {
                switch try reader.peek() {
                case .array:
                    try reader.beginArray()
                    while try reader.nextElement() { seen.append("\(name)\(try reader.readInteger())") }
                case .bool: seen.append("\(name)\(try reader.readBool())")
                case .string: seen.append(name + (try reader.readString()))
                default: try reader.skipValue()
                }
            }
            return seen
        }
        #expect(seen == ["a1", "a-2", "a3", "dx", "etrue"])
    }

    @Test(arguments: [
        "{}", "[]", "[[],{}]", #"{"a":{"b":[1,2,{"c":null}]}}"#, "0", "-0.5e-7", "1E+2", #""\u00e9\n\"""#, " true ",
    ])
    func wellFormedTextIsSkipped(text: String) throws {
        try read(text) { (reader) throws(Rejection) in try reader.skipValue() }
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{,}", "[1 2]",
        "01", "1.", ".5", "+1", "-", "1e", "1e+", "tru", "nul", "\"", "\"a", "\"\n\"", "[1]]", "{} {}", "'a'", "NaN",
        "Infinity", "[1}", "{\"a\":1]", "\u{FEFF}{}",
    ])
    func brokenTextIsRefused(text: String) {
        let rejection = #expect(throws: Rejection.self) {
            try read(text) { (reader) throws(Rejection) in try reader.skipValue() }
        }
        #expect(rejection?.status == .badRequest)
    }

    @Test func depthIsBounded() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) {
            try read(nested(JSONReader.maxDepth)) { (reader) throws(Rejection) in try reader.skipValue() }
        }
        #expect(throws: Rejection.self) {
            try read(nested(JSONReader.maxDepth + 1)) { (reader) throws(Rejection) in try reader.skipValue() }
        }
        // The limit holds for nested arrays of numbers too.
        #expect(throws: Rejection.self) {
            try read(nested(100_000)) { (reader) throws(Rejection) in
                var values: [Float] = []
                try reader.readFloats(into: &values, limit: 10)
            }
        }
    }

    @Test(arguments: [
        (#""a\"b\\c\/\b\f\n\r\t""#, "a\"b\\c/\u{8}\u{c}\n\r\t"), (#""\u0041\u00E9\u20ac""#, "Aé€"),
        (#""\ud83d\ude00""#, "😀"), ("\"é😀\"", "é😀"), ("\"\"", ""),
    ])
    func stringsAreDecoded(text: String, value: String) throws {
        #expect(try read(text) { (reader) throws(Rejection) in try reader.readString() } == value)
    }

    @Test(arguments: [
        #""\x""#, #""\u12""#, #""\u12g4""#, #""\ud83d""#, #""\ud83dx""#, #""\ude00""#, #""\ud83d\u0041""#,
    ])
    func brokenEscapesAreRefused(text: String) {
        #expect(throws: Rejection.self) { try read(text) { (reader) throws(Rejection) in try reader.readString() } }
    }

    @Test func bytesThatAreNoUTF8AreRefused() {
        let bytes: [UInt8] = [0x22, 0xC3, 0x28, 0x22]
        #expect(throws: Rejection.self) {
            try bytes.withUnsafeBufferPointer { bytes throws(Rejection) in
                var reader = JSONReader(bytes)
                _ = try reader.readString()
            }
        }
    }

    @Test func stringsAreBounded() {
        #expect(throws: Rejection.self) {
            try read("\"12345\"") { (reader) throws(Rejection) in try reader.readString(limit: 4) }
        }
    }

    @Test(arguments: ["1.5", "1e2", "99999999999999999999", "\"1\"", "true"])
    func wholeNumbersAreWhole(text: String) {
        #expect(throws: Rejection.self) { try read(text) { (reader) throws(Rejection) in try reader.readInteger() } }
    }

    /// A number as the only one of a text, and as one of many with more behind it, which is read in another way.
    private func floats(_ text: String) throws -> [Float] {
        let alone = try read(text) { (reader) throws(Rejection) in try reader.readFloat() }
        let row = try read("[\(text),\(text)]" + String(repeating: " ", count: 64)) { (reader) throws(Rejection) in
            var values: [Float] = []
            try reader.readFloats(into: &values, limit: 2)
            return values
        }
        return [alone] + row
    }

    /// Against the standard library's reading: short and long, large and small, close to the middle between two Floats.
    @Test(arguments: [
        "0", "-0", "1", "-1", "0.1", "3.14159274101257324", "16777217", "16777219", "1.00000005960464477539062",
        "1.000000059604644775390625", "1.00000005960464477539063", "33554431.5", "1e-45", "1.4e-45", "7e-46", "1e-38",
        "1.17549435e-38", "1.1754942e-38", "3.4028234663852886e38", "3.4028235e38", "8589973e9", "123456789012345678",
        "1234567890123456789012345", "0.000000000000000000000000000000000000000000001401298464", "9007199254740993",
        "1e22", "1e23", "1e-22", "1e-23", "0.30000001192092896", "-0.45000000000000001", "1E5", "1.5e+3", "-0.0",
        "0.000", "1234567.1234567", "12345678.12345678", "0.1234567", "0.12345678", "0.123456789", "255", "-1234567",
        "0.1234567890123456", "0.12345678901234567", "0.0012345678901234567", "0.000000000000000000012345678901",
        "9999999.9999999999999999", "0.999999999999999999999999", "1.0000000000000000000", "10.50", "0e0", "-0.0e-37",
        "1e-37", "1e-39", "1.2345678901234567e-21", "1.2345678901234567e-22", "9999999.99999999999e20", "1e020",
        "1e-007", "1.23456789012345678901234e-05", "9999999.12345678901e-37",
    ])
    func numbersAreTheNearestFloats(text: String) throws {
        for value in try floats(text) { #expect(value.bitPattern == Float(text)?.bitPattern, "\(text)") }
    }

    @Test func randomNumbersAreTheNearestFloats() throws {
        var generator = SplitMix64(state: 7)
        for _ in 0..<20_000 {
            let float = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            guard float.isFinite else { continue }
            for text in [float.description, Double(float).description] {
                for value in try floats(text) { #expect(value.bitPattern == float.bitPattern, "\(text)") }
            }
        }
    }

    /// As many digits as a program may write, of numbers as pictures have them.
    @Test func plainNumbersOfAnyLengthAreTheNearestFloats() throws {
        var generator = SplitMix64(state: 11)
        for _ in 0..<20_000 {
            let whole = [0, 1, 7, 255, 65_536, 9_999_999, 123_456_789][Int(generator.next() % 7)]
            let digits = (0..<(1 + generator.next() % 24)).map { _ in String(generator.next() % 10) }.joined()
            let text = "\(generator.next() % 2 == 0 ? "-" : "")\(whole).\(digits)"
            for value in try floats(text) { #expect(value.bitPattern == Float(text)?.bitPattern, "\(text)") }
        }
    }

    /// Of every size that a Float has, and some that it rounds to nothing.
    @Test func numbersWithExponentsAreTheNearestFloats() throws {
        var generator = SplitMix64(state: 13)
        for _ in 0..<20_000 {
            let whole = [0, 1, 7, 255, 9_999_999][Int(generator.next() % 5)]
            let digits = (0..<(generator.next() % 20)).map { _ in String(generator.next() % 10) }.joined()
            let fraction = digits.isEmpty ? "" : ".\(digits)"
            let exponent = Int(generator.next() % 78) - 46
            let text = "\(whole)\(fraction)e\(exponent < 0 || generator.next() % 2 == 0 ? "" : "+")\(exponent)"
            for value in try floats(text) { #expect(value.bitPattern == Float(text)?.bitPattern, "\(text)") }
        }
    }

    /// The middle between two Floats goes to the even one, and anything beside it to the nearer one.
    @Test func middlesBetweenFloatsAreDecidedExactly() throws {
        var generator = SplitMix64(state: 5)
        for _ in 0..<2000 {
            // From 2^-7 to 2^7: their middles have up to 32 digits behind the point.
            let pattern = UInt32(120 + generator.next() % 14) << 23 | UInt32(truncatingIfNeeded: generator.next()) >> 9
            let below = Float(bitPattern: pattern)
            let middle = Decimal(exactly: (Double(below) + Double(below.nextUp)) / 2)
            let even = pattern.isMultiple(of: 2) ? below : below.nextUp
            for (text, nearest) in [(middle.text, even), (middle.text + "1", below.nextUp), (middle.justBelow, below)] {
                for text in [text, text + "e0"] {
                    for value in try floats(text) { #expect(value == nearest, "\(text)") }
                }
            }
            // So close to the middle that each digit counts, also those that are not needed elsewhere.
            let point = try #require(middle.text.firstIndex(of: "."))
            for digits in 15...24 {
                let text = String(middle.text[...point] + middle.text[point...].dropFirst().prefix(digits))
                for value in try floats(text) { #expect(value.bitPattern == Float(text)?.bitPattern, "\(text)") }
            }
        }
    }

    @Test(arguments: ["1e39", "-1e400", "1" + String(repeating: "0", count: 2000)])
    func numbersBeyondAFloatAreRefused(text: String) {
        #expect(throws: Rejection.self) { try read(text) { (reader) throws(Rejection) in try reader.readFloat() } }
    }

    @Test func nestedArraysOfNumbersAreReadInOrder() throws {
        let values = try read("[[1,2.5],[ -3 , [4] ],[],5]") { (reader) throws(Rejection) in
            var values: [Float] = []
            try reader.readFloats(into: &values, limit: 5)
            return values
        }
        #expect(values == [1, 2.5, -3, 4, 5])
    }

    @Test(arguments: ["[1,2,3]", "[1,]", "[1,,2]", "[1,\"2\"]", "[1,null]", "[1 2]", "1", "[[1,2],[3]"])
    func otherArraysOfNumbersAreRefused(text: String) {
        #expect(throws: Rejection.self) {
            try read(text) { (reader) throws(Rejection) in
                var values: [Float] = []
                try reader.readFloats(into: &values, limit: 2)
            }
        }
    }

    @Test(arguments: [
        ("", ""), ("Zg==", "f"), ("Zg", "f"), ("Zm8=", "fo"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar"),
        ("-_-_", "\u{fb}"), (#"\/\/8="#, ""),
    ])
    func base64IsDecoded(text: String, value: String) throws {
        let bytes = try read("\"\(text)\"") { (reader) throws(Rejection) in try reader.readBase64() }
        switch text {
        case "-_-_": #expect(bytes == [0xFB, 0xFF, 0xBF])
        case #"\/\/8="#: #expect(bytes == [0xFF, 0xFF])
        default: #expect(bytes == Array(value.utf8))
        }
    }

    @Test(arguments: ["Z", "Zm9vY", "Zm9v=", "Z===", "====", "Zm 9v", "Zm9v\\n", "Zm9é", "=Zg="])
    func whatIsNoBase64IsRefused(text: String) {
        #expect(throws: Rejection.self) {
            try read("\"\(text)\"") { (reader) throws(Rejection) in try reader.readBase64() }
        }
    }

    /// No cut of a text and no changed byte does more than fail.
    @Test func mutationsNeverTrap() {
        let text = Array(#"{"a":[1.5e3,-2,{"b":"\u00e9\n"}],"c":"Zm9v","d":[[1,2],[3]],"e":null}"#.utf8)
        var generator = SplitMix64(state: 3)
        for round in 0..<20_000 {
            var bytes = round < text.count ? Array(text.prefix(round)) : text
            if round >= text.count {
                for _ in 0...(round % 3) {
                    bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
                }
            }
            _ = bytes.withUnsafeBufferPointer { bytes in
                Result { () throws(Rejection) in
                    var reader = JSONReader(bytes)
                    try reader.skipValue()
                    try reader.finish()
                }
            }
        }
    }
}

/// All digits of a number below 2^31 and without bits behind 2^-60.
private struct Decimal {
    private let digits: [UInt8]
    private let whole: Int

    init(exactly value: Double) {
        whole = Int(value)
        var rest = UInt64((value - Double(Int(value))) * 0x1p60)
        var digits: [UInt8] = []
        while rest != 0 {
            let scaled = UInt128(rest) * 10
            digits.append(UInt8(scaled >> 60))
            rest = UInt64(scaled & (1 << 60 - 1))
        }
        self.digits = digits
    }

    private static func text(_ whole: Int, _ digits: [UInt8]) -> String {
        "\(whole)." + digits.map(String.init).joined()
    }

    var text: String { Self.text(whole, digits) }

    /// The same with its last digit, which is not zero, one less, and a nine behind it.
    var justBelow: String {
        var digits = digits
        digits[digits.count - 1] -= 1
        return Self.text(whole, digits + [9])
    }
}

/// A small generator with a fixed sequence (Steele, Lea and Flood, 2014).
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
