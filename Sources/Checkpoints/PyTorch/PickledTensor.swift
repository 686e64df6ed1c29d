import ModelGraph

/// Memory that tensors lie in, as a pickle names it.
struct PickledStorage {
    enum Element: Equatable {
        case known(ElementType)
        /// 64-bit floats, which are rounded to 32 bits.
        case double
        case unsupported(name: String, size: Int)

        /// Bytes.
        var size: Int {
            switch self {
            case .known(let type): type.byteCount
            case .double: 8
            case .unsupported(_, let size): size
            }
        }
    }

    var key: String
    var element: Element
    /// Elements.
    var count: Int
    /// Of a view into another storage (older files), the elements before it.
    var offset = 0
}

/// A tensor as a pickle describes it; sizes and places are checked.
struct PickledTensor {
    let storage: PickledStorage
    /// The first element, counted in the storage.
    let offset: Int
    let shape: [Int]
    let strides: [Int]
    /// Elements.
    let count: Int

    private static let rankLimit = 16

    init(storage: PickledStorage, offset: Int, shape: [Int], strides: [Int]) throws(PickleFlaw) {
        guard shape.count == strides.count, shape.count <= Self.rankLimit, shape.allSatisfy({ $0 >= 0 }),
            strides.allSatisfy({ $0 >= 0 }), offset >= 0
        else { throw PickleFlaw("a tensor has the shape \(shape) and the strides \(strides)") }
        var count = 1
        var last = offset
        for (extent, stride) in zip(shape, strides) {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            let (distance, isFar) = stride.multipliedReportingOverflow(by: max(0, extent - 1))
            let (sum, isTooFar) = last.addingReportingOverflow(distance)
            guard !overflow, !isFar, !isTooFar else { throw PickleFlaw("a tensor's shape \(shape) is too large") }
            count = product
            last = sum
        }
        guard count == 0 || last < storage.count, count <= storage.count else {
            throw PickleFlaw(
                "a tensor of shape \(shape) from element \(offset) on reaches beyond its storage of \(storage.count)"
            )
        }
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.strides = strides
        self.count = count
    }

    /// Bytes that reading it takes beside the file.
    var copiedBytes: Int {
        if case .known = storage.element, isContiguous { 0 } else { count * storage.element.size }
    }

    /// Whether the elements lie in the order of the shape without holes.
    var isContiguous: Bool {
        guard count > 0 else { return true }
        var expected = 1
        for (extent, stride) in zip(shape, strides).reversed() where extent > 1 {
            guard stride == expected else { return false }
            expected *= extent
        }
        return true
    }

    /// The tensor over its storage's bytes: in place where it lies in order, else copied.
    ///
    /// - Parameters:
    ///   - bytes: where the storage lies in `memory`.
    func tensor(in memory: any ByteStorage, bytes: Range<Int>) -> Tensor? {
        let size = storage.element.size
        switch storage.element {
        case .unsupported: return nil
        case .known(let type) where isContiguous:
            let start = bytes.lowerBound + (count == 0 ? 0 : offset * size)
            return Tensor(elementType: type, shape: shape, storage: memory, byteRange: start..<start + count * size)
        case .known(let type):
            let copy = OwnedBytes(count: count * size) { target in
                let source = memory.bytes[bytes.lowerBound...]
                forEachElement { index, element in
                    for byte in 0..<size {
                        target[index * size + byte] = source[bytes.lowerBound + element * size + byte]
                    }
                }
            }
            return Tensor(elementType: type, shape: shape, storage: copy, byteRange: 0..<count * size)
        case .double:
            let copy = OwnedBytes(count: count * 4) { target in
                forEachElement { index, element in
                    let place = bytes.lowerBound + element * size
                    let value = memory.bytes.loadUnaligned(fromByteOffset: place, as: Double.self)
                    target.storeBytes(of: Float(value), toByteOffset: index * 4, as: Float.self)
                }
            }
            return Tensor(elementType: .float32, shape: shape, storage: copy, byteRange: 0..<count * 4)
        }
    }

    /// Calls for each element, in the order of the shape, with its number and its place in the storage.
    private func forEachElement(_ body: (_ index: Int, _ element: Int) -> Void) {
        guard count > 0 else { return }
        let (run, step) = (shape.last ?? 1, strides.last ?? 0)
        var place = offset
        var position = [Int](repeating: 0, count: shape.count)
        for first in stride(from: 0, to: count, by: run) {
            for index in 0..<run { body(first + index, place + index * step) }
            for dimension in position.indices.dropLast().reversed() {
                position[dimension] += 1
                place += strides[dimension]
                if position[dimension] < shape[dimension] { break }
                place -= strides[dimension] * shape[dimension]
                position[dimension] = 0
            }
        }
    }
}
