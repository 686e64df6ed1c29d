import Engine
import Imaging
import Serving
import Testing

@Suite struct HeatPictureTests {
    private func picture(
        _ values: [Float],
        columns: Int,
        width: Int,
        height: Int,
        region: PictureRegion? = nil
    ) -> HeatPicture {
        let source = Picture(
            width: 1,
            height: 1,
            pixels: [0, 0, 0],
            format: .jpeg,
            sourceWidth: width,
            sourceHeight: height,
            region: region
        )
        let map = ClassActivationMap(classID: 0, rows: values.count / columns, columns: columns, values: values)
        return HeatPicture(map, of: ImageFacts(source))
    }

    /// Cells of two pixels: their centres lie between the pixels.
    @Test func betweenCellsItIsLinear() {
        let picture = picture([0, 4, 8, -8], columns: 4, width: 8, height: 1)
        #expect(picture.width == 8 && picture.height == 1)
        #expect(picture.pixels == [0, 32, 96, 159, 223, 128, 0, 0])
    }

    @Test func rowsAreMixedLikeColumns() {
        #expect(picture([0, 0, 1, 1], columns: 2, width: 2, height: 4).pixels == [0, 0, 64, 64, 191, 191, 255, 255])
    }

    @Test func whatTheNetworkDidNotSeeIsBlack() {
        let region = PictureRegion(x: 2, y: 1, width: 2, height: 1)
        let pixels = picture([3], columns: 1, width: 5, height: 3, region: region).pixels
        #expect(pixels == [0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0])
    }

    @Test func nothingForTheClassIsBlack() {
        #expect(picture([-1, -2, 0, -4], columns: 2, width: 2, height: 2).pixels == [0, 0, 0, 0])
    }

    /// Weights may be anything: nothing here may overflow.
    @Test func hugeAndTinyNumbersAreShadesToo() {
        let huge = Float.greatestFiniteMagnitude
        #expect(picture([huge, -huge], columns: 2, width: 2, height: 1).pixels == [255, 0])
        #expect(picture([.leastNonzeroMagnitude, -huge], columns: 2, width: 2, height: 1).pixels == [255, 0])
        #expect(picture([.leastNonzeroMagnitude, 0], columns: 2, width: 4, height: 1).pixels == [255, 191, 64, 0])
    }

    @Test func largePhotographsAreScaledDown() {
        let wide = picture([1], columns: 1, width: 8000, height: 6000)
        #expect(wide.width == HeatPicture.longestSide && wide.height == 768)
        let thin = picture([1], columns: 1, width: 1, height: 60_000)
        #expect(thin.width == 1 && thin.height == HeatPicture.longestSide)
    }
}
