/// From the bytes of an unfiltered row to pixels of four bytes: red, green, blue and one to ignore. Of 16 bits the
/// higher 8 are taken; alpha is dropped.
struct PNGPixels {
    private enum Layout {
        /// Indices of less than 8 bits, the first in the highest bits, into `table`.
        case packed(bits: Int)
        /// An index of a byte into `table`, every so many bytes.
        case indexed(step: Int)
        /// Red, green and blue, each `sample` bytes from the last, every so many bytes.
        case color(step: Int, sample: Int)
    }

    private let layout: Layout
    /// What an index stands for, in the order of the bytes in memory; 256 of them.
    private let table: [UInt32]

    /// - Parameter palette: three bytes a colour; an index behind its end is black.
    init(_ header: PNGHeader, palette: UnsafeRawBufferPointer?) {
        let step = header.bitsPerPixel / 8
        switch header.colorType {
        case .color, .colorAlpha: layout = .color(step: step, sample: header.bitDepth / 8)
        case .grey, .palette, .greyAlpha:
            layout = header.bitDepth < 8 ? .packed(bits: header.bitDepth) : .indexed(step: step)
        }
        if header.colorType == .palette, let palette {
            table = (0..<256).map { index in
                guard 3 * index + 2 < palette.count else { return 0 }
                return Self.pixel(palette[3 * index], palette[3 * index + 1], palette[3 * index + 2])
            }
        } else {
            let white = (1 << min(header.bitDepth, 8)) - 1
            table = (0..<256).map { index in
                let grey = UInt8(truncatingIfNeeded: index * 255 / white)
                return Self.pixel(grey, grey, grey)
            }
        }
    }

    /// - Parameters:
    ///   - row: long enough for `columns`.
    ///   - output: room for as many pixels as `columns` has, aligned for 32-bit numbers.
    func expand(_ row: UnsafePointer<UInt8>, columns: Range<Int>, into output: UnsafeMutableRawPointer) {
        table.withUnsafeBufferPointer { table in
            switch layout {
            case .packed(let bits):
                let mask = (1 << bits) - 1
                for column in columns {
                    let bit = column &* bits
                    let index = Int(row[bit >> 3]) >> (8 &- bits &- (bit & 7)) & mask
                    output.storeBytes(
                        of: table[index],
                        toByteOffset: 4 &* (column &- columns.lowerBound),
                        as: UInt32.self
                    )
                }
            case .indexed(let step):
                for column in columns {
                    output.storeBytes(
                        of: table[Int(row[column &* step])],
                        toByteOffset: 4 &* (column &- columns.lowerBound),
                        as: UInt32.self
                    )
                }
            case .color(let step, let sample):
                for column in columns {
                    let source = row + column &* step
                    output.storeBytes(
                        of: Self.pixel(source[0], source[sample], source[2 &* sample]),
                        toByteOffset: 4 &* (column &- columns.lowerBound),
                        as: UInt32.self
                    )
                }
            }
        }
    }

    private static func pixel(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt32 {
        UInt32(littleEndian: UInt32(red) | UInt32(green) << 8 | UInt32(blue) << 16)
    }
}
