import ModelGraph

/// What is wrong with a safetensors file, in words.
struct SafetensorsFlaw: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}

/// The parsed header of a safetensors file.
struct SafetensorsHeader {
    /// One tensor's description. Offsets count from the end of the header.
    struct Entry {
        var type: String
        var shape: [Int]
        var start: Int
        var end: Int
    }

    var metadata: [String: String] = [:]
    var entries: [String: Entry] = [:]

    /// The tensors must fill the data from its first byte to its last, without holes or overlaps.
    func checkLayout(dataSize: Int) throws(SafetensorsFlaw) {
        var position = 0
        for (name, entry) in entries.sorted(by: { ($0.value.start, $0.value.end) < ($1.value.start, $1.value.end) }) {
            guard entry.end >= entry.start else {
                throw SafetensorsFlaw("tensor \"\(name)\" ends before it starts")
            }
            guard entry.end <= dataSize else {
                throw SafetensorsFlaw("tensor \"\(name)\" ends at byte \(entry.end) of \(dataSize)")
            }
            guard entry.start == position else {
                throw SafetensorsFlaw(
                    "tensor \"\(name)\" starts at byte \(entry.start), but the one before it ends at \(position)"
                )
            }
            position = entry.end
        }
        guard position == dataSize else {
            throw SafetensorsFlaw("the tensors end at byte \(position) of \(dataSize)")
        }
    }
}

extension SafetensorsHeader.Entry {
    /// Shape and element type must give the size that the offsets give.
    func checkSize(of elementType: ElementType, name: String) throws(SafetensorsFlaw) {
        var size = elementType.byteCount
        for dimension in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw SafetensorsFlaw("the shape of tensor \"\(name)\", \(shape), is too large") }
            size = product
        }
        guard size == end - start else {
            throw SafetensorsFlaw(
                "tensor \"\(name)\" has \(end - start) bytes, but its shape \(shape) of \(type) takes \(size)"
            )
        }
    }
}
