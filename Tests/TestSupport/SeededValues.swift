package import ModelGraph

/// Pseudo-random numbers as a formula of a name and an index, the same here and in scripts/seeded_values.py.
///
/// They stand in for weights and inputs that would be too big to commit. Everything is exact or rounded once in IEEE
/// arithmetic, so that both sides hold the same bits.
package enum SeededValues {
    /// Numbers in -1 ..< 1, multiples of 2⁻²³: SplitMix64 of the name's FNV-1a hash, its upper 24 bits.
    package static func units(_ name: String, count: Int) -> [Float] {
        let stream = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return (0..<count).map { index in
            var z = stream &+ UInt64(index + 1) &* 0x9e37_79b9_7f4a_7c15
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            z ^= z >> 31
            return Float(z >> 40) * 0x1p-23 - 1
        }
    }

    /// An input of shape [N, C, H, W]: half noise, half squares of one colour each, so that inputs tell apart.
    package static func picture(_ shape: [Int], name: String = "input") -> [Float] {
        let (height, width) = (shape[2], shape[3])
        let side = 32
        let (rows, columns) = ((height + side - 1) / side, (width + side - 1) / side)
        let planes = shape[0] * shape[1]
        let coarse = units("\(name).coarse", count: planes * rows * columns)
        return units(name, count: planes * height * width).enumerated().map { index, fine in
            let (plane, row, column) = (index / (height * width), index / width % height, index % width)
            return (fine + coarse[(plane * rows + row / side) * columns + column / side]) * 0.5
        }
    }

    /// The tensor of a model by its name and shape; scripts/seeded_values.py says what each kind looks like.
    ///
    /// - Parameter exponents: of each batch norm's scale, by the layer's name.
    package static func weight(_ name: String, shape: [Int], exponents: [String: Int]) -> [Float] {
        let units = units(name, count: shape.reduce(1, *))
        if shape.count > 1 {
            let bound = Float((6 / Double(shape.dropFirst().reduce(1, *))).squareRoot())
            return units.map { $0 * bound }
        }
        let parts = name.split(separator: ".")
        let exponent = exponents[parts.dropLast().joined(separator: ".")] ?? 0
        let scale = Float(sign: .plus, exponent: exponent, significand: 1)
        return switch parts.last {
        case "running_var": units.map { (1 + $0 * 0.5) * (scale * scale) }
        case "running_mean": units.map { $0 * 0.25 * scale }
        case "weight": units.map { 1 + $0 * 0.25 }
        default: units.map { $0 * 0.25 }
        }
    }

    /// A model's weights from the names and shapes of its tensors.
    package static func weights(_ shapes: [(name: String, shape: [Int])], exponents: [String: Int] = [:]) -> Weights {
        Weights(
            Dictionary(
                uniqueKeysWithValues: shapes.map { name, shape in
                    (name, Tensor(shape: shape, floats: weight(name, shape: shape, exponents: exponents)))
                }
            )
        )
    }
}
