import Glibc

extension JSONReader {
    /// Appends the numbers of an array, and of the arrays in it, in their order.
    ///
    /// - Parameter limit: numbers in `values` at most; more are refused.
    package mutating func readFloats(into values: inout [Float], limit: Int) throws(Rejection) {
        try beginArray()
        while try nextElement() {
            if try nextByte() == UInt8(ascii: "[") {
                try readFloats(into: &values, limit: limit)
            } else {
                try readRow(into: &values, limit: limit)
            }
        }
    }

    /// Reads numbers and commas, up to what is neither. The first number stands at `position`.
    private mutating func readRow(into values: inout [Float], limit: Int) throws(Rejection) {
        var hasMore = true
        while hasMore {
            // An array's own append would take as long as a number.
            var chunk = InlineArray<64, Float>(repeating: 0)
            var count = 0
            while hasMore, count < chunk.count {
                hasMore = takePlainNumbers(into: &chunk, count: &count)
                guard hasMore, count < chunk.count else { break }
                chunk[count] = try takeAnyFloat()
                count += 1
                hasMore = stepToNumber()
            }
            guard count <= limit - values.count else {
                throw broken("there are more than the \(limit) numbers that fit")
            }
            chunk.span.withUnsafeBufferPointer { values.append(contentsOf: $0[..<count]) }
        }
    }

    /// Reads plain numbers until the chunk is full or another number comes, which then stands at `position`; false when
    /// none comes. The first one stands at `position`.
    private mutating func takePlainNumbers(into chunk: inout InlineArray<64, Float>, count: inout Int) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        // What is kept in `self` would go through memory from one number to the next.
        var reader = self
        defer { self = reader }
        while count < chunk.count, bytes.count - reader.position >= PlainNumber.reach,
            let number = PlainNumber(base + reader.position)
        {
            reader.position += number.length
            chunk[count] = number.value
            count += 1
            guard reader.stepToNumber() else { return false }
        }
        return true
    }

    /// Steps over a comma and spaces, if a number follows them; else they are left to `nextElement`.
    @inline(__always)
    private mutating func stepToNumber() -> Bool {
        var next = position
        guard next < bytes.count, bytes[next] == UInt8(ascii: ",") else { return false }
        next += 1
        while next < bytes.count, bytes[next].isJSONSpace { next += 1 }
        guard next < bytes.count, bytes[next].isDigit || bytes[next] == UInt8(ascii: "-") else { return false }
        position = next
        return true
    }

    /// A number as the nearest Float.
    package mutating func readFloat() throws(Rejection) -> Float {
        guard try peek() == .number else { throw broken("a number is expected") }
        return try takeAnyFloat()
    }

    /// The same for a number that stands at `position`.
    @inline(never)
    private mutating func takeAnyFloat() throws(Rejection) -> Float {
        let start = position
        if let value = try scanNumber().nearestFloat { return value }
        // The C library wants a zero behind the text.
        guard position - start <= Self.maxNumberBytes else { throw broken("a number is too long") }
        let text = bytes[start..<position].map { CChar(bitPattern: $0) } + [0]
        let value = strtof(text, nil)
        guard value.isFinite else { throw broken("a number is larger than a Float can be") }
        return value
    }

    mutating func skipNumber() throws(Rejection) {
        _ = try scanNumber()
    }

    private static let maxNumberBytes = 1024

    /// Steps over a number (RFC 8259 §6) and takes up its digits.
    private mutating func scanNumber() throws(Rejection) -> DecimalNumber {
        guard let base = bytes.baseAddress, position < bytes.count else { throw broken("a number is expected") }
        let end = base + bytes.count
        var next = base + position
        var number = DecimalNumber()
        number.isNegative = next.pointee == UInt8(ascii: "-")
        next += number.isNegative ? 1 : 0
        let whole = next
        let wholeDigits = number.scan(&next, end: end)
        guard wholeDigits == 1 || wholeDigits > 1 && whole.pointee != UInt8(ascii: "0") else {
            throw broken("a number begins wrongly")
        }
        if next < end, next.pointee == UInt8(ascii: ".") {
            next += 1
            let fractionDigits = number.scan(&next, end: end)
            guard fractionDigits > 0 else { throw broken("a number ends with its point") }
            number.exponent -= fractionDigits
        }
        if next < end, next.pointee | 0x20 == UInt8(ascii: "e") {
            next += 1
            number.exponent += try exponent(&next, end: end)
        }
        position = next - base
        return number
    }

    /// Reads what stands behind the e; so large a number that nothing is left of it is as good as the right one.
    private func exponent(_ next: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) throws(Rejection) -> Int {
        var isNegative = false
        if next < end, next.pointee == UInt8(ascii: "-") || next.pointee == UInt8(ascii: "+") {
            isNegative = next.pointee == UInt8(ascii: "-")
            next += 1
        }
        let digits = next
        var exponent = 0
        while next < end, next.pointee.isDigit {
            exponent = min(exponent * 10 + Int(next.pointee & 15), 100_000)
            next += 1
        }
        guard next > digits else { throw broken("a number ends with its e") }
        return isNegative ? -exponent : exponent
    }
}
