import Compression
import Testing

@Suite struct DeflaterTests {
    @Test(arguments: [DeflateWrapper.zlib, .gzip, .raw], [0, 1, 100_000])
    func whatIsDeflatedInflates(wrapper: DeflateWrapper, count: Int) throws {
        let input = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7 ^ $0) }
        let deflated = try #require(Deflater.deflate(input, as: wrapper))
        var output = [UInt8](repeating: 0, count: count + 1)
        var inflater = try Inflater(wrapper)
        let progress = try deflated.withUnsafeBytes { deflated in
            try output.withUnsafeMutableBytes { try inflater.inflate(deflated, into: $0) }
        }
        #expect(progress == .init(consumed: deflated.count, produced: count, isFinished: true))
        #expect(output.dropLast().elementsEqual(input))
    }
}
