internal import ResampleInterface

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

    /// Windows are in the order of the result, against which the stored rows may run.
    private let runsBackwards: Bool
    private let loops = ResampleSet.best.loops
    /// The latest rows, as many as are needed; row r lies at r modulo that number.
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
        let first = rowWindows.windows.first?.lowerBound ?? 0
        let last = rowWindows.windows.last?.lowerBound ?? 0
        runsBackwards = first > last
        // Rows come in pairs: a window may end with the first of one.
        ringRows = Self.rowsHeld(for: runsBackwards ? rowWindows.windows.reversed() : rowWindows.windows) + 1
        ringStride = shape.ringStride(columns: columns.count)
        lineStride = shape.lineStride(columns: columns.count, rowSlack: rowSlack)
        ring = OwnedBuffer(count: ringStride * ringRows, filledWith: 0)
        lines = OwnedBuffer(count: lineStride * 2, filledWith: 0)
        windowRows = OwnedBuffer(count: rowWindows.pairs * 2, filledWith: UnsafeRawPointer(ring.base))
        result = [UInt8](repeating: 0, count: shape.width * shape.height * 3)
    }

    /// Rows that have to be kept, for windows that are finished one after the other. A window may end before the one in
    /// front of it, which has to wait for rows that it does not need itself.
    private static func rowsHeld(for windows: [ResampleWindows.Window]) -> Int {
        var given = 0
        var held = 1
        for window in windows {
            given = max(given, window.upperBound)
            held = max(held, given - window.lowerBound)
        }
        return held
    }

    private static func rowSlack(pairs: Int) -> Int { AlongArguments.samples(pairs: pairs) * 4 }

    /// Bytes that a resampler takes beside its windows, and the pair of rows that it is given, at most; of the widest
    /// and the tallest window in samples.
    static func memory(columns: Int, widestWindow: Int, tallestWindow: Int, shape: Shape) -> Int {
        let rowSlack = rowSlack(pairs: widestWindow / 2 + 1)
        return shape.ringStride(columns: columns) * (tallestWindow + 1)
            + shape.lineStride(columns: columns, rowSlack: rowSlack) * 2
            + (tallestWindow + 2) * MemoryLayout<UnsafeRawPointer>.stride
            + (columns * 4 + rowSlack) * 2
            + shape.width * shape.height * 3
    }

    /// Takes the next of `rows`: the pixels of `columns`, four bytes each (red, green, blue, one to ignore), and
    /// `rowSlack` bytes more behind the last. Two rows at a time cost least.
    ///
    /// - Parameters:
    ///   - stride: bytes from one row to the next.
    ///   - count: of rows.
    mutating func append(_ bytes: UnsafeRawBufferPointer, stride: Int, count: Int) {
        precondition(count > 0 && bytes.count >= stride * (count - 1) + columns.count * 4 + rowSlack)
        precondition(nextRow + count <= rows.upperBound)
        guard let start = bytes.baseAddress else { return }
        for row in Swift.stride(from: 0, to: count, by: 2) {
            let first = start + stride * row
            let isPair = row + 1 < count
            take(first, isPair ? first + stride : first)
            nextRow += isPair ? 2 : 1
            while let index = pendingWindow, rowWindows.windows[index].upperBound <= nextRow {
                finish(index)
                finishedWindows += 1
            }
        }
    }

    /// Puts the next two rows into the ring; or the next one, if both are the same.
    private func take(_ first: UnsafeRawPointer, _ second: UnsafeRawPointer) {
        let firstSlot = slot(nextRow)
        let secondSlot = first == second ? firstSlot : slot(nextRow + 1)
        if shape.sumsFirst {
            firstSlot.copyMemory(from: first, byteCount: columns.count * 4)
            secondSlot.copyMemory(from: second, byteCount: columns.count * 4)
        } else {
            resizeAlong(first, second, into: firstSlot, secondSlot)
        }
    }

    /// Where a row lies in the ring.
    private func slot(_ row: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(ring.base + ringStride * (row % ringRows))
    }

    /// The resized picture, rows of `width` three-byte pixels; what no row was given for is black.
    consuming func pixels() -> [UInt8] {
        result
    }

    /// The window that is finished next.
    private var pendingWindow: Int? {
        let count = rowWindows.windows.count
        guard finishedWindows < count else { return nil }
        return runsBackwards ? count - 1 - finishedWindows : finishedWindows
    }

    private mutating func finish(_ index: Int) {
        let sums = UnsafeMutableRawPointer(lines.base)
        if shape.sumsFirst {
            let line = sums + lineStride
            sumDown(index, count: columns.count * 4, into: sums)
            resizeAlong(sums, sums, into: line, line)
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

    /// Both outputs become lines of the result; what lies outside of the picture stays zero.
    private func resizeAlong(
        _ first: UnsafeRawPointer,
        _ second: UnsafeRawPointer,
        into firstOutput: UnsafeMutableRawPointer,
        _ secondOutput: UnsafeMutableRawPointer
    ) {
        columnWindows.windows.withUnsafeBufferPointer { windows in
            columnWindows.taps.withUnsafeBufferPointer { taps in
                guard let taps = taps.baseAddress else { return }
                let origin = 4 * columns.lowerBound
                let offset = columnWindows.firstOutput * 3
                loops.along(
                    AlongArguments(
                        first: first - origin,
                        second: second - origin,
                        windows: windows,
                        taps: taps,
                        pairs: columnWindows.pairs,
                        firstOutput: firstOutput + offset,
                        secondOutput: secondOutput + offset
                    )
                )
            }
        }
        // The last pixel has left its fourth byte where the next one would begin.
        let end = (columnWindows.firstOutput + columnWindows.windows.count) * 3
        firstOutput.storeBytes(of: 0, toByteOffset: end, as: UInt8.self)
        secondOutput.storeBytes(of: 0, toByteOffset: end, as: UInt8.self)
    }

    private func sumDown(_ index: Int, count: Int, into output: UnsafeMutableRawPointer) {
        let window = rowWindows.windows[index]
        let pairs = ResampleWindows.pairs(window)
        for offset in 0..<pairs * 2 {
            // What follows an odd window counts nothing, but it has to be a row.
            let row = min(window.lowerBound + offset, window.upperBound - 1)
            windowRows.base[offset] = UnsafeRawPointer(slot(row))
        }
        rowWindows.taps.withUnsafeBufferPointer { taps in
            guard let first = taps.baseAddress else { return }
            loops.down(
                DownArguments(
                    rows: windowRows.base,
                    taps: first + index * rowWindows.pairs,
                    pairs: pairs,
                    count: count,
                    output: output
                )
            )
        }
    }
}
