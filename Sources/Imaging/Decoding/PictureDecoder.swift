/// How many pixels a picture may have.
struct PixelLimit {
    let pixels: Int

    /// - Throws: `tooManyPixels`, or `zeroSized` if there are none.
    func check(width: Int, height: Int) throws(ImageError) {
        guard width > 0, height > 0 else { throw .zeroSized }
        guard width <= pixels / height else { throw .tooManyPixels(width: width, height: height, limit: pixels) }
    }
}

/// A picture whose header has been read. It keeps to the limit of pixels, and nothing that grows with
/// the picture is allocated before `decode`.
protocol PictureDecoder: ~Copyable {
    var format: PictureFormat { get }
    /// The stored size in pixels, both at least 1.
    var width: Int { get }
    var height: Int { get }
    var orientation: Orientation { get }

    /// The largest of 1, 2, 4 and 8 up to `limit` by which the decoder can shrink both sides while it decodes, at less
    /// cost than it would take to decode the whole.
    func reduction(upTo limit: Int) -> Int

    /// Bytes that decoding takes at most, besides the compressed bytes and the resampler.
    ///
    /// - Parameters:
    ///   - columns: samples of a row that the resampler needs.
    ///   - rows: rows that the resampler needs.
    func memory(columns: Int, rows: Int) -> Int

    /// Decodes the rows and columns that the resampler asks for into it.
    ///
    /// - Throws: `corrupt` if the picture is broken or cut short anywhere, also in parts that are not asked for.
    mutating func decode(reduction: Int, into resampler: inout Resampler) throws(ImageError)
}
