/// Resizes a stored picture row by row as it is decoded: holds only as many rows as the tallest window needs, and the
/// small result.
///
/// Pillow resizes the upright picture first along its width, rounds to bytes, then along its height. Where a stored row
/// is an upright column the two passes change places, so that the bytes are the same as if the picture had been turned
/// upright before.
struct Resampler: ~Copyable {
    /// The part of the stored picture that is to be given, in the decoder's samples.
    let columns: Range<Int>
    let rows: Range<Int>
    /// Bytes that have to be readable behind the pixels of a row that is given.
    let rowSlack: Int

    private let columnWindows: ResampleWindows
    private let rowWindows: ResampleWindows
    private let swapsAxes: Bool
    private let width: Int
    private let height: Int

    /// The latest rows, as many as the tallest window needs; row r lies at r modulo that number.
    private let ring: OwnedBuffer<UInt8>
    private let ringStride: Int
    private let ringRows: Int
    /// The rows of the window at hand.
    private let windowRows: OwnedBuffer<UnsafeRawPointer>
    /// A line between two passes, and one behind them.
    private let lines: OwnedBuffer<UInt8>
    private let lineStride: Int
    private var nextRow: Int
    private var finishedWindows = 0
    private var result: [UInt8]

    /// - Parameters:
    ///   - columnWindows: along the stored rows.
    ///   - rowWindows: down the stored columns.
    ///   - swapsAxes: whether a stored row is a column of the result.
    ///   - width: of the result, in pixels; so is `height`.
    init(columnWindows: ResampleWindows, rowWindows: ResampleWindows, swapsAxes: Bool, width: Int, height: Int) {
        self.columnWindows = columnWindows
        self.rowWindows = rowWindows
        self.swapsAxes = swapsAxes
        self.width = width
        self.height = height
        columns = columnWindows.samples
        rows = rowWindows.samples
        nextRow = rows.lowerBound
        rowSlack = Self.rowSlack(pairs: columnWindows.pairs)
        ringRows = max(rowWindows.windows.lazy.map(\.count).max() ?? 1, 1)
        ringStride = Self.ringStride(columns: columns.count, swapsAxes: swapsAxes, width: width)
        lineStride = max(ringStride, max(width, height) * 3 + ResampleLoops.slack) + rowSlack
        ring = OwnedBuffer(count: ringStride * ringRows, filledWith: 0)
        lines = OwnedBuffer(count: lineStride * 2, filledWith: 0)
        windowRows = OwnedBuffer(count: rowWindows.pairs * 2, filledWith: UnsafeRawPointer(ring.base))
        result = [UInt8](repeating: 0, count: width * height * 3)
    }

    private static func rowSlack(pairs: Int) -> Int { (2 * pairs + 2) * 4 }

    private static func ringStride(columns: Int, swapsAxes: Bool, width: Int) -> Int {
        (swapsAxes ? columns * 4 : width * 3) + ResampleLoops.slack
    }

    /// Bytes that a resampler takes beside its windows, at most; of the widest and the tallest window in samples.
    static func memory(
        columns: Int,
        widestWindow: Int,
        tallestWindow: Int,
        swapsAxes: Bool,
        width: Int,
        height: Int
    ) -> Int {
        let ringStride = ringStride(columns: columns, swapsAxes: swapsAxes, width: width)
        let line = ringStride + max(width, height) * 3 + rowSlack(pairs: widestWindow / 2 + 1) + ResampleLoops.slack
        return ringStride * tallestWindow + line * 2 + (tallestWindow + 2) * 8 + width * height * 3
    }

    /// Takes the next of `rows`: the pixels of `columns`, four bytes each (red, green, blue, one to ignore), and
    /// `rowSlack` bytes more.
    mutating func append(_ row: UnsafeRawBufferPointer) {
        precondition(row.count >= columns.count * 4 + rowSlack && rows.contains(nextRow))
        guard let source = row.baseAddress else { return }
        let slot = UnsafeMutableRawPointer(ring.base + ringStride * (nextRow % ringRows))
        if swapsAxes {
            slot.copyMemory(from: source, byteCount: columns.count * 4)
        } else {
            resizeAlong(source, into: slot + columnWindows.firstOutput * 3)
        }
        nextRow += 1
        while let index = pendingWindow, rowWindows.windows[index].upperBound <= nextRow {
            finish(index)
            finishedWindows += 1
        }
    }

    /// The resized picture, rows of `width` three-byte pixels; what no row was given for is black.
    consuming func pixels() -> [UInt8] {
        result
    }

    /// The unfinished window that ends first. Windows are in the order of the result, against which the stored rows may
    /// run.
    private var pendingWindow: Int? {
        let windows = rowWindows.windows
        guard finishedWindows < windows.count else { return nil }
        let isMirrored = windows[0].lowerBound > windows[windows.count - 1].lowerBound
        return isMirrored ? windows.count - 1 - finishedWindows : finishedWindows
    }

    private mutating func finish(_ index: Int) {
        let output = rowWindows.firstOutput + index
        let sums = UnsafeMutableRawPointer(lines.base)
        if swapsAxes {
            sumDown(index, count: columns.count * 4, into: sums)
            let column = lines.base + lineStride
            resizeAlong(sums, into: column + columnWindows.firstOutput * 3)
            for y in 0..<height {
                let target = (y * width + output) * 3
                result[target] = column[y * 3]
                result[target + 1] = column[y * 3 + 1]
                result[target + 2] = column[y * 3 + 2]
            }
        } else {
            sumDown(index, count: width * 3, into: sums)
            result.withUnsafeMutableBytes { result in
                UnsafeMutableRawBufferPointer(rebasing: result[(output * width * 3)...].prefix(width * 3))
                    .copyMemory(from: UnsafeRawBufferPointer(start: sums, count: width * 3))
            }
        }
    }

    private func resizeAlong(_ row: UnsafeRawPointer, into output: UnsafeMutableRawPointer) {
        columnWindows.windows.withUnsafeBufferPointer { windows in
            columnWindows.taps.withUnsafeBufferPointer { taps in
                guard let taps = taps.baseAddress else { return }
                ResampleLoops.horizontal(
                    row - 4 * columns.lowerBound,
                    windows: windows,
                    taps: taps,
                    pairs: columnWindows.pairs,
                    into: output
                )
            }
        }
    }

    private func sumDown(_ index: Int, count: Int, into output: UnsafeMutableRawPointer) {
        let window = rowWindows.windows[index]
        let pairs = ResampleWindows.pairs(window)
        for offset in 0..<pairs * 2 {
            // What follows an odd window counts nothing, but it has to be a row.
            let row = min(window.lowerBound + offset, window.upperBound - 1)
            windowRows.base[offset] = UnsafeRawPointer(ring.base + ringStride * (row % ringRows))
        }
        rowWindows.taps.withUnsafeBufferPointer { taps in
            guard let first = taps.baseAddress else { return }
            ResampleLoops.vertical(
                windowRows.base,
                taps: first + index * rowWindows.pairs,
                pairs: pairs,
                count: count,
                into: output
            )
        }
    }
}
