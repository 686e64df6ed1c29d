package import ModelGraph

extension ONNXModel {
    /// What the graph takes, with sizes that the file leaves open chosen by the caller, or those of ImageNet.
    package func inputShape(height: Int?, width: Int?) throws(CheckpointError) -> FeatureShape {
        do {
            return try openInputShape(height: height, width: width)
        } catch {
            throw CheckpointError(error, path: path)
        }
    }

    private func openInputShape(height: Int?, width: Int?) throws(ONNXFlaw) -> FeatureShape {
        guard inputs.count == 1, let input = inputs.first else {
            throw ONNXFlaw("it takes \(inputs.count) inputs instead of one picture", isRefusal: true)
        }
        guard input.shape.count == 4, let channels = input.shape[1], (1...4).contains(channels) else {
            throw ONNXFlaw(
                "its input \"\(input.name)\" is no batch of pictures with 1 to 4 channels first",
                isRefusal: true
            )
        }
        let shape = FeatureShape(
            channels: channels,
            height: input.shape[2] ?? height ?? 224,
            width: input.shape[3] ?? width ?? 224
        )
        guard (1...4096).contains(shape.height), (1...4096).contains(shape.width) else {
            throw ONNXFlaw("its input has the size \(shape), and sides may have 1 to 4096 pixels", isRefusal: true)
        }
        return shape
    }

    /// The network in our operators, with its weights by the names that it gives them.
    package func graph(inputShape: FeatureShape) throws(CheckpointError) -> (Graph, Weights) {
        do {
            return try convertedGraph(inputShape: inputShape)
        } catch {
            throw CheckpointError(error, path: path)
        }
    }

    private func convertedGraph(inputShape: FeatureShape) throws(ONNXFlaw) -> (Graph, Weights) {
        guard let output = outputs.first, let input = inputs.first else { throw ONNXFlaw("it has no output") }
        var builder = ONNXGraphBuilder(input: input.name, shape: inputShape, tensors: tensors)
        for node in nodes { try builder.add(node) }
        return (try builder.graph(name: name, inputShape: inputShape, output: output), builder.weights)
    }
}
