internal import KernelInterface

func elementwise(_ arguments: borrowing ElementwiseArguments) {
    let factor = arguments.factors.map { load($0) } ?? broadcast(1)
    let offset = arguments.offsets.map { load($0) } ?? broadcast(0)
    for y in 0..<arguments.rows {
        let input = arguments.input + y * arguments.inputRowStride
        let output = arguments.output + y * arguments.outputRowStride
        for x in 0..<arguments.columns {
            var value = load(input + x * width)
            if let other = arguments.other {
                value = add(value, load(other + y * arguments.otherRowStride + x * width))
            }
            let sum = add(mul(value, factor), offset)
            store(output + x * width, activate(sum, arguments.activation, Float32Format.self))
        }
    }
}
