package import ModelGraph

/// Writes safetensors files: the same weights always give the same bytes.
package enum SafetensorsWriter {
    /// The header with its length, padded to whole 8 bytes, and the order in which the tensors' bytes follow it.
    ///
    /// Wider element types come first, so that every tensor is aligned to its elements; then names decide.
    package static func layout(_ weights: Weights, metadata: [String: String]) -> (header: [UInt8], names: [String]) {
        let tensors = weights.names.compactMap { name in weights[name].map { (name: name, tensor: $0) } }
            .sorted { first, second in
                (second.tensor.elementType.byteCount, first.name) < (first.tensor.elementType.byteCount, second.name)
            }
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
        }
        var position = 0
        for (name, tensor) in tensors {
            let end = position + tensor.count * tensor.elementType.byteCount
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let type = tensor.elementType.safetensorsName
            members.append(
                "\(quoted(name)):{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(position),\(end)]}"
            )
            position = end
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: -text.count & 7))
        let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
        return (length + text, tensors.map(\.name))
    }

    /// A whole file in memory.
    package static func bytes(_ weights: Weights, metadata: [String: String] = [:]) -> [UInt8] {
        let (header, names) = layout(weights, metadata: metadata)
        return names.reduce(into: header) { bytes, name in
            weights[name]?.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
    }

    /// Writes a file, replacing what has its name only once all is written.
    package static func write(
        _ weights: Weights,
        metadata: [String: String] = [:],
        to path: String
    ) throws(CheckpointError) {
        let (header, names) = layout(weights, metadata: metadata)
        let file = try ReplacementFile(path: path)
        try header.span.bytes.withUnsafeBytes { (bytes) throws(CheckpointError) in try file.write(bytes) }
        for name in names {
            guard let tensor = weights[name] else { continue }
            try tensor.withUnsafeBytes { (bytes) throws(CheckpointError) in try file.write(bytes) }
        }
        try file.commit()
    }

    /// A JSON string.
    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case ..<" ": "\\u00\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }
}
