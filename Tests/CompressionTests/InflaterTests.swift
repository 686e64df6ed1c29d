import Compression
import Testing

@Suite struct InflaterTests {
    /// "effnet " forty times, by zlib.compress, gzip.compress(mtime=0) and a raw deflate of Python.
    private static let text = Array(String(repeating: "effnet ", count: 40).utf8)
    private static let compressed: [(Inflater.Wrapper, [UInt8])] = [
        (
            .zlib,
            [
                0x78, 0xDA, 0x4B, 0x4D, 0x4B, 0xCB, 0x4B, 0x2D, 0x51, 0x48, 0x1D, 0xA5, 0x50, 0x29, 0x00, 0x11, 0x6F,
                0x67, 0xC1,
            ]
        ),
        (
            .gzip,
            [
                0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4B, 0x4D, 0x4B, 0xCB, 0x4B, 0x2D, 0x51,
                0x48, 0x1D, 0xA5, 0x50, 0x29, 0x00, 0xBC, 0x3D, 0x9F, 0xF7, 0x18, 0x01, 0x00, 0x00,
            ]
        ),
        (.raw, [0x4B, 0x4D, 0x4B, 0xCB, 0x4B, 0x2D, 0x51, 0x48, 0x1D, 0xA5, 0x50, 0x29, 0x00]),
    ]

    private static func inflate(
        _ input: [UInt8],
        _ wrapper: Inflater.Wrapper,
        inputPiece: Int,
        outputPiece: Int,
        limit: Int = 10_000
    ) throws -> (output: [UInt8], isFinished: Bool) {
        var inflater = try Inflater(wrapper)
        var output: [UInt8] = []
        var offset = 0
        var piece = [UInt8](repeating: 0, count: outputPiece)
        while output.count < limit {
            let end = min(offset + inputPiece, input.count)
            let progress = try input[offset..<end].withUnsafeBytes { source in
                try piece.withUnsafeMutableBytes { try inflater.inflate(source, into: $0) }
            }
            offset += progress.consumed
            output += piece.prefix(progress.produced)
            if progress.isFinished { return (output, true) }
            if progress.produced == 0, offset == input.count { break }
        }
        return (output, false)
    }

    @Test(arguments: [1, 7, 1000], [1, 3, 64, 1000])
    func piecesOfAnySizeGiveTheSame(inputPiece: Int, outputPiece: Int) throws {
        for (wrapper, input) in Self.compressed {
            let result = try Self.inflate(input, wrapper, inputPiece: inputPiece, outputPiece: outputPiece)
            #expect(result.output == Self.text)
            #expect(result.isFinished)
        }
    }

    @Test func endIsFoundBeforeWhatFollows() throws {
        for (wrapper, input) in Self.compressed {
            var inflater = try Inflater(wrapper)
            var output = [UInt8](repeating: 0, count: 1000)
            let progress = try (input + [1, 2, 3]).withUnsafeBytes { source in
                try output.withUnsafeMutableBytes { try inflater.inflate(source, into: $0) }
            }
            #expect(progress == Inflater.Progress(consumed: input.count, produced: Self.text.count, isFinished: true))
            let more = try [UInt8](repeating: 0, count: 9).withUnsafeBytes { source in
                try output.withUnsafeMutableBytes { try inflater.inflate(source, into: $0) }
            }
            #expect(more == Inflater.Progress(consumed: 0, produced: 0, isFinished: true))
        }
    }

    @Test func everyShorterStreamIsUnfinished() throws {
        for (wrapper, input) in Self.compressed {
            for count in 0..<input.count {
                let part = Array(input.prefix(count))
                #expect(try !Self.inflate(part, wrapper, inputPiece: 1000, outputPiece: 100).isFinished)
            }
        }
    }

    @Test func wrongChecksumIsFound() throws {
        for (wrapper, input) in Self.compressed.prefix(2) {
            var input = input
            input[input.count - (wrapper == .gzip ? 6 : 2)] ^= 1
            #expect(throws: InflateError.self) {
                _ = try Self.inflate(input, wrapper, inputPiece: 1000, outputPiece: 100)
            }
        }
    }

    @Test func nonsenseIsFound() {
        let error = #expect(throws: InflateError.self) {
            _ = try Self.inflate(Array("nonsense".utf8), .zlib, inputPiece: 100, outputPiece: 100)
        }
        #expect(error?.description.contains("compress it again") == true)
    }

    @Test func noMoreIsInflatedThanAskedFor() throws {
        let (wrapper, input) = Self.compressed[0]
        let result = try Self.inflate(input, wrapper, inputPiece: 1000, outputPiece: 10, limit: 50)
        #expect(result.output == Array(Self.text.prefix(50)))
        #expect(!result.isFinished)
    }
}
