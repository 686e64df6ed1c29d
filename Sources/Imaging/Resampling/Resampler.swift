/// Resizes a stored picture row by row as it is decoded: holds only as many rows as the tallest window needs, and the
/// small result.
///
/// It resizes along one axis, rounds to bytes, then along the other; the bytes depend on which comes first.
struct Resampler: ~Copyable {
    /// The part of the stored picture that is to be given, in the decoder's samples.
    let columns: Range<Int>
    let rows: Range<Int>
    /// Bytes that have to be readable behind the pixels of a row that is given.
    let rowSlack: Int

    private let columnWindows: ResampleWindows
    private let rowWindows: ResampleWindows
    private let shape: Shape

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

    /// How stored rows relate to the result.
    struct Shape {
        /// Whether a stored row is a column of the result.
        var swapsAxes: Bool
        /// Whether rows are summed before they are resized along.
        var sumsFirst: Bool
        /// Of the result, in pixels.
        var width: Int
        var height: Int

        /// Pixels of the result that come from a stored row.
        fileprivate var lineLength: Int { swapsAxes ? height : width }

        /// Bytes from one row of the ring to the next.
        fileprivate func ringStride(columns: Int) -> Int {
            (sumsFirst ? columns * 4 : lineLength * 3) + ResampleLoops.slack
        }

        /// Bytes from one line to the other.
        fileprivate func lineStride(columns: Int, rowSlack: Int) -> Int {
            max(ringStride(columns: columns), lineLength * 3 + ResampleLoops.slack) + rowSlack
        }
    }

    /// - Parameters:
    ///   - columnWindows: along the stored rows.
    ///   - rowWindows: down the stored columns.
    init(columnWindows: ResampleWindows, rowWindows: ResampleWindows, shape: Shape) {
        self.columnWindows = columnWindows
        self.rowWindows = rowWindows
        self.shape = shape
        columns = columnWindows.samples
        rows = rowWindows.samples
        nextRow = rows.lowerBound
        rowSlack = Self.rowSlack(pairs: columnWindows.pairs)
        ringRows = max(rowWindows.windows.lazy.map(\.count).max() ?? 1, 1)
        ringStride = shape.ringStride(columns: columns.count)
        lineStride = shape.lineStride(columns: columns.count, rowSlack: rowSlack)
        ring = OwnedBuffer(count: ringStride * ringRows, filledWith: 0)
        lines = OwnedBuffer(count: lineStride * 2, filledWith: 0)
        windowRows = OwnedBuffer(count: rowWindows.pairs * 2, filledWith: UnsafeRawPointer(ring.base))
        result = [UInt8](repeating: 0, count: shape.width * shape.height * 3)
    }

    private static func rowSlack(pairs: Int) -> Int { (2 * pairs + 2) * 4 }

    /// Bytes that a resampler takes beside its windows, and the row that it is given, at most; of the widest and the
    /// tallest window in samples.
    static func memory(columns: Int, widestWindow: Int, tallestWindow: Int, shape: Shape) -> Int {
        let rowSlack = rowSlack(pairs: widestWindow / 2 + 1)
        return shape.ringStride(columns: columns) * tallestWindow
            + shape.lineStride(columns: columns, rowSlack: rowSlack) * 2
            + (tallestWindow + 2) * MemoryLayout<UnsafeRawPointer>.stride
            + columns * 4 + rowSlack
            + shape.width * shape.height * 3
    }

    /// Takes the next of `rows`: the pixels of `columns`, four bytes each (red, green, blue, one to ignore), and
    /// `rowSlack` bytes more.
    mutating func append(_ row: UnsafeRawBufferPointer) {
        precondition(row.count >= columns.count * 4 + rowSlack && rows.contains(nextRow))
        guard let source = row.baseAddress else { return }
        let slot = UnsafeMutableRawPointer(ring.base + ringStride * (nextRow % ringRows))
        if shape.sumsFirst {
            slot.copyMemory(from: source, byteCount: columns.count * 4)
        } else {
            resizeAlong(source, into: slot)
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
        let sums = UnsafeMutableRawPointer(lines.base)
        if shape.sumsFirst {
            let line = sums + lineStride
            sumDown(index, count: columns.count * 4, into: sums)
            resizeAlong(sums, into: line)
            place(line, at: rowWindows.firstOutput + index)
        } else {
            sumDown(index, count: shape.lineLength * 3, into: sums)
            place(sums, at: rowWindows.firstOutput + index)
        }
    }

    /// Copies a finished line into its row or column of the result.
    private mutating func place(_ line: UnsafeRawPointer, at index: Int) {
        let shape = shape
        let bytes = UnsafeRawBufferPointer(start: line, count: shape.lineLength * 3)
        result.withUnsafeMutableBytes { result in
            if shape.swapsAxes {
                for y in 0..<shape.height {
                    let target = (y * shape.width + index) * 3
                    result[target] = bytes[y * 3]
                    result[target + 1] = bytes[y * 3 + 1]
                    result[target + 2] = bytes[y * 3 + 2]
                }
            } else {
                UnsafeMutableRawBufferPointer(rebasing: result[(index * bytes.count)...]).copyMemory(from: bytes)
            }
        }
    }

    /// - Parameter output: a line of the result; what lies outside of the picture stays zero.
    private func resizeAlong(_ row: UnsafeRawPointer, into output: UnsafeMutableRawPointer) {
        columnWindows.windows.withUnsafeBufferPointer { windows in
            columnWindows.taps.withUnsafeBufferPointer { taps in
                guard let taps = taps.baseAddress else { return }
                ResampleLoops.horizontal(
                    row - 4 * columns.lowerBound,
                    windows: windows,
                    taps: taps,
                    pairs: columnWindows.pairs,
                    into: output + columnWindows.firstOutput * 3
                )
            }
        }
        // The last pixel has left its fourth byte where the next one would begin.
        output.storeBytes(
            of: 0,
            toByteOffset: (columnWindows.firstOutput + columnWindows.windows.count) * 3,
            as: UInt8.self
        )
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
