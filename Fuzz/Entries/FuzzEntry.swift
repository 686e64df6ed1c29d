/// One reader of outside data, made to be called with any bytes at all: it must return, and keep the promises that it
/// states. libFuzzer calls it by `Targets/<name>`, and the tests with the seeds of `Seeds/<name>`.
package enum FuzzEntry: String, CaseIterable, Sendable {
    case http = "FuzzHTTP"
    case jpeg = "FuzzJPEG"
    case onnx = "FuzzONNX"
    case png = "FuzzPNG"
    case pyTorch = "FuzzPyTorch"
    case safetensors = "FuzzSafetensors"

    /// Traps where the reader breaks a promise.
    package func run(_ bytes: [UInt8]) {
        switch self {
        case .http: HTTPEntry.run(bytes)
        case .jpeg: PictureEntry.runJPEG(bytes)
        case .onnx: ONNXEntry.run(bytes)
        case .png: PictureEntry.runPNG(bytes)
        case .pyTorch: PyTorchEntry.run(bytes)
        case .safetensors: SafetensorsEntry.run(bytes)
        }
    }

    /// What `LLVMFuzzerTestOneInput` is given.
    package func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
        run(Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}
