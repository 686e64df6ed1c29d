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

    private let columnWindows: ResampleWindows
    private let rowWindows: ResampleWindows
    private let swapsAxes: Bool
    private let width: Int
    private let height: Int

    /// The latest rows, as many as the tallest window needs; row r lies at r modulo that number.
    private let ring: OwnedBuffer<UInt8>
    private let ringStride: Int
    /// What the second pass leaves of one row, before it is moved into `pixels`.
    private let lines: OwnedBuffer<UInt8>
    private let lineStride: Int
    /// The rows of the window at hand.
    private let sources: OwnedBuffer<UnsafePointer<UInt8>>
    private var nextRow: Int
    private var finishedWindows = 0
    private var pixels: [UInt8]

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
        let keptLine = (swapsAxes ? height : width) * 3
        let rowBytes = swapsAxes ? columns.count * 4 : keptLine
        ringStride = rowBytes + ResampleLoops.slack
        lineStride = max(rowBytes, keptLine) + ResampleLoops.slack
        ring = OwnedBuffer(count: ringStride * rowWindows.widest, filledWith: 0)
        lines = OwnedBuffer(count: lineStride * 2, filledWith: 0)
        sources = OwnedBuffer(count: rowWindows.widest + 1, filledWith: UnsafePointer(ring.base))
        nextRow = rows.lowerBound
        pixels = [UInt8](repeating: 0, count: width * height * 3)
    }

    /// Bytes that a resampler of such windows takes, beside the windows.
    static func memory(columns: Int, tallestWindow: Int, swapsAxes: Bool, width: Int, height: Int) -> Int {
        let rowBytes = (swapsAxes ? columns * 4 : width * 3) + ResampleLoops.slack
        return rowBytes * (tallestWindow + 2) + tallestWindow * 8 + height * (width + 2) * 3
    }

    /// Takes the next of `rows`: the pixels of `columns`, four bytes each (red, green, blue, one to ignore), and
    /// `ResampleLoops.slack` more bytes that can be read.
    mutating func append(_ row: UnsafeRawBufferPointer) {
        precondition(row.count >= columns.count * 4 + ResampleLoops.slack && rows.contains(nextRow))
        guard let source = row.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let slot = ring.base + ringStride * (nextRow % rowWindows.widest)
        if swapsAxes {
            slot.update(from: source, count: columns.count * 4)
        } else {
            resizeAlong(source, into: slot)
        }
        nextRow += 1
        while let window = pendingWindow, window.end <= nextRow {
            finish(window)
            finishedWindows += 1
        }
    }

    /// The resized picture, rows of `width` three-byte pixels; what no row was given for is black.
    consuming func result() -> [UInt8] {
        pixels
    }

    /// The unfinished window that ends first. Windows are in the order of the result, against which the stored rows may
    /// run.
    private var pendingWindow: ResampleWindows.Window? {
        let windows = rowWindows.windows
        guard finishedWindows < windows.count else { return nil }
        let isMirrored = windows[0].start > windows[windows.count - 1].start
        return windows[isMirrored ? windows.count - 1 - finishedWindows : finishedWindows]
    }

    private mutating func finish(_ window: ResampleWindows.Window) {
        if swapsAxes {
            sumDown(window, count: columns.count * 4, into: lines.base)
            let column = lines.base + lineStride
            resizeAlong(lines.base, into: column)
            for y in 0..<height {
                for channel in 0..<3 {
                    pixels[(y * width + window.output) * 3 + channel] = column[y * 3 + channel]
                }
            }
        } else {
            sumDown(window, count: width * 3, into: lines.base)
            let start = window.output * width * 3
            for index in 0..<width * 3 {
                pixels[start + index] = lines.base[index]
            }
        }
    }

    private func resizeAlong(_ row: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) {
        columnWindows.windows.withUnsafeBufferPointer { windows in
            columnWindows.taps.withUnsafeBufferPointer { taps in
                guard let taps = taps.baseAddress else { return }
                ResampleLoops.horizontal(row, from: columns.lowerBound, windows: windows, taps: taps, into: output)
            }
        }
    }

    private func sumDown(_ window: ResampleWindows.Window, count: Int, into output: UnsafeMutablePointer<UInt8>) {
        let pairs = (window.count + 1) / 2
        for index in 0..<pairs * 2 {
            // An odd window's last pair has a weight of zero for its second row.
            let row = min(window.start + index, window.end - 1)
            sources.base[index] = UnsafePointer(ring.base + ringStride * (row % rowWindows.widest))
        }
        rowWindows.taps.withUnsafeBufferPointer { taps in
            ResampleLoops.vertical(
                sources.base,
                taps: UnsafeBufferPointer(rebasing: taps[window.tap..<window.tap + pairs]),
                count: count,
                into: output
            )
        }
    }
}
