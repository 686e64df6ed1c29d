/// A PNG: every colour type and depth, interlaced or not; of an animation the picture that plain readers show. The
/// bytes must outlive the decoder.
///
/// Transparency, gamma and colour profiles are ignored, as they are by Pillow's conversion to RGB.
struct PNGDecoder: PictureDecoder {
    let format = PictureFormat.png
    let header: PNGHeader
    let orientation: Orientation

    private let bytes: UnsafeRawBufferPointer
    private let palette: UnsafeRawBufferPointer?
    /// Where the first chunk of compressed rows is.
    private let dataOffset: Int

    var width: Int { header.width }
    var height: Int { header.height }

    /// Reads the header, and walks over all chunks to check them.
    init(_ bytes: UnsafeRawBufferPointer, limit: PixelLimit) throws(ImageError) {
        guard bytes.starts(with: PNGChunkReader.signature) else {
            throw .corrupt(format: .png, reason: "its first bytes are damaged, as by a transfer as text")
        }
        var reader = PNGChunkReader(bytes, from: PNGChunkReader.signature.count)
        let first = try reader.nextChecked()
        guard first.type == PNGChunk.header else {
            throw .corrupt(format: .png, reason: "it does not start with a header")
        }
        let header = try PNGHeader(first.body)
        try limit.check(width: header.width, height: header.height)

        var palette: UnsafeRawBufferPointer?
        var exif: UnsafeRawBufferPointer?
        var dataOffset: Int?
        walk: while true {
            let offset = reader.offset
            let chunk = try reader.nextChecked()
            switch chunk.type {
            case PNGChunk.end:
                break walk
            case PNGChunk.data:
                dataOffset = dataOffset ?? offset
            case PNGChunk.palette:
                guard palette == nil, dataOffset == nil, chunk.body.count % 3 == 0, (3...768).contains(chunk.body.count)
                else { throw .corrupt(format: .png, reason: "its palette is misplaced or has a wrong length") }
                palette = chunk.body
            case PNGChunk.exif:
                exif = exif ?? chunk.body
            default:
                guard !chunk.isCritical else {
                    throw .corrupt(format: .png, reason: "its \(chunk.name) chunk is unknown but marked as critical")
                }
            }
        }
        guard let dataOffset else { throw .corrupt(format: .png, reason: "it has no picture data") }
        guard header.colorType != .palette || palette != nil else {
            throw .corrupt(format: .png, reason: "it has no palette")
        }
        self.bytes = bytes
        self.header = header
        self.palette = palette
        self.dataOffset = dataOffset
        orientation = exif.map(Orientation.init(exif:)) ?? .upright
    }

    /// Every row has to be inflated and unfiltered whole.
    func reduction(upTo limit: Int) -> Int { 1 }

    func memory(columns: Int, rows: Int) -> Int {
        let inflater = 64 << 10
        let filteredRows = 2 * (header.rowBytes(width: width) + 16)
        let pixels = header.isInterlaced ? (width + columns * rows) * 4 : columns * 8
        return inflater + filteredRows + pixels
    }

    mutating func decode(reduction: Int, into resampler: inout Resampler) throws(ImageError) {
        let pixels = PNGPixels(header, palette: palette)
        var data = try PNGDataStream(bytes, from: dataOffset)
        if header.isInterlaced {
            try decodeInterlaced(&data, pixels: pixels, into: &resampler)
        } else {
            try decodeRows(&data, pixels: pixels, into: &resampler)
        }
    }

    private func decodeRows(
        _ data: inout PNGDataStream,
        pixels: PNGPixels,
        into resampler: inout Resampler
    ) throws(ImageError) {
        let columns = resampler.columns
        let needed = resampler.rows
        let stride = columns.count * 4
        let pair = OwnedBuffer<UInt8>(count: stride * 2 + resampler.rowSlack, filledWith: 0)
        var held = 0
        var rows = PNGRows(header, width: width)
        for index in 0..<height {
            // What lies below is read too, because it has to be there.
            guard index < needed.upperBound else {
                try rows.skip(&data)
                continue
            }
            let bytes = try rows.next(&data)
            guard index >= needed.lowerBound else { continue }
            pixels.expand(bytes, columns: columns, into: pair.base + stride * held)
            held += 1
            if held == 2 || index + 1 == needed.upperBound {
                let bytes = UnsafeRawBufferPointer(start: pair.base, count: pair.count)
                resampler.append(bytes, stride: stride, count: held)
                held = 0
            }
        }
    }
}
