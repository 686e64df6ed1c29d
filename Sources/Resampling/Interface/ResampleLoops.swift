/// The two inner loops of the resampler, compiled for one family of CPUs. They take pointers and check nothing. All sets
/// give the same bytes: sums are whole numbers, and round once.
package struct ResampleLoops: Sendable {
    /// Bytes that `down` reads and writes past the end of a row, at most.
    package static var slack: Int { 16 }

    package var along: @Sendable (borrowing AlongArguments) -> Void
    package var down: @Sendable (borrowing DownArguments) -> Void

    package init(
        along: @escaping @Sendable (borrowing AlongArguments) -> Void,
        down: @escaping @Sendable (borrowing DownArguments) -> Void
    ) {
        self.along = along
        self.down = down
    }
}

/// Resizes two rows of four-byte pixels along their length to rows of three-byte pixels, one a window.
package struct AlongArguments {
    /// Samples that are to be readable from each window's start, for a number of pairs of taps.
    package static func samples(pairs: Int) -> Int { 2 * pairs + 2 }

    /// Start with sample 0, of which nothing is read before the first window.
    package var first: UnsafeRawPointer
    package var second: UnsafeRawPointer
    package var windows: UnsafeBufferPointer<Range<Int>>
    /// `pairs` of them for each window.
    package var taps: UnsafePointer<TapPair>
    package var pairs: Int
    /// Each has room for a byte more than its pixels have.
    package var firstOutput: UnsafeMutableRawPointer
    package var secondOutput: UnsafeMutableRawPointer

    package init(
        first: UnsafeRawPointer,
        second: UnsafeRawPointer,
        windows: UnsafeBufferPointer<Range<Int>>,
        taps: UnsafePointer<TapPair>,
        pairs: Int,
        firstOutput: UnsafeMutableRawPointer,
        secondOutput: UnsafeMutableRawPointer
    ) {
        self.first = first
        self.second = second
        self.windows = windows
        self.taps = taps
        self.pairs = pairs
        self.firstOutput = firstOutput
        self.secondOutput = secondOutput
    }
}

/// Sums rows of bytes, weighted, into one row.
package struct DownArguments {
    /// Two for each of `taps`.
    package var rows: UnsafePointer<UnsafeRawPointer>
    package var taps: UnsafePointer<TapPair>
    package var pairs: Int
    /// Bytes of a row.
    package var count: Int
    package var output: UnsafeMutableRawPointer

    package init(
        rows: UnsafePointer<UnsafeRawPointer>,
        taps: UnsafePointer<TapPair>,
        pairs: Int,
        count: Int,
        output: UnsafeMutableRawPointer
    ) {
        self.rows = rows
        self.taps = taps
        self.pairs = pairs
        self.count = count
        self.output = output
    }
}
