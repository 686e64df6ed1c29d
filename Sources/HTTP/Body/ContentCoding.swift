import Compression
import HTTPTypes

/// The content codings that are read and written (RFC 9110 §8.4.1).
package enum ContentCoding: String, Sendable, CaseIterable {
    case gzip, deflate

    /// Undoes the codings of a request's body, the last one first.
    ///
    /// - Parameters:
    ///   - codings: the value of Content-Encoding; nil for none.
    ///   - limit: bytes that may come out, also between two codings.
    /// - Throws: 415 for a coding that is not read, 413 beyond the limit, 400 for data that is broken.
    package static func decode(_ body: [UInt8], codings: String?, limit: Int) throws(Rejection) -> [UInt8] {
        var body = body
        for coding in try list(codings).reversed() { body = try coding.inflate(body, limit: limit) }
        return body
    }

    /// The codings that a Content-Encoding names, in the order in which they were applied.
    ///
    /// - Throws: 415 for one that is not read, or more than two.
    package static func list(_ codings: String?) throws(Rejection) -> [ContentCoding] {
        var list: [ContentCoding] = []
        for name in (codings ?? "").split(separator: ",") {
            let token = name.filter { $0 != " " && $0 != "\t" }.lowercased()
            if token.isEmpty || token == "identity" { continue }
            guard let coding = ContentCoding(rawValue: token == "x-gzip" ? "gzip" : token), list.count < 2 else {
                throw Rejection(
                    .unsupportedMediaType,
                    "The Content-Encoding \(codings ?? "") is not read; send gzip or deflate, or no Content-Encoding."
                )
            }
            list.append(coding)
        }
        return list
    }

    /// The coding that a client likes best among ours; nil where it wants none (RFC 9110 §12.5.3).
    package static func preferred(by acceptEncoding: String?) -> ContentCoding? {
        var weights: [Substring: Double] = [:]
        for entry in (acceptEncoding ?? "").lowercased().split(separator: ",") {
            let parts = entry.split(separator: ";").map { $0.trimmed }
            guard let name = parts.first else { continue }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 }
            weights[name] = quality ?? 1
        }
        func weight(_ name: Substring) -> Double { weights[name] ?? weights["*"] ?? 0 }
        let best = allCases.max { weight(Substring($0.rawValue)) < weight(Substring($1.rawValue)) }
        guard let best, weight(Substring(best.rawValue)) > 0 else { return nil }
        // Both alike: gzip, which no client reads in two ways.
        return weight("gzip") >= weight(Substring(best.rawValue)) ? .gzip : best
    }

    /// The body in this coding; nil if there is no memory for it.
    package func encode(_ body: [UInt8]) -> [UInt8]? {
        Deflater.deflate(body, as: self == .gzip ? .gzip : .zlib)
    }

    private func inflate(_ input: [UInt8], limit: Int) throws(Rejection) -> [UInt8] {
        var output: [UInt8] = []
        do throws(InflateError) {
            var inflater = try Inflater(wrapper(of: input))
            var piece = [UInt8](repeating: 0, count: 64 * 1024)
            var position = 0
            while true {
                let progress = try input.withUnsafeBufferPointer { input throws(InflateError) in
                    let rest = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: input[position...]))
                    return try piece.withUnsafeMutableBufferPointer { piece throws(InflateError) in
                        try inflater.inflate(rest, into: UnsafeMutableRawBufferPointer(piece))
                    }
                }
                position += progress.consumed
                guard output.count + progress.produced <= limit else { break }
                output.append(contentsOf: piece[..<progress.produced])
                if progress.isFinished {
                    guard position == input.count else { throw .corrupt(reason: "something follows its end") }
                    return output
                }
                guard progress.consumed + progress.produced > 0 else { throw .corrupt(reason: "it is cut short") }
            }
        } catch {
            throw Rejection(.badRequest, "The \(rawValue) body cannot be read. \(error)")
        }
        throw Rejection(.contentTooLarge, "The body inflates to more than the \(limit) bytes that are allowed here.")
    }

    /// Some clients send "deflate" without the zlib wrapper that RFC 9110 asks for.
    private func wrapper(of input: [UInt8]) -> DeflateWrapper {
        if self == .gzip { return .gzip }
        guard input.count >= 2 else { return .zlib }
        let isWrapped = input[0] & 0x0F == 8 && (Int(input[0]) << 8 | Int(input[1])) % 31 == 0
        return isWrapped ? .zlib : .raw
    }
}

extension Substring {
    /// Without spaces and tabs around it.
    var trimmed: Substring {
        var text = self
        while let first = text.utf8.first, first == .space || first == .tab { text.removeFirst() }
        while let last = text.utf8.last, last == .space || last == .tab { text.removeLast() }
        return text
    }
}
