import Imaging
import Testing

@Suite struct PNGEncoderTests {
    /// What is written is what our own decoder, which is held against Pillow, reads.
    @Test(arguments: [(1, 1), (1, 7), (7, 1), (16, 9), (301, 200)])
    func theDecoderReadsIt(width: Int, height: Int) throws {
        let pixels = (0..<width * height).map { UInt8(truncatingIfNeeded: $0 &* $0 / 3) }
        let file = try #require(PNGEncoder.grey(width: width, height: height, pixels: pixels))
        let framing = ImagePipeline.Framing(width: width, height: height, cropFraction: 1, mode: .squash)
        let picture = try ImagePipeline(framing: framing)(file)
        #expect(picture.format == .png && picture.sourceWidth == width && picture.sourceHeight == height)
        #expect(picture.pixels == pixels.flatMap { [$0, $0, $0] })
    }

    @Test func smoothPicturesAreSmall() throws {
        let pixels = (0..<256).flatMap { row in (0..<256).map { column in UInt8((row + column) / 2) } }
        let file = try #require(PNGEncoder.grey(width: 256, height: 256, pixels: pixels))
        #expect(file.count < pixels.count / 8)
    }
}
