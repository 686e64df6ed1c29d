import Checkpoints
import ModelGraph

/// A network that somebody published: what is accepted is a graph whose shapes fit.
enum ONNXEntry {
    static func run(_ bytes: [UInt8]) {
        guard let model = try? ONNXModel(storage: FuzzMemory(bytes), path: "/nowhere/fuzz.onnx"),
            let shape = try? model.inputShape(height: nil, width: nil),
            let (graph, weights) = try? model.graph(inputShape: shape)
        else { return }
        precondition((try? graph.shapes()) != nil, "a graph that does not fit itself")
        _ = try? weights.check(against: graph)
    }
}
