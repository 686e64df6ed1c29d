import Imaging
import Testing

@Suite struct ImagePipelineTests {
    private static let framing = ImagePipeline.Framing(width: 24, height: 24, cropFraction: 0.875)

    @Test func manifestIsThere() {
        #expect(Manifest.shared.pictures.count > 100)
        #expect(Manifest.shared.failures.count > 40)
    }

    @Test(arguments: Manifest.shared.pictures)
    func pictureIsPillows(entry: Manifest.Entry) throws {
        let bytes = try Fixture.bytes(of: entry.file)
        for golden in entry.goldens {
            let framing = try #require(ImagePipeline.Framing(golden.framing))
            let picture = try ImagePipeline(framing: framing)(bytes)
            #expect(picture.width == framing.width && picture.height == framing.height)
            #expect(picture.sourceWidth == entry.width && picture.sourceHeight == entry.height)
            #expect(picture.format == (entry.file.hasSuffix(".png") ? .png : .jpeg))

            let expected = try Fixture.bytes(of: golden.file)
            try #require(picture.pixels.count == expected.count)
            let differences = zip(picture.pixels, expected).map { abs(Int($0) - Int($1)) }
            let mean = Double(differences.reduce(0, +)) / Double(differences.count)
            #expect((differences.max() ?? 0) <= entry.tolerance?.max ?? 0, "\(golden.framing), mean \(mean)")
            #expect(mean <= entry.tolerance?.mean ?? 0)
        }
    }

    @Test(arguments: Manifest.shared.failures)
    func brokenPictureIsRefused(failure: Manifest.Failure) throws {
        let bytes = try Fixture.bytes(of: failure.file)
        let error = try #require(throws: ImageError.self) {
            _ = try ImagePipeline(framing: Self.framing)(bytes)
        }
        #expect(Self.name(of: error) == failure.error, "\(error)")
    }

    @Test(arguments: [
        ("gif", "GIF"), ("bmp", "BMP"), ("tif", "TIFF"), ("ico", "ICO"), ("webp", "WebP"), ("avif", "AVIF"),
        ("jp2", "JPEG 2000"), ("heic", "HEIC"), ("svg", "SVG"), ("psd", "PSD"), ("pdf", "PDF"), ("jxl", "JPEG XL"),
        ("html", "an HTML page"), ("json", "JSON text"),
    ])
    func otherFormatIsNamed(suffix: String, name: String) throws {
        let bytes = try Fixture.bytes(of: "other.\(suffix)")
        let error = #expect(throws: ImageError.unsupported(format: name)) {
            _ = try ImagePipeline(framing: Self.framing)(bytes)
        }
        let text = try #require(error?.description)
        #expect(text.contains(name) && text.contains("JPEG or PNG"))
    }

    @Test(arguments: [
        "jpeg-sampling-2x2.jpg", "jpeg-progressive.jpg", "jpeg-arithmetic.jpg", "jpeg-restart.jpg", "jpeg-ycck.jpg",
        "png-color2-depth8.png", "png-color3-depth4-interlaced.png", "png-animated.png",
    ])
    func everyShorterPictureIsRefused(file: String) throws {
        let bytes = try Fixture.bytes(of: file)
        let pipeline = ImagePipeline(framing: Self.framing)
        for count in 0..<bytes.count {
            let error = try #require(throws: ImageError.self) { _ = try pipeline(Array(bytes.prefix(count))) }
            switch error {
            case .empty: #expect(count == 0)
            case .unsupported: #expect(count < 4)
            case .corrupt: break
            default: Issue.record("\(error) at \(count) bytes")
            }
        }
    }

    /// Whatever the bytes, there is an answer: a picture or an error that names a cause and a remedy.
    @Test(arguments: [
        "jpeg-sampling-2x2.jpg", "jpeg-progressive.jpg", "jpeg-arithmetic-progressive.jpg", "jpeg-restart.jpg",
        "jpeg-ycck.jpg", "jpeg-exif-6-big.jpg", "jpeg-large-3.jpg", "jpeg-three-scans.jpg", "png-color2-depth8.png",
        "png-color3-depth4-interlaced.png", "png-exif-6.png", "png-color6-depth16.png",
    ])
    func mutatedPictureIsAnswered(file: String) throws {
        let original = try Fixture.bytes(of: file)
        let pipeline = ImagePipeline(framing: Self.framing)
        var random = SplitMix64(state: 7)
        for _ in 0..<250 {
            let bytes = Self.mutated(original, using: &random)
            do {
                let picture = try pipeline(bytes)
                #expect(picture.pixels.count == picture.width * picture.height * 3)
            } catch {
                #expect(error.description.contains("; "))
            }
        }
    }

    /// A few changed bytes, most of them in the headers; the checksums of a PNG are put right half of the time, so that
    /// the change gets past them.
    private static func mutated(_ original: [UInt8], using random: inout SplitMix64) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let reach = Bool.random(using: &random) ? bytes.count : min(bytes.count, 700)
            bytes[Int.random(in: 0..<reach, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            let cut = Int.random(in: 0..<bytes.count, using: &random)
            bytes.removeSubrange(cut..<min(cut + Int.random(in: 1...40, using: &random), bytes.count))
        }
        return Bool.random(using: &random) ? PNGChecksums.corrected(bytes) : bytes
    }

    private static func name(of error: ImageError) -> String {
        switch error {
        case .empty: "empty"
        case .unsupported: "unsupported"
        case .corrupt: "corrupt"
        case .tooManyPixels: "tooManyPixels"
        case .tooMuchMemory: "tooMuchMemory"
        case .zeroSized: "zeroSized"
        }
    }
}
