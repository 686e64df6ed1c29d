internal import KernelInterface
internal import ModelGraph

/// Rows and columns of zeros around features, so that kernels need no border cases.
struct Border: Sendable, Equatable {
    var top = 0
    var left = 0
    var bottom = 0
    var right = 0

    var isEmpty: Bool { self == Border() }

    /// Becomes the smallest border that holds both.
    mutating func formUnion(_ other: Border) {
        top = max(top, other.top)
        left = max(left, other.left)
        bottom = max(bottom, other.bottom)
        right = max(right, other.right)
    }
}

/// How one image's features lie in memory: `[channel / block][row][column][channel % block]`, rows and columns with a
/// border of zeros. Strides and offsets are in words: see `Element`.
struct BufferLayout: Sendable, Equatable {
    let shape: FeatureShape
    /// Channels that lie side by side: the kernels' block, or all channels of the network's input.
    let block: Int
    let element: Element
    let border: Border
    /// What the border is filled with: zeros, as they are stored.
    let borderWord: Float

    let blocks: Int
    /// From one pixel to the next.
    let pixelStride: Int
    let rowStride: Int
    let planeStride: Int
    var imageStride: Int { blocks * planeStride }

    init(
        shape: FeatureShape,
        block: Int,
        element: Element = .float32,
        border: Border = Border(),
        borderWord: Float = 0
    ) {
        self.shape = shape
        self.block = block
        self.element = element
        self.border = border
        self.borderWord = borderWord
        blocks = (shape.channels + block - 1) / block
        pixelStride = block / element.perWord
        rowStride = (border.left + shape.width + border.right) * pixelStride
        planeStride = (border.top + shape.height + border.bottom) * rowStride
    }

    /// Of a pixel's first channel; rows and columns may lie in the border, counted from −top and −left.
    func offset(block index: Int = 0, row: Int, column: Int) -> Int {
        index * planeStride + (row + border.top) * rowStride + (column + border.left) * pixelStride
    }

    /// Writes the border of one plane.
    func clearBorder(ofPlane plane: UnsafeMutablePointer<Float>) {
        guard !border.isEmpty else { return }
        var start = 0
        for row in 0..<shape.height {
            let end = offset(row: row, column: 0)
            (plane + start).update(repeating: borderWord, count: end - start)
            start = end + shape.width * pixelStride
        }
        (plane + start).update(repeating: borderWord, count: planeStride - start)
    }
}

/// A place in the arena.
struct Buffer: Sendable, Equatable {
    var layout: BufferLayout
    /// Words from the start of its phase's memory for one image.
    var offset: Int
    /// Whether it is of the second phase, where each image of the batch has memory of its own. Those of the first use the
    /// same one after the other.
    var isBatched: Bool
}
