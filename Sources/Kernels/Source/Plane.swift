internal import KernelInterface

/// Means over a plane. Each row is summed on its own, then the rows: the order depends on the plane's size only.
func average(_ arguments: borrowing PlaneArguments) {
    switch arguments.element {
    case .float32: average(Float32Format.self, arguments)
    case .bfloat16: average(BFloat16Format.self, arguments)
    case .uint8, .uint8Quads: break  // Never planned.
    }
}

@inline(__always)
private func average<Plane: Format>(_: Plane.Type, _ arguments: borrowing PlaneArguments) {
    var sum = broadcast(0)
    for y in 0..<arguments.rows {
        let row = UnsafePointer(arguments.plane) + y * arguments.rowStride
        var rowSum = broadcast(0)
        for x in 0..<arguments.columns { rowSum = add(rowSum, Plane.read(row + x * Plane.words)) }
        sum = add(sum, rowSum)
    }
    store(arguments.channels, div(sum, broadcast(Float(arguments.rows * arguments.columns))))
}

func scale(_ arguments: borrowing PlaneArguments) {
    switch arguments.element {
    case .float32: scale(Float32Format.self, arguments)
    case .bfloat16: scale(BFloat16Format.self, arguments)
    case .uint8, .uint8Quads: break  // Never planned.
    }
}

@inline(__always)
private func scale<Plane: Format>(_: Plane.Type, _ arguments: borrowing PlaneArguments) {
    let factor = load(arguments.channels)
    for y in 0..<arguments.rows {
        let row = arguments.plane + y * arguments.rowStride
        for x in 0..<arguments.columns {
            Plane.write(mul(Plane.read(row + x * Plane.words), factor), to: row + x * Plane.words)
        }
    }
}
