/// What one call of a GEMM kernel computes: lines of output pixels × one panel of output channels.
///
///     c[p][n] = activation(bias[n] + residual[p][n] + Σ over taps t, steps k: a[p + tap t][k] · b[t][k][n])
///
/// Every convolution is this product: a 1×1 convolution has one tap per block of input channels, a k×k convolution k·k
/// taps per block. Sums run in the order of `b`, tap by tap, whatever the tile or the line: the same bits for any
/// batch and any split over threads.
///
/// Activations are stored by blocks of channels: `[channel / block][row][column][channel % block]`, `block` being the
/// kernel set's vector width. Channels past the last one are zero. Distances are in words: see `Element`.
///
/// A step is one word of the input: one channel of floats; two of bf16, whose products are both added to a float; or four
/// of bytes, whose products are added to an integer of 32 bits, which a scale turns into a float at the end.
package struct GEMMArguments {
    /// The first output pixel's input, at tap offset 0.
    package var a: UnsafePointer<Float>
    /// Words from one output pixel's input to the next one's.
    package var aStride: Int
    /// Words from one line's first input to the next one's.
    package var aLineStride: Int
    /// Whether inputs of the next tile are asked for while one is computed: for those that come from far.
    package var readsAhead: Bool
    /// Weights that will be read after the panel's, about as many: asked for while tiles are computed.
    package var next: UnsafePointer<Float>?
    /// Words from `a` to each tap; `fullTaps` of them with a whole block's steps each, then `tailTaps` with `tailSteps` each.
    package var tapOffsets: UnsafePointer<Int>
    package var fullTaps: Int
    package var tailTaps: Int
    package var tailSteps: Int
    /// The packed panel: for each step of each tap, `blocks × block` words of weights.
    package var b: UnsafePointer<Float>
    /// Words from one step's weights to the next one's.
    package var bStride: Int
    /// `blocks × block` values, integers for inputs of bytes.
    package var bias: UnsafePointer<Float>
    /// For inputs of bytes: what the sums are multiplied with, `blocks × block` values.
    package var scales: UnsafePointer<Float>
    /// What `c` and `residual` hold. In quads, lines stand apart, and what is left of a line's last word is filled with
    /// zeros; the line's input may be read three pixels further than it is long.
    package var output: Element
    /// The first output pixel, first channel of the panel.
    package var c: UnsafeMutablePointer<Float>
    /// Words from one output pixel to the next.
    package var cStride: Int
    package var cLineStride: Int
    /// Words from one block of channels to the next.
    package var cBlockStride: Int
    /// Added before the activation; laid out like `c`, with distances of its own between lines and blocks. Never
    /// overlaps `c`.
    package var residual: UnsafePointer<Float>?
    package var residualLineStride: Int
    package var residualBlockStride: Int
    /// Lines, and output pixels of each, at least 1.
    package var lines: Int
    package var pixels: Int
    package var activation: Activation
    /// For outputs of bytes.
    package var mapping: ByteMapping

    package init(
        a: UnsafePointer<Float>,
        aStride: Int,
        aLineStride: Int = 0,
        readsAhead: Bool = false,
        next: UnsafePointer<Float>? = nil,
        tapOffsets: UnsafePointer<Int>,
        fullTaps: Int,
        tailTaps: Int,
        tailSteps: Int,
        b: UnsafePointer<Float>,
        bStride: Int,
        bias: UnsafePointer<Float>,
        scales: UnsafePointer<Float>? = nil,
        output: Element = .float32,
        c: UnsafeMutablePointer<Float>,
        cStride: Int,
        cLineStride: Int = 0,
        cBlockStride: Int,
        residual: UnsafePointer<Float>? = nil,
        residualLineStride: Int = 0,
        residualBlockStride: Int = 0,
        lines: Int = 1,
        pixels: Int,
        activation: Activation,
        mapping: ByteMapping = ByteMapping()
    ) {
        self.a = a
        self.aStride = aStride
        self.aLineStride = aLineStride
        self.readsAhead = readsAhead
        self.next = next
        self.tapOffsets = tapOffsets
        self.fullTaps = fullTaps
        self.tailTaps = tailTaps
        self.tailSteps = tailSteps
        self.b = b
        self.bStride = bStride
        self.bias = bias
        self.scales = scales ?? bias
        self.output = output
        self.c = c
        self.cStride = cStride
        self.cLineStride = cLineStride
        self.cBlockStride = cBlockStride
        self.residual = residual
        self.residualLineStride = residualLineStride
        self.residualBlockStride = residualBlockStride
        self.lines = lines
        self.pixels = pixels
        self.activation = activation
        self.mapping = mapping
    }
}

/// The register tiles of a kernel set for inputs of one format.
package struct GEMMKernels: Sendable {
    /// For panels of one block of output channels.
    package var one: GEMMKernel
    /// For panels of two, three and four blocks.
    package var two: GEMMKernel?
    package var three: GEMMKernel?
    package var four: GEMMKernel?
    /// For panels that end with half a block.
    package var oneAndHalf: GEMMKernel?
    package var twoAndHalf: GEMMKernel?
    package var threeAndHalf: GEMMKernel?

    package init(
        one: GEMMKernel,
        two: GEMMKernel? = nil,
        three: GEMMKernel? = nil,
        four: GEMMKernel? = nil,
        oneAndHalf: GEMMKernel? = nil,
        twoAndHalf: GEMMKernel? = nil,
        threeAndHalf: GEMMKernel? = nil
    ) {
        self.one = one
        self.two = two
        self.three = three
        self.four = four
        self.oneAndHalf = oneAndHalf
        self.twoAndHalf = twoAndHalf
        self.threeAndHalf = threeAndHalf
    }

    package var all: [GEMMKernel] {
        [one, two, three, four, oneAndHalf, twoAndHalf, threeAndHalf].compactMap { $0 }
    }
}

/// A register tile of the GEMM: how many pixels and blocks of output channels it holds, and its code.
package struct GEMMKernel: Sendable {
    package typealias Function = @Sendable (borrowing GEMMArguments) -> Void

    /// Output pixels of one tile; a shorter line is computed with smaller tiles of the same width.
    package var rows: Int
    /// Output pixels of the tile for what is left at a line's end.
    package var smallRows: Int
    /// Output pixels of the tiles that lines of quads are covered with; nil for a kernel that writes none.
    package var quads: QuadRows?
    /// Blocks of output channels of one panel.
    package var blocks: Int
    /// Whether the last of them has at most half a block's channels. Then its weights and biases are packed twice, in the
    /// block's first and second half, and outputs have the inputs' format.
    package var isHalved: Bool
    /// Pixel groups that are computed at once by a kernel whose products are of matrices; 0 for other kernels.
    package var groupsAtOnce: Int
    package var run: Function

    package init(rows: Int, smallRows: Int, quads: QuadRows, blocks: Int, run: @escaping Function) {
        self.rows = rows
        self.smallRows = smallRows
        self.quads = quads
        self.blocks = blocks
        isHalved = false
        groupsAtOnce = 0
        self.run = run
    }

    package init(halvedRows rows: Int, smallRows: Int, blocks: Int, run: @escaping Function) {
        self.rows = rows
        self.smallRows = smallRows
        self.blocks = blocks
        isHalved = true
        groupsAtOnce = 0
        self.run = run
    }

    /// A kernel for bf16 whose products are of matrices: its calls have either full taps or tail taps, and each tap is one
    /// product. That sums the first numbers of all words from zero, and the second ones, then adds both to the pixel's sum.
    /// Taps of more than 16 words are multiplied as by other kernels.
    ///
    /// - Parameter groups: of pixels that are computed at once.
    package init(matrixGroups groups: Int, blocks: Int, run: @escaping Function) {
        rows = groups * PixelGroups.mostPixels
        smallRows = 1
        self.blocks = blocks
        isHalved = false
        groupsAtOnce = groups
        self.run = run
    }

    package var isMatrix: Bool { groupsAtOnce > 0 }
}

/// Output pixels of the tiles that cover a line of quads.
package struct QuadRows: Sendable {
    /// A multiple of four. What is left is covered by fours, or by one tile if it is more than `main` − 4.
    package var main: Int
    /// Of tiles that only end lines; `main` where there are none.
    package var long: Int
    package var short: Int

    package init(main: Int, long: Int, short: Int) {
        self.main = main
        self.long = long
        self.short = short
    }
}
