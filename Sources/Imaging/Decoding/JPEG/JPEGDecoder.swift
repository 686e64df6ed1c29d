import CJPEG

/// A JPEG through libjpeg-turbo. The bytes must outlive the decoder.
struct JPEGDecoder: ~Copyable, PictureDecoder {
    /// How many scans a picture may have. Encoders write about ten, rarely two dozen.
    private static let scanRange = 20...64
    /// Bytes of coefficients that all scans together may walk over. A scan of a few bytes walks over all of them, so a
    /// small body could cost many seconds.
    private static let scanWork = 4 << 30

    let format = PictureFormat.jpeg
    let width: Int
    let height: Int
    let orientation: Orientation

    private let handle: OpaquePointer
    private let header: cjpeg_header

    /// Reads the header.
    init(_ bytes: UnsafeBufferPointer<UInt8>, limit: PixelLimit) throws(ImageError) {
        guard let handle = cjpeg_open(bytes.baseAddress, bytes.count) else {
            throw .corrupt(format: .jpeg, reason: "no memory to read it with")
        }
        var header = cjpeg_header()
        do throws(ImageError) {
            let status = cjpeg_read_header(handle, &header)
            if status == CJPEG_OK || status == CJPEG_TOO_BIG {
                try limit.check(width: Int(header.width), height: Int(header.height))
            }
            try Self.check(status, of: handle, header: header)
        } catch {
            cjpeg_close(handle)
            throw error
        }
        self.handle = handle
        self.header = header
        width = Int(header.width)
        height = Int(header.height)
        orientation = Orientation(exif: UnsafeRawBufferPointer(start: header.exif, count: header.exif_length))
    }

    deinit {
        cjpeg_close(handle)
    }

    /// libjpeg-turbo shrinks by powers of two in the cosine transform, where there are fewer numbers to transform.
    func reduction(upTo limit: Int) -> Int {
        [8, 4, 2].first { $0 <= limit } ?? 1
    }

    func memory(columns: Int, rows: Int) -> Int {
        // The library's row buffers hold a few rows of units for each channel, before and after their chroma is spread.
        let unitHeight = Int(header.unit_height)
        let rowBuffers = (width + 2 * Int(header.unit_width)) * Int(header.components) * unitHeight * 5
        let rows = 2 * (columns + 4 * Int(header.unit_width)) * 4
        return Int(clamping: header.coefficient_bytes) + rowBuffers + rows + (256 << 10)
    }

    mutating func decode(reduction: Int, into resampler: inout Resampler) throws(ImageError) {
        var sampledWidth: UInt32 = 0
        var sampledHeight: UInt32 = 0
        try check(cjpeg_start(handle, UInt32(8 / reduction), UInt32(maxScans), &sampledWidth, &sampledHeight))

        // Chroma is spread with a look at its neighbours, so a unit more is decoded around what is needed.
        let margin = header.unit_width
        var left = UInt32(resampler.columns.lowerBound)
        left -= min(left, margin)
        var width = min(UInt32(resampler.columns.upperBound) + margin, sampledWidth) - left
        if width < sampledWidth {
            try check(cjpeg_crop(handle, &left, &width))
        }
        if resampler.rows.lowerBound > 0 {
            try check(cjpeg_skip_rows(handle, UInt32(resampler.rows.lowerBound)))
        }

        let stride = Int(width) * 4
        let pair = OwnedBuffer<UInt8>(count: stride * 2 + resampler.rowSlack, filledWith: 0)
        let skipped = (resampler.columns.lowerBound - Int(left)) * 4
        let needed = UnsafeRawBufferPointer(start: pair.base + skipped, count: pair.count - skipped)
        for row in Swift.stride(from: resampler.rows.lowerBound, to: resampler.rows.upperBound, by: 2) {
            let count = min(2, resampler.rows.upperBound - row)
            try check(cjpeg_read_rows(handle, pair.base, stride, UInt32(count)))
            if header.components == 4 {
                InkConversion.convert(UnsafeMutableBufferPointer(start: pair.base, count: stride * count))
            }
            resampler.append(needed, stride: stride, count: count)
        }
        try check(cjpeg_finish(handle))
    }

    private var maxScans: Int {
        let affordable = Self.scanWork / Int(clamping: max(header.coefficient_bytes, 1))
        return min(max(affordable, Self.scanRange.lowerBound), Self.scanRange.upperBound)
    }

    private func check(_ status: cjpeg_status) throws(ImageError) {
        try Self.check(status, of: handle, header: header)
    }

    private static func check(_ status: cjpeg_status, of handle: OpaquePointer, header: cjpeg_header) throws(ImageError)
    {
        switch status {
        case CJPEG_OK:
            return
        case CJPEG_EMPTY:
            throw .zeroSized
        case CJPEG_TRUNCATED:
            throw .corrupt(format: .jpeg, reason: "it is cut short")
        case CJPEG_TOO_MANY_SCANS:
            throw .corrupt(format: .jpeg, reason: "it has too many scans")
        case CJPEG_TOO_BIG:
            throw .corrupt(format: .jpeg, reason: "its size of \(header.width) x \(header.height) pixels is impossible")
        default:
            throw .corrupt(format: .jpeg, reason: String(cString: cjpeg_message(handle)))
        }
    }
}
