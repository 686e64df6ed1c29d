/// Reads pickles of state dicts (Python's pickle protocols 0 to 5, described in its module pickletools), and refuses all
/// others: it knows the few opcodes and classes that tensors need, and calls nothing.
///
/// Not copyable: a copy that is still held would make the stack copy itself at each step.
struct Unpickler: ~Copyable {
    let bytes: UnsafeRawBufferPointer
    /// The first byte that is not read yet.
    private(set) var position: Int
    /// Containers, by the numbers that values hold.
    private(set) var sequences: [[PickleValue]] = []
    private(set) var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var operations = 0

    /// Far more than the state dict of any network takes.
    private static let operationLimit = 2_000_000

    /// - Parameter position: where the pickle starts.
    init(_ bytes: UnsafeRawBufferPointer, position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// Reads one pickle up to its end; another may follow.
    mutating func load() throws(PickleFlaw) -> PickleValue {
        stack = []
        marks = []
        memo = [:]
        while true {
            operations += 1
            guard operations <= Self.operationLimit else {
                throw PickleFlaw("it takes more than \(Self.operationLimit) steps", isRefusal: true)
            }
            let code = try byte()
            if code == UInt8(ascii: ".") { return try pop() }
            try execute(code)
        }
    }

    // MARK: Opcodes

    private mutating func execute(_ code: UInt8) throws(PickleFlaw) {
        switch code {
        case 0x80: try protocolVersion()
        case 0x95: _ = try integer(bytes: 8)
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.bool(true))
        case 0x89: stack.append(.bool(false))
        case UInt8(ascii: "K"): stack.append(.integer(try integer(bytes: 1)))
        case UInt8(ascii: "M"): stack.append(.integer(try integer(bytes: 2)))
        case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try integer(bytes: 4)))))
        case 0x8a: try longInteger(size: try integer(bytes: 1))
        case UInt8(ascii: "G"): try number()
        case UInt8(ascii: "X"), UInt8(ascii: "T"), UInt8(ascii: "B"): try text(size: try integer(bytes: 4))
        case 0x8c, UInt8(ascii: "U"), UInt8(ascii: "C"): try text(size: try integer(bytes: 1))
        case 0x8d, 0x8e: try text(size: try integer(bytes: 8))
        case UInt8(ascii: ")"): pushSequence([])
        case UInt8(ascii: "]"): pushSequence([])
        case UInt8(ascii: "t"), UInt8(ascii: "l"): pushSequence(try popToMark())
        case 0x85: pushSequence(try pop(count: 1))
        case 0x86: pushSequence(try pop(count: 2))
        case 0x87: pushSequence(try pop(count: 3))
        case UInt8(ascii: "a"): try append(try pop(count: 1))
        case UInt8(ascii: "e"): try append(try popToMark())
        case UInt8(ascii: "}"): pushDictionary([])
        case UInt8(ascii: "d"):
            let items = try popToMark()
            pushDictionary([])
            try setItems(items)
        case UInt8(ascii: "s"): try setItems(try pop(count: 2))
        case UInt8(ascii: "u"): try setItems(try popToMark())
        case UInt8(ascii: "q"): memo[try integer(bytes: 1)] = try top()
        case UInt8(ascii: "r"): memo[try integer(bytes: 4)] = try top()
        case 0x94: memo[memo.count] = try top()
        case UInt8(ascii: "h"): try recall(try integer(bytes: 1))
        case UInt8(ascii: "j"): try recall(try integer(bytes: 4))
        case UInt8(ascii: "c"): try pushClass(module: try line(), name: try line())
        case 0x93:
            let names = try pop(count: 2)
            guard case .text(let module) = names[0], case .text(let name) = names[1] else {
                throw PickleFlaw("the name of a class is no text")
            }
            try pushClass(module: module, name: name)
        case UInt8(ascii: "Q"): try pushStorage(try pop())
        case UInt8(ascii: "R"): try call()
        case 0x81: try makeObject()
        case UInt8(ascii: "b"): try build()
        default:
            let letter = code > 0x20 && code < 0x7f ? " \"\(Unicode.Scalar(code))\"" : ""
            throw PickleFlaw("opcode 0x\(String(code, radix: 16))\(letter) is none that weights need", isRefusal: true)
        }
    }

    private mutating func protocolVersion() throws(PickleFlaw) {
        let version = try integer(bytes: 1)
        guard version <= 5 else { throw PickleFlaw("pickle protocol \(version) is unknown") }
    }

    /// Any length of two's complement; what does not fit 64 bits becomes nothing.
    private mutating func longInteger(size: Int) throws(PickleFlaw) {
        let digits = try take(size)
        guard size <= 8 else {
            stack.append(.ignored)
            return
        }
        var value: Int = digits.last.map { $0 & 0x80 != 0 } == true ? -1 : 0
        for digit in digits.reversed() { value = value << 8 | Int(digit) }
        stack.append(.integer(value))
    }

    private mutating func number() throws(PickleFlaw) {
        let bits = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        stack.append(.number(Double(bitPattern: bits)))
    }

    private mutating func text(size: Int) throws(PickleFlaw) {
        stack.append(.text(String(decoding: try take(size), as: UTF8.self)))
    }

    private mutating func recall(_ index: Int) throws(PickleFlaw) {
        guard let value = memo[index] else { throw PickleFlaw("memo \(index) is used before it is set") }
        stack.append(value)
    }

    private mutating func append(_ values: [PickleValue]) throws(PickleFlaw) {
        switch try top() {
        case .sequence(let index): sequences[index] += values
        case .ignored: break
        default: throw PickleFlaw("something is appended to what is no list")
        }
    }

    private mutating func setItems(_ values: [PickleValue]) throws(PickleFlaw) {
        guard values.count.isMultiple(of: 2) else { throw PickleFlaw("a dictionary has a key without a value") }
        switch try top() {
        case .dictionary(let index):
            for first in stride(from: 0, to: values.count, by: 2) {
                dictionaries[index].append((values[first], values[first + 1]))
            }
        case .ignored: break
        default: throw PickleFlaw("an item is set in what is no dictionary")
        }
    }

    // MARK: Stack

    mutating func push(_ value: PickleValue) {
        stack.append(value)
    }

    mutating func pushSequence(_ values: [PickleValue]) {
        sequences.append(values)
        stack.append(.sequence(sequences.count - 1))
    }

    mutating func pushDictionary(_ items: [(key: PickleValue, value: PickleValue)]) {
        dictionaries.append(items)
        stack.append(.dictionary(dictionaries.count - 1))
    }

    mutating func pop() throws(PickleFlaw) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else {
            throw PickleFlaw("its stack runs empty before byte \(position)")
        }
        return value
    }

    /// The last values, first pushed first.
    mutating func pop(count: Int) throws(PickleFlaw) -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else {
            throw PickleFlaw("its stack runs empty before byte \(position)")
        }
        return popAll(from: stack.count - count)
    }

    private mutating func popToMark() throws(PickleFlaw) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw PickleFlaw("a mark is missing before byte \(position)") }
        return popAll(from: mark)
    }

    /// The values from a place on. A slice that is still held while the stack shrinks would be as bad as a copy.
    private mutating func popAll(from first: Int) -> [PickleValue] {
        let values = stack.withUnsafeBufferPointer { Array($0[first...]) }
        stack.removeLast(values.count)
        return values
    }

    private func top() throws(PickleFlaw) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.last else {
            throw PickleFlaw("its stack runs empty before byte \(position)")
        }
        return value
    }

    // MARK: Bytes

    private mutating func byte() throws(PickleFlaw) -> UInt8 {
        guard position < bytes.count else { throw PickleFlaw("it ends at byte \(position) without a full stop") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func take(_ count: Int) throws(PickleFlaw) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - position else {
            throw PickleFlaw("\(count) bytes are promised at byte \(position), but it ends before")
        }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// An unsigned little-endian number.
    private mutating func integer(bytes count: Int) throws(PickleFlaw) -> Int {
        let value = try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let integer = Int(exactly: value) else { throw PickleFlaw("a length of \(value) is not possible") }
        return integer
    }

    private mutating func line() throws(PickleFlaw) -> String {
        let longest = 200
        guard let end = bytes[position...].prefix(longest).firstIndex(of: UInt8(ascii: "\n")) else {
            throw PickleFlaw("the name of a class has no end")
        }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }
}
