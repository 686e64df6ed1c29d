internal import KernelInterface

/// What one thread of this machine can do at most, measured.
package struct MachineSpeed: Sendable {
    /// Multiply-adds a second, from registers.
    package let multiplyAdds: Double
    /// Bytes a second read from memory.
    package let bytes: Double

    /// Takes about a tenth of a second.
    package init(_ set: InstructionSet, precision: Precision = .fp32) throws {
        let kernels = set.kernels
        let clock = ContinuousClock()
        func best(_ body: () -> Void) -> Double {
            (0..<10).map { _ in clock.measure(body) / .seconds(1) }.min() ?? .infinity
        }

        let values = try FloatMemory(count: 2 * kernels.block)
        let rounds = 100_000
        let element = precision.element
        var words = 0
        let seconds = best {
            words = kernels.peak(PeakArguments(rounds: rounds, element: element, values: values.base))
        }
        multiplyAdds = Double(words * element.perWord) / seconds

        // Larger than any cache that a core has for itself.
        let columns = 1 << 20
        let plane = try FloatMemory(count: columns * kernels.block + kernels.block)
        plane.base.update(repeating: 1, count: plane.count)
        let reading = PlaneArguments(
            plane: plane.base,
            rowStride: 0,
            rows: 1,
            columns: columns,
            channels: plane.base + columns * kernels.block
        )
        bytes = Double(columns * kernels.block * MemoryLayout<Float>.stride) / best { kernels.average(reading) }
    }

    /// The least time of a layer: the longer of computing and reading.
    ///
    /// - Parameter traffic: bytes.
    package func roofline(multiplyAdds work: Int, traffic: Int) -> Duration {
        .seconds(max(Double(work) / multiplyAdds, Double(traffic) / bytes))
    }
}
