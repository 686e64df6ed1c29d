package import ModelGraph

/// Which convolutions of an optimised graph a plan in int8 multiplies integers in, and which values it stores in 8 bits.
package struct IntegerLayers {
    /// By the nodes' names.
    package private(set) var layers: Set<String> = []
    /// Values that are stored in 8 bits, or mapped to them for their reader.
    package private(set) var values: Set<Value> = []

    /// - Parameters:
    ///   - quantization: its layers and features are those that may be integers; its numbers do not matter.
    ///   - picture: what bytes of the picture would stand for; nil if they cannot stand for it.
    package init(_ graph: Graph, _ quantization: Quantization, picture: InputBytes?) throws(GraphError) {
        let planned = graph.quantizingMeans(quantization)
        let shapes = try planned.shapes()
        let streams = planned.streamedConvolutions(shapes: shapes)
        let bytes = ByteFeatures(planned, quantization, picture: picture, shapes: shapes, streams: streams)
        for node in planned.nodes {
            if bytes.layer(node, shapes: shapes) != nil { layers.insert(node.name) }
            guard bytes[node.output] != nil else { continue }
            if case .convert = node.operation {
                values.insert(node.inputs[0])
            } else {
                values.insert(node.output)
            }
        }
    }
}
