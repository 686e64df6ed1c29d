import ModelGraph

/// A small array of numbers that exporters compute sizes with: shapes, paddings, axes.
struct ONNXArray {
    var shape: [Int]
    var values: [Double]
    /// Division rounds towards zero.
    var isInteger: Bool

    /// Elements at most: sizes are few.
    static let limit = 4096

    init(shape: [Int], values: [Double], isInteger: Bool) {
        self.shape = shape
        self.values = values
        self.isInteger = isInteger
    }

    init(_ integers: [Int]) {
        self.init(shape: [integers.count], values: integers.map(Double.init), isInteger: true)
    }

    /// Nil for tensors that are too large to be sizes.
    init?(_ tensor: Tensor) {
        guard tensor.count <= Self.limit else { return nil }
        if let floats = tensor.floats() {
            self.init(shape: tensor.shape, values: floats.map(Double.init), isInteger: false)
            return
        }
        let size = tensor.elementType.byteCount
        let values = tensor.withUnsafeBytes { bytes in
            (0..<tensor.count).map { index -> Double in
                switch tensor.elementType {
                case .int64: Double(bytes.loadUnaligned(fromByteOffset: index * size, as: Int64.self))
                case .int32: Double(bytes.loadUnaligned(fromByteOffset: index * size, as: Int32.self))
                case .int8: Double(Int8(bitPattern: bytes[index]))
                default: Double(bytes[index])
                }
            }
        }
        self.init(shape: tensor.shape, values: values, isInteger: true)
    }

    /// As whole numbers; what is beyond them is their end.
    var integers: [Int] { values.map { Int(exactly: $0.rounded(.towardZero)) ?? ($0 < 0 ? .min : .max) } }

    // MARK: Operators

    /// Element by element, one number standing for all.
    func combined(with other: ONNXArray, _ operation: (Double, Double) -> Double) -> ONNXArray? {
        let count = max(values.count, other.values.count)
        guard values.count == count || values.count == 1, other.values.count == count || other.values.count == 1,
            count > 0
        else { return nil }
        let results = (0..<count).map { index in
            operation(values[values.count == 1 ? 0 : index], other.values[other.values.count == 1 ? 0 : index])
        }
        let isInteger = isInteger && other.isInteger
        return ONNXArray(
            shape: values.count == count ? shape : other.shape,
            values: isInteger ? results.map { $0.rounded(.towardZero) } : results,
            isInteger: isInteger
        )
    }

    func mapped(_ operation: (Double) -> Double) -> ONNXArray {
        ONNXArray(shape: shape, values: values.map(operation), isInteger: isInteger)
    }

    /// The elements at these places of the first axis; for lists and single numbers.
    func gathered(_ indices: ONNXArray) -> ONNXArray? {
        guard shape.count == 1 else { return nil }
        var results: [Double] = []
        for index in indices.integers {
            let place = index < 0 ? index &+ values.count : index
            guard values.indices.contains(place) else { return nil }
            results.append(values[place])
        }
        return ONNXArray(shape: indices.shape, values: results, isInteger: isInteger)
    }

    /// One −1 takes what is left, a 0 what stood there.
    func reshaped(_ target: [Int]) -> ONNXArray? {
        var sizes: [Int] = []
        for (index, size) in target.enumerated() {
            let size = size == 0 ? (shape.indices.contains(index) ? shape[index] : 0) : size
            guard size >= -1, size <= Self.limit else { return nil }
            sizes.append(size)
        }
        guard sizes.count <= 8, sizes.count(where: { $0 == -1 }) < 2 else { return nil }
        let known = sizes.filter { $0 >= 0 }.reduce(1) { min($0 * $1, Self.limit + 1) }
        if let open = sizes.firstIndex(of: -1) {
            guard known > 0, values.count.isMultiple(of: known) else { return nil }
            sizes[open] = values.count / known
        }
        guard sizes.reduce(1, { min($0 * $1, Self.limit + 1) }) == values.count else { return nil }
        return ONNXArray(shape: sizes, values: values, isInteger: isInteger)
    }

    /// Every row backwards or forwards from start to end, along the first axis of a list or table.
    func sliced(start: Int, end: Int, step: Int) -> ONNXArray? {
        guard let count = shape.first, shape.count <= 2, step == 1 || step == -1 else { return nil }
        func clamp(_ place: Int, _ range: ClosedRange<Int>) -> Int {
            let place = place < 0 ? max(place &+ count, place < -count ? range.lowerBound : place &+ count) : place
            return min(max(place, range.lowerBound), range.upperBound)
        }
        let rows: [Int]
        if step > 0 {
            let (first, last) = (clamp(start, 0...count), clamp(end, 0...count))
            rows = first < last ? Array(first..<last) : []
        } else {
            let first = clamp(start, -1...count - 1)
            let last = end < -count ? -1 : clamp(end, -1...count - 1)
            rows = first > last ? Array(stride(from: first, to: last, by: -1)) : []
        }
        let width = shape.count == 2 ? shape[1] : 1
        let results = rows.flatMap { Array(values[$0 * width..<($0 + 1) * width]) }
        return ONNXArray(
            shape: [rows.count] + shape.dropFirst(),
            values: results,
            isInteger: isInteger
        )
    }

    /// Rows and columns of a table exchanged; a list stays.
    func transposed() -> ONNXArray? {
        guard shape.count == 2 else { return shape.count < 2 ? self : nil }
        let (rows, columns) = (shape[0], shape[1])
        let results = (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
        return ONNXArray(shape: [columns, rows], values: results, isInteger: isInteger)
    }
}
