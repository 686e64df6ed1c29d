/// What is still to be written on one connection: heads with short bodies, then one body.
struct Outbound {
    enum Progress: Equatable {
        /// All is written.
        case done
        /// The socket takes no more for now; whether it took some.
        case blocked(tookBytes: Bool)
        case failed
    }

    private var head: [UInt8] = []
    private var body: [UInt8] = []
    private var written = 0
    /// Bytes written, or promised, since the last `takeTotal`.
    private var total = 0
    /// Bytes that count as written though they wait.
    private var promised = 0

    private static let maxCopiedBytes = 1024
    /// So many wait at most for others to go with them.
    private static let maxPromisedBytes = 16 * 1024

    private var waiting: Int { head.count + body.count - written }

    var isEmpty: Bool { waiting == 0 }

    mutating func appendHead(_ append: (inout [UInt8]) -> Void) {
        append(&head)
    }

    /// - Parameter bytes: follow what was appended so far. A few are copied: the kernel takes one buffer faster than two.
    mutating func setBody(_ bytes: [UInt8]) {
        if bytes.count <= Self.maxCopiedBytes { head += bytes } else { body = bytes }
    }

    /// Counts what waits as written, and leaves it to the next flush.
    /// - Returns: false where there is too much to let it wait.
    mutating func promise() -> Bool {
        guard body.isEmpty, waiting <= Self.maxPromisedBytes else { return false }
        total += waiting - promised
        promised = waiting
        return true
    }

    mutating func flush(to descriptor: Int32) -> Progress {
        var tookBytes = false
        while !isEmpty {
            let transfer = head.withUnsafeBytes { head in
                body.withUnsafeBytes { body in
                    Socket.write(
                        descriptor,
                        UnsafeRawBufferPointer(rebasing: head[min(written, head.count)...]),
                        UnsafeRawBufferPointer(rebasing: body[max(0, written - head.count)...])
                    )
                }
            }
            switch transfer {
            case .bytes(let count):
                written += count
                total += max(0, count - promised)
                promised = max(0, promised - count)
                tookBytes = tookBytes || count > 0
            case .wouldBlock: return .blocked(tookBytes: tookBytes)
            case .ended, .failed: return .failed
            }
        }
        head.removeAll(keepingCapacity: head.capacity <= 1024)
        body = []
        written = 0
        return .done
    }

    /// The bytes written, or promised, since the last call.
    mutating func takeTotal() -> Int {
        defer { total = 0 }
        return total
    }
}
