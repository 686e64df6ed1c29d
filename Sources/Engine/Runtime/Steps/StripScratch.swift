internal import KernelInterface
internal import ModelGraph

/// The rows of a streamed convolution's features that exist at a time: a plane for each block of a panel's channels, with
/// the border that the depthwise convolution behind reads.
///
/// A word in front of them says whose border is in place. So panel after panel finds it, until another step takes the
/// memory.
struct StripScratch: Sendable {
    /// The features as if they existed as a whole.
    let layout: BufferLayout
    let rows: Int
    let blocks: Int
    let planeStride: Int
    /// Tells the steps of a plan apart.
    private let owner: UInt32

    private static let headerWords = 16

    /// - Parameters:
    ///   - rows: what the outputs of one strip read.
    ///   - blocks: of the widest panel.
    ///   - owner: a number that no other step of the plan has.
    init(layout: BufferLayout, rows: Int, blocks: Int, owner: Int) {
        self.layout = layout
        self.rows = rows
        self.blocks = blocks
        planeStride = rows * layout.rowStride
        self.owner = UInt32(truncatingIfNeeded: owner) * 2 + 2
    }

    /// Words.
    var count: Int { Self.headerWords + blocks * planeStride }

    /// The first plane.
    func planes(_ memory: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> { memory + Self.headerWords }

    /// Sees to the border left and right of all rows, and to that above and below if all rows are here, where they are in
    /// the image. A line's last word of pixels is the kernels' to fill.
    func clearBorder(isWhole: Bool, _ memory: UnsafeMutablePointer<Float>) {
        let mark = Float(bitPattern: owner + (isWhole ? 1 : 0))
        guard memory[0].bitPattern != mark.bitPattern else { return }
        memory[0] = mark
        let left = layout.border.left * layout.pixelStride
        let word = layout.element == .uint8Quads ? layout.element.perWord : 1
        let right = layout.border.right / word * word * layout.pixelStride
        let (planes, lines) = (planes(memory), blocks * rows)
        planes.update(repeating: layout.borderWord, count: left)
        for line in 1...lines {
            // A line's right border and the next one's left border are neighbours.
            let border = planes + line * layout.rowStride - right
            border.update(repeating: layout.borderWord, count: line < lines ? right + left : right)
        }
        guard isWhole else { return }
        let bottom = layout.border.top + layout.shape.height
        for row in 0..<rows where row < layout.border.top || row >= bottom { clearRow(row, blocks: blocks, memory) }
    }

    /// Writes a row of zeros, as they are stored, into the first `blocks` planes.
    func clearRow(_ row: Int, blocks: Int, _ memory: UnsafeMutablePointer<Float>) {
        let line = planes(memory) + row * layout.rowStride
        for block in 0..<blocks {
            (line + block * planeStride).update(repeating: layout.borderWord, count: layout.rowStride)
        }
    }

    /// Moves rows to the start.
    func moveToStart(_ rows: Range<Int>, blocks: Int, _ memory: UnsafeMutablePointer<Float>) {
        for block in 0..<blocks {
            let plane = planes(memory) + block * planeStride
            plane.update(from: plane + rows.lowerBound * layout.rowStride, count: rows.count * layout.rowStride)
        }
    }
}
