/// The result of a node, or the graph's input.
package struct Value: Hashable, Sendable {
    package let index: Int

    package init(index: Int) {
        self.index = index
    }
}

/// The size of one image's features.
package struct FeatureShape: Hashable, Sendable {
    package var channels: Int
    package var height: Int
    package var width: Int

    package init(channels: Int, height: Int, width: Int) {
        self.channels = channels
        self.height = height
        self.width = width
    }
}

package struct Node: Sendable {
    /// Unique within the graph; the checkpoint's prefix where the node has weights.
    package var name: String
    package var operation: Operator
    package var inputs: [Value]
    package var output: Value

    package init(name: String, operation: Operator, inputs: [Value], output: Value) {
        self.name = name
        self.operation = operation
        self.inputs = inputs
        self.output = output
    }
}

/// What a network computes for one image: nodes in an order in which each follows its inputs. Batches are the business
/// of whoever runs it.
package struct Graph: Sendable {
    package var name: String
    package var inputShape: FeatureShape
    package var nodes: [Node]
    /// The pooled features that the classifier sees.
    package var embedding: Value
    /// One number per class, before softmax; nil for a network without a classifier.
    package var logits: Value?

    package init(name: String, inputShape: FeatureShape, nodes: [Node], embedding: Value, logits: Value?) {
        self.name = name
        self.inputShape = inputShape
        self.nodes = nodes
        self.embedding = embedding
        self.logits = logits
    }

    /// The graph's input.
    package static let input = Value(index: 0)
    /// What it is called among the names of nodes.
    package static let inputName = "input"
}

/// Collects nodes. The value of each becomes the next one's input.
package struct GraphBuilder {
    private var nodes: [Node] = []

    package init() {}

    package mutating func append(_ operation: Operator, _ inputs: Value..., name: String) -> Value {
        append(operation, inputs: inputs, name: name)
    }

    package mutating func append(_ operation: Operator, inputs: [Value], name: String) -> Value {
        let output = Value(index: nodes.count + 1)
        nodes.append(Node(name: name, operation: operation, inputs: inputs, output: output))
        return output
    }

    package func graph(name: String, inputShape: FeatureShape, embedding: Value, logits: Value?) -> Graph {
        Graph(name: name, inputShape: inputShape, nodes: nodes, embedding: embedding, logits: logits)
    }
}
