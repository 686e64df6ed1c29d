import Imaging
import Testing

@Suite struct ImagePipelineLimitsTests {
    private static let framing = ImagePipeline.Framing(width: 24, height: 24, cropFraction: 0.875)

    private static func pipeline(pixels: Int? = nil, memory: Int? = nil) -> ImagePipeline {
        var limits = ImagePipeline.Limits()
        limits.pixels = pixels ?? limits.pixels
        limits.decodeMemory = memory ?? limits.decodeMemory
        return ImagePipeline(framing: framing, limits: limits)
    }

    @Test(arguments: ["jpeg-7x5.jpg", "png-7x5.png"])
    func pixelsAreCounted(file: String) throws {
        let bytes = try Fixture.bytes(of: file)
        _ = try Self.pipeline(pixels: 35)(bytes)
        #expect(throws: ImageError.tooManyPixels(width: 7, height: 5, limit: 34)) {
            _ = try Self.pipeline(pixels: 34)(bytes)
        }
    }

    /// The need of a picture is the least budget that it is decoded with.
    private static func memoryNeeded(by bytes: [UInt8]) throws -> Int {
        let error = try #require(throws: ImageError.self) { _ = try pipeline(memory: 0)(bytes) }
        guard case .tooMuchMemory(let needed, limit: 0) = error else {
            Issue.record("\(error)")
            return 0
        }
        _ = try pipeline(memory: needed)(bytes)
        #expect(throws: ImageError.tooMuchMemory(needed: needed, limit: needed - 1)) {
            _ = try pipeline(memory: needed - 1)(bytes)
        }
        return needed
    }

    @Test func coefficientsOfProgressiveJPEGCount() throws {
        let baseline = try Self.memoryNeeded(by: Fixture.bytes(of: "jpeg-large-1.jpg"))
        let progressive = try Self.memoryNeeded(by: Fixture.bytes(of: "jpeg-large-progressive.jpg"))
        // 421 × 333 in units of 16 × 16, three coefficients of two bytes for two pixels.
        #expect(progressive - baseline >= 27 * 21 * 256 * 3)
        #expect(progressive - baseline < 27 * 21 * 256 * 3 + (64 << 10))
    }

    @Test func pixelsOfInterlacedPNGCount() throws {
        let plain = try Self.memoryNeeded(by: Fixture.bytes(of: "png-color2-depth8.png"))
        let interlaced = try Self.memoryNeeded(by: Fixture.bytes(of: "png-color2-depth8-interlaced.png"))
        #expect(interlaced - plain >= 26 * 26 * 4)
    }

    @Test func budgetIsGivenBack() throws {
        let budget = DecodeBudget(limit: 64 << 20)
        let pipeline = ImagePipeline(framing: Self.framing, budget: budget)
        _ = try pipeline(Fixture.bytes(of: "jpeg-progressive.jpg"))
        #expect(budget.reserved == 0)
        #expect(throws: ImageError.self) { _ = try pipeline(Fixture.bytes(of: "broken-png-rows.png")) }
        #expect(budget.reserved == 0)
    }

    /// Decodes that do not fit side by side wait for each other, and all are done.
    @Test func decodesShareTheBudget() async throws {
        let bytes = try Fixture.bytes(of: "jpeg-progressive.jpg")
        let needed = try Self.memoryNeeded(by: bytes)
        let pipeline = Self.pipeline(memory: needed + needed / 2)
        let expected = try pipeline(bytes).pixels
        await withTaskGroup(of: [UInt8]?.self) { group in
            for _ in 0..<16 {
                group.addTask { try? pipeline(bytes).pixels }
            }
            for await pixels in group {
                #expect(pixels == expected)
            }
        }
    }

    /// A crop fraction or size that no model has leads to a picture, not to a crash.
    @Test(arguments: [0, -1, .nan, .infinity, 1e-300, 4.0])
    func strangeCropFractionIsLimited(fraction: Double) throws {
        let framing = ImagePipeline.Framing(width: 8, height: 8, cropFraction: fraction)
        let picture = try ImagePipeline(framing: framing)(Fixture.bytes(of: "png-7x5.png"))
        #expect(picture.pixels.count == 8 * 8 * 3)
    }
}
