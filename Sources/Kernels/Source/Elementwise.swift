internal import KernelInterface

func elementwise(_ arguments: borrowing ElementwiseArguments) {
    let factor = arguments.factors.map { load($0) } ?? broadcast(1)
    let offset = arguments.offsets.map { load($0) } ?? broadcast(0)
    let lowest = broadcast(arguments.activation.lowest)
    let highest = broadcast(arguments.activation.highest)
    for y in 0..<arguments.rows {
        let input = arguments.input + y * arguments.inputRowStride
        let output = arguments.output + y * arguments.outputRowStride
        for x in 0..<arguments.columns {
            var value = load(input + x * width)
            if let other = arguments.other {
                value = add(value, load(other + y * arguments.otherRowStride + x * width))
            }
            let clamped = clamp(add(mul(value, factor), offset), lowest, highest)
            store(output + x * width, apply(arguments.activation.curve, clamped, Float32Format.self))
        }
    }
}
