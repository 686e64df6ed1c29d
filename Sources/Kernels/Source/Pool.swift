internal import KernelInterface

func pool(_ arguments: borrowing PoolArguments) {
    switch arguments.inputElement {
    case .float32: pool(Float32Format.self, arguments)
    case .bfloat16: pool(BFloat16Format.self, arguments)
    case .uint8, .uint8Quads: break  // Never planned.
    }
}

private func pool<Input: Format>(_ input: Input.Type, _ arguments: borrowing PoolArguments) {
    switch arguments.outputElement {
    case .float32: pool(input, Float32Format.self, arguments)
    case .bfloat16: pool(input, BFloat16Format.self, arguments)
    case .uint8, .uint8Quads: break  // Never planned.
    }
}

/// Window by window, row by row: the order of a sum depends on the window's place only.
private func pool<Input: Format, Output: Format>(
    _: Input.Type,
    _: Output.Type,
    _ arguments: borrowing PoolArguments
) {
    for y in 0..<arguments.rows {
        let top = y * arguments.stride - arguments.top
        let firstRow = Swift.max(top, 0)
        let lastRow = Swift.min(top + arguments.kernelHeight, arguments.inputRows)
        for x in 0..<arguments.columns {
            let left = x * arguments.stride - arguments.left
            let firstColumn = Swift.max(left, 0)
            let lastColumn = Swift.min(left + arguments.kernelWidth, arguments.inputColumns)
            var result = broadcast(arguments.isMaximum ? -.infinity : 0)
            var row = firstRow
            while row < lastRow {
                let line = arguments.input + row * arguments.inputRowStride
                var column = firstColumn
                while column < lastColumn {
                    let value = Input.read(line + column * Input.words)
                    result = arguments.isMaximum ? max(result, value) : add(result, value)
                    column += 1
                }
                row += 1
            }
            if !arguments.isMaximum {
                let inside = Swift.max((lastRow - firstRow) * (lastColumn - firstColumn), 1)
                let count = arguments.countsPadding ? arguments.kernelHeight * arguments.kernelWidth : inside
                result = div(result, broadcast(Float(count)))
            }
            Output.write(result, to: arguments.output + y * arguments.outputRowStride + x * Output.words)
        }
    }
}
