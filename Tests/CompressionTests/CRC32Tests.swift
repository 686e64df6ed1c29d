import Compression
import Testing

@Suite struct CRC32Tests {
    @Test func checkValueIsTheStandards() {
        let digits = Array("123456789".utf8)
        #expect(digits.withUnsafeBytes { CRC32.checksum(of: $0) } == 0xCBF4_3926)
    }

    @Test func nothingIsZero() {
        #expect(CRC32.checksum(of: UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
    }

    @Test func piecesGiveTheSame() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        var pieces = CRC32()
        for start in stride(from: 0, to: bytes.count, by: 33) {
            bytes[start..<min(start + 33, bytes.count)].withUnsafeBytes { pieces.update($0) }
        }
        #expect(pieces.value == bytes.withUnsafeBytes { CRC32.checksum(of: $0) })
    }
}
