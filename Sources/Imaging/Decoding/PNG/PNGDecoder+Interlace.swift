/// One of the seven passes of Adam7 (PNG, third edition, section 8.1): the pixels of a grid.
struct PNGPass {
    var firstColumn: Int
    var firstRow: Int
    var columnStep: Int
    var rowStep: Int

    static let all = [
        PNGPass(firstColumn: 0, firstRow: 0, columnStep: 8, rowStep: 8),
        PNGPass(firstColumn: 4, firstRow: 0, columnStep: 8, rowStep: 8),
        PNGPass(firstColumn: 0, firstRow: 4, columnStep: 4, rowStep: 8),
        PNGPass(firstColumn: 2, firstRow: 0, columnStep: 4, rowStep: 4),
        PNGPass(firstColumn: 0, firstRow: 2, columnStep: 2, rowStep: 4),
        PNGPass(firstColumn: 1, firstRow: 0, columnStep: 2, rowStep: 2),
        PNGPass(firstColumn: 0, firstRow: 1, columnStep: 1, rowStep: 2),
    ]

    func columns(of width: Int) -> StrideTo<Int> { stride(from: firstColumn, to: width, by: columnStep) }

    func rows(of height: Int) -> StrideTo<Int> { stride(from: firstRow, to: height, by: rowStep) }
}

extension PNGDecoder {
    /// Gathers the passes in a picture of what is needed, then hands out its rows.
    func decodeInterlaced(
        _ data: inout PNGDataStream,
        pixels: PNGPixels,
        into resampler: inout Resampler
    ) throws(ImageError) {
        let columns = resampler.columns
        let needed = resampler.rows
        let line = OwnedBuffer<UInt32>(count: width, filledWith: 0)
        let slack = resampler.rowSlack / MemoryLayout<UInt32>.stride
        let picture = OwnedBuffer<UInt32>(count: columns.count * needed.count + slack, filledWith: 0)
        for pass in PNGPass.all {
            let passColumns = pass.columns(of: width)
            let count = passColumns.underestimatedCount
            // A pass without columns has no rows either.
            guard count > 0 else { continue }
            var rows = PNGRows(header, width: count)
            for row in pass.rows(of: height) {
                let bytes = try rows.next(&data)
                guard needed.contains(row) else { continue }
                pixels.expand(bytes, columns: 0..<count, into: line.base)
                let start = (row - needed.lowerBound) * columns.count - columns.lowerBound
                for (index, column) in passColumns.enumerated() where columns.contains(column) {
                    picture.base[start + column] = line.base[index]
                }
            }
        }
        resampler.append(
            UnsafeRawBufferPointer(UnsafeBufferPointer(start: picture.base, count: picture.count)),
            stride: columns.count * 4,
            count: needed.count
        )
    }
}
