/// What else people take for a file of weights, told by its first bytes.
enum ForeignFormat: String, CaseIterable {
    case hdf5 = "an HDF5 file, as Keras writes them"
    case tensorFlowLite = "a TensorFlow Lite model"
    case gguf = "a GGUF file"
    case page = "an HTML or XML page"

    /// Nil for what may be a file of weights.
    init?(_ bytes: UnsafeRawBufferPointer) {
        func has(_ text: String, at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: text.utf8) }
        guard
            let format = Self.allCases.first(where: { format in
                switch format {
                case .hdf5: bytes.first == 0x89 && has("HDF", at: 1)
                case .tensorFlowLite: has("TFL3", at: 4)
                case .gguf: has("GGUF")
                // The length that safetensors files begin with may have this byte too, but ends in zeros.
                case .page: has("<") && bytes.dropFirst(4).prefix(4).contains { $0 != 0 }
                }
            })
        else { return nil }
        self = format
    }
}
