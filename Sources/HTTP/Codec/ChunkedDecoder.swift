import HTTPTypes

/// Removes the chunked transfer coding (RFC 9112 §7.1), in as many pieces as it comes. Chunk extensions and trailer
/// fields are checked, bounded and dropped.
package struct ChunkedDecoder: Sendable {
    package enum Step: Sendable, Equatable {
        /// These bytes of the input are content.
        case data(Range<Int>)
        /// The input is used up.
        case needsMore
        /// The last chunk and the trailer section are read.
        case finished
    }

    private enum State {
        case sizeStart
        case size
        case extensionSpace
        case `extension`
        case sizeLineFeed
        case data
        case dataCarriageReturn
        case dataLineFeed
        case trailer
        case trailerLineFeed
        case finished
    }

    private let maxTrailerBytes: Int
    private var state = State.sizeStart
    /// Of the current chunk: its size while that is read, then what is still to come.
    private var remaining = 0
    private var sizeDigits = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var trailerLine: [UInt8] = []

    /// As many as 64 bits need: zeros before them must not go on for ever.
    private static let maxSizeDigits = 16
    /// For all chunks of one body together.
    private static let maxExtensionBytes = 4096

    package init(maxTrailerBytes: Int) {
        self.maxTrailerBytes = maxTrailerBytes
    }

    /// The next event of the input from `position` on, which moves behind what was used.
    package mutating func next(_ input: Span<UInt8>, from position: inout Int) throws(Rejection) -> Step {
        while state != .finished {
            guard position < input.count else { return .needsMore }
            if state == .data {
                let count = min(remaining, input.count - position)
                let range = position..<(position + count)
                position += count
                remaining -= count
                if remaining == 0 { state = .dataCarriageReturn }
                return .data(range)
            }
            try take(input[position])
            position += 1
        }
        return .finished
    }

    private mutating func take(_ byte: UInt8) throws(Rejection) {
        switch state {
        case .sizeStart:
            guard let digit = byte.hexadecimalValue else { throw Self.malformedSize }
            remaining = Int(digit)
            sizeDigits = 1
            state = .size
        case .size: try takeSize(byte)
        case .extensionSpace:
            // RFC 9112 §7.1.1 allows white space before the semicolon; nothing else may follow it.
            try countExtension()
            guard byte != UInt8(ascii: ";") else { return state = .extension }
            guard byte.isWhitespace else { throw Self.malformedSize }
        case .extension:
            guard byte != .carriageReturn else { return state = .sizeLineFeed }
            try countExtension()
            guard byte.isFieldContent else {
                throw Rejection(.badRequest, "A chunk extension holds a control character.")
            }
        case .sizeLineFeed:
            try expect(byte, .lineFeed)
            state = remaining == 0 ? .trailer : .data
        case .dataCarriageReturn:
            try expect(byte, .carriageReturn)
            state = .dataLineFeed
        case .dataLineFeed:
            try expect(byte, .lineFeed)
            state = .sizeStart
        case .trailer: try takeTrailer(byte)
        case .trailerLineFeed: try endTrailerLine(byte)
        case .data, .finished: break
        }
    }

    private mutating func takeSize(_ byte: UInt8) throws(Rejection) {
        switch byte {
        case .carriageReturn: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .extension
        case .space, .tab: state = .extensionSpace
        default:
            guard let digit = byte.hexadecimalValue else { throw Self.malformedSize }
            let (shifted, overflow) = remaining.multipliedReportingOverflow(by: 16)
            let (sum, carry) = shifted.addingReportingOverflow(Int(digit))
            sizeDigits += 1
            guard !overflow, !carry, sizeDigits <= Self.maxSizeDigits else {
                throw Rejection(.badRequest, "A chunk size exceeds 2^63 - 1, or has more than 16 digits.")
            }
            remaining = sum
        }
    }

    private mutating func takeTrailer(_ byte: UInt8) throws(Rejection) {
        trailerBytes += 1
        guard trailerBytes <= maxTrailerBytes else {
            throw Rejection(
                .requestHeaderFieldsTooLarge,
                "The trailer section is longer than \(maxTrailerBytes) bytes."
            )
        }
        switch byte {
        case .carriageReturn: state = .trailerLineFeed
        case .lineFeed: throw Rejection(.badRequest, "Each line of a trailer section must end with CR LF.")
        default: trailerLine.append(byte)
        }
    }

    private mutating func endTrailerLine(_ byte: UInt8) throws(Rejection) {
        try expect(byte, .lineFeed)
        guard !trailerLine.isEmpty else { return state = .finished }
        _ = try FieldLine.parse(trailerLine.span)
        trailerLine.removeAll(keepingCapacity: true)
        state = .trailer
    }

    private mutating func countExtension() throws(Rejection) {
        extensionBytes += 1
        guard extensionBytes <= Self.maxExtensionBytes else {
            throw Rejection(.badRequest, "The chunk extensions are longer than \(Self.maxExtensionBytes) bytes.")
        }
    }

    private func expect(_ byte: UInt8, _ expected: UInt8) throws(Rejection) {
        guard byte == expected else {
            throw Rejection(.badRequest, "A chunk's lines must end with CR LF, right behind its size and its data.")
        }
    }

    private static var malformedSize: Rejection {
        Rejection(.badRequest, "A chunk must begin with its size in hexadecimal digits.")
    }
}
