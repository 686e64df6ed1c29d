import Compression
import HTTP
import HTTPTypes
import Testing

@Suite struct ContentCodingTests {
    private let text = Array(String(repeating: "what is deflated, ", count: 2000).utf8)

    @Test(arguments: ContentCoding.allCases)
    func whatIsEncodedIsDecoded(coding: ContentCoding) throws {
        let encoded = try #require(coding.encode(text))
        #expect(encoded.count < text.count / 20)
        #expect(try ContentCoding.decode(encoded, codings: coding.rawValue, limit: text.count) == text)
        #expect(try ContentCoding.decode(coding.encode([]) ?? [1], codings: coding.rawValue, limit: 0) == [])
    }

    @Test func codingsAreUndoneInReverse() throws {
        let encoded = try #require(ContentCoding.gzip.encode(ContentCoding.deflate.encode(text) ?? []))
        #expect(try ContentCoding.decode(encoded, codings: "Deflate, identity , X-GZIP", limit: 1 << 20) == text)
    }

    @Test func deflateWithoutItsWrapperIsReadToo() throws {
        let raw = try #require(Deflater.deflate(text, as: .raw))
        #expect(try ContentCoding.decode(raw, codings: "deflate", limit: 1 << 20) == text)
    }

    @Test(arguments: [nil, "", "identity", " , "])
    func withoutACodingTheBodyStays(codings: String?) throws {
        #expect(try ContentCoding.decode(text, codings: codings, limit: 0) == text)
    }

    @Test(arguments: ["br", "gzip, zstd", "gzip, gzip, gzip", "*"])
    func otherCodingsAreRefused(codings: String) {
        let rejection = #expect(throws: Rejection.self) { try ContentCoding.list(codings) }
        #expect(rejection?.status == .unsupportedMediaType)
    }

    @Test func inflationIsBounded() throws {
        let bomb = try #require(ContentCoding.gzip.encode([UInt8](repeating: 0, count: 10_000_000)))
        let rejection = #expect(throws: Rejection.self) {
            try ContentCoding.decode(bomb, codings: "gzip", limit: 1_000_000)
        }
        #expect(rejection?.status == .contentTooLarge)
    }

    @Test func brokenDataAreRefused() throws {
        let encoded = try #require(ContentCoding.gzip.encode(text))
        for broken in [[], [1, 2, 3], Array(encoded.dropLast()), encoded + [0]] as [[UInt8]] {
            let rejection = #expect(throws: Rejection.self) {
                try ContentCoding.decode(broken, codings: "gzip", limit: 1 << 20)
            }
            #expect(rejection?.status == .badRequest)
        }
    }

    @Test(arguments: [
        (nil, nil), ("", nil), ("gzip", "gzip"), ("deflate", "deflate"), ("gzip, deflate, br", "gzip"),
        ("br", nil), ("*", "gzip"), ("gzip;q=0", nil), ("*;q=0", nil), ("deflate;q=1.0, gzip;q=0.5", "deflate"),
        ("GZIP", "gzip"), ("identity", nil), ("gzip;q=0, *", "deflate"), ("gzip;q=x", nil), (";;,,", nil),
    ])
    func theClientsChoiceIsKept(field: String?, coding: String?) {
        #expect(ContentCoding.preferred(by: field)?.rawValue == coding)
    }
}
