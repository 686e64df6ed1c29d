package import ModelGraph

/// Where a node's output, or the network's input, lies at the end of a run.
struct ObservedBuffer: Sendable {
    let name: String
    let buffer: Buffer
}

extension Plan {
    /// Plans an optimised model in fp32 so that its input and the outputs of all nodes can be observed when a run ends: each has a
    /// place of its own, and no two layers run as one.
    ///
    /// - Parameters:
    ///   - transform: its mean and standard deviation turn 8-bit samples into the network's input.
    ///   - threads: how many may work on one run.
    package init(
        observing model: Model,
        transform: ImageTransform,
        instructionSet: InstructionSet,
        threads: Int = 1
    ) throws {
        var planner = try Planner(
            model: model,
            transform: transform,
            instructionSet: instructionSet,
            precision: .fp32,
            threads: threads,
            keepsAllValues: true
        )
        self = try planner.plan()
        let outputs = model.graph.nodes.map { (name: $0.name, value: $0.output) }
        observed = try ([(Graph.inputName, Graph.input)] + outputs).map { name, value in
            ObservedBuffer(name: name, buffer: try planner.buffer(value, for: name))
        }
    }
}
