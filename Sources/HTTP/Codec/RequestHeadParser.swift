import HTTPTypes

/// Reads one request head, in as many pieces as it comes (RFC 9112 §§2–6). Does no I/O and keeps no bytes: the caller
/// shows it all bytes since the head's beginning each time, and it looks at each line once.
package struct RequestHeadParser: Sendable {
    package struct Limits: Sendable {
        package var maxHeadBytes: Int
        package var maxTargetBytes: Int
        package var maxFields: Int

        package init(maxHeadBytes: Int = 16 * 1024, maxTargetBytes: Int = 8 * 1024, maxFields: Int = 100) {
            self.maxHeadBytes = maxHeadBytes
            self.maxTargetBytes = maxTargetBytes
            self.maxFields = maxFields
        }
    }

    package enum Step: Sendable {
        /// All bytes so far are the beginning of a head.
        case needsMore
        /// The head, and how many bytes it took.
        case complete(RequestHead, byteCount: Int)
    }

    /// Whether anything but empty lines has been seen.
    package private(set) var hasBegun = false

    private let limits: Limits
    private var lineStart = 0
    private var searched = 0
    private var emptyLines = 0
    private var requestLine: RequestLine?
    private var fields = HTTPFields()
    private var control = ControlFields()

    /// A client may send a few empty lines before a request (RFC 9112 §2.2).
    private static let maxEmptyLines = 8

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Goes on with the head. After a complete head or a rejection the parser is spent.
    /// - Parameter input: all bytes since the head's beginning.
    package mutating func advance(over input: Span<UInt8>) throws(Rejection) -> Step {
        while let lineFeed = input.firstIndex(of: .lineFeed, from: searched) {
            try checkCarriageReturns(input, before: lineFeed)
            if requestLine == nil { try checkBeginning(input.extracting(lineStart..<lineFeed)) }
            // A bare LF is how smuggled requests begin.
            guard lineFeed > lineStart, input[lineFeed - 1] == .carriageReturn else {
                throw Rejection(.badRequest, "Each line of a head must end with CR LF.")
            }
            let line = input.extracting(lineStart..<(lineFeed - 1))
            lineStart = lineFeed + 1
            searched = lineStart
            if requestLine == nil {
                try takeRequestLine(line)
                try checkSize(lineStart)
            } else {
                try checkSize(lineStart)
                if line.count == 0 { return .complete(try finishedHead(), byteCount: lineStart) }
                try takeField(line)
            }
        }
        try checkCarriageReturns(input, before: input.count)
        searched = input.count
        try checkUnfinished(input)
        return .needsMore
    }

    /// Refuses a carriage return that something else than a line feed follows: no more bytes can mend it.
    private mutating func checkCarriageReturns(_ input: Span<UInt8>, before end: Int) throws(Rejection) {
        // What was searched before may have ended with one.
        let start = max(lineStart, searched - 1)
        guard let place = input.firstIndex(of: .carriageReturn, from: start), place + 1 < end else { return }
        try checkUnfinished(input.extracting(...place))
        throw Rejection(.badRequest, "A carriage return must be followed by a line feed.")
    }

    /// Judges what has come when its last line is not whole.
    private mutating func checkUnfinished(_ input: Span<UInt8>) throws(Rejection) {
        if requestLine == nil { try checkBeginning(input.extracting(lineStart...)) }
        // One more byte must still fit: the line's end.
        try checkSize(input.count + 1)
    }

    private mutating func takeRequestLine(_ line: Span<UInt8>) throws(Rejection) {
        guard line.count > 0 else {
            emptyLines += 1
            guard emptyLines <= Self.maxEmptyLines else {
                throw Rejection(.badRequest, "Too many empty lines before the request.")
            }
            return
        }
        requestLine = try RequestLine(parsing: line, maxTargetBytes: limits.maxTargetBytes)
    }

    /// Judges the first line by its beginning alone, so that the verdict does not depend on how much has come.
    private mutating func checkBeginning(_ line: Span<UInt8>) throws(Rejection) {
        guard line.count > 0, !(line.count == 1 && line[0] == .carriageReturn) else { return }
        hasBegun = true
        try RequestLine.checkBeginning(line, maxTargetBytes: limits.maxTargetBytes)
    }

    private mutating func takeField(_ line: Span<UInt8>) throws(Rejection) {
        guard fields.count < limits.maxFields else {
            throw Rejection(.requestHeaderFieldsTooLarge, "The request has more than \(limits.maxFields) fields.")
        }
        let field = try FieldLine.parse(line)
        try control.note(field)
        fields.append(field)
    }

    private func checkSize(_ byteCount: Int) throws(Rejection) {
        guard byteCount <= limits.maxHeadBytes else {
            throw Rejection(
                .requestHeaderFieldsTooLarge,
                "Request line and fields together are longer than \(limits.maxHeadBytes) bytes."
            )
        }
    }

    private func finishedHead() throws(Rejection) -> RequestHead {
        guard let requestLine else { throw Rejection(.badRequest, "The request has no request line.") }
        let version = requestLine.version
        try control.checkHost(version: version)
        return RequestHead(
            method: requestLine.method,
            target: requestLine.target,
            version: version,
            fields: fields,
            framing: try control.framing(version: version),
            expectation: control.expectation(version: version),
            allowsKeepAlive: control.allowsKeepAlive(version: version),
            byteCount: lineStart
        )
    }
}
