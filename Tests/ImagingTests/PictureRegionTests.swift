import Imaging
import Testing

/// Which part of a photograph a model sees.
@Suite struct PictureRegionTests {
    private func region(
        width: Int,
        height: Int,
        crop: Double,
        mode: ImagePipeline.Framing.Mode = .center
    ) throws -> PictureRegion {
        let pixels = [UInt8](repeating: 7, count: width * height)
        let file = try #require(PNGEncoder.grey(width: width, height: height, pixels: pixels))
        let framing = ImagePipeline.Framing(width: 224, height: 224, cropFraction: crop, mode: mode)
        return try ImagePipeline(framing: framing)(file).region
    }

    /// 224 of 256 pixels, in the middle.
    @Test func aSquareIsSeenButForItsMargin() throws {
        #expect(
            try region(width: 512, height: 512, crop: 0.875) == PictureRegion(x: 32, y: 32, width: 448, height: 448)
        )
    }

    @Test func ofAnOblongTheMiddleIsSeen() throws {
        #expect(try region(width: 1024, height: 512, crop: 1) == PictureRegion(x: 256, y: 0, width: 512, height: 512))
        #expect(try region(width: 512, height: 1024, crop: 1) == PictureRegion(x: 0, y: 256, width: 512, height: 512))
    }

    @Test func squashedAllIsSeen() throws {
        let region = try region(width: 640, height: 480, crop: 1, mode: .squash)
        #expect(region == PictureRegion(x: 0, y: 0, width: 640, height: 480))
    }

    /// The resized picture of 112 pixels lies in an input of 224.
    @Test func theInputMayReachBeyondThePicture() throws {
        #expect(try region(width: 56, height: 56, crop: 2) == PictureRegion(x: -28, y: -28, width: 112, height: 112))
    }
}
