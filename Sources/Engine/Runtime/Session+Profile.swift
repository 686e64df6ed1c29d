/// How long one step of a plan takes.
package struct StepProfile: Sendable {
    package let name: String
    /// What it computes: "pointwise", "depthwise", …
    package let kind: String
    /// For the whole batch.
    package let multiplyAdds: Int
    /// Bytes of features and weights that it reads and writes for the whole batch.
    package let traffic: Int
    /// The shortest of all repetitions.
    package let duration: Duration
}

extension Session {
    /// Times each step on its own, on the calling thread.
    ///
    /// - Parameter repetitions: of the whole network; each step's shortest time counts.
    package func profile(_ input: BatchInput, repetitions: Int) throws -> [StepProfile] {
        try withContext(input) { context in
            let steps = plan.imageSteps + plan.batchSteps
            var shortest = [Duration](repeating: .seconds(3600), count: steps.count)
            for _ in 0..<repetitions {
                for (index, step) in steps.enumerated() {
                    let isImageStep = index < plan.imageSteps.count
                    shortest[index] = min(shortest[index], time(step, isImageStep: isImageStep, context))
                }
            }
            return zip(steps, shortest).map { step, duration in
                StepProfile(
                    name: step.name,
                    kind: step.kind,
                    multiplyAdds: step.multiplyAdds * context.batch,
                    traffic: traffic(of: step, images: context.batch),
                    duration: duration
                )
            }
        }
    }

    private func traffic(of step: any Step, images: Int) -> Int {
        let features = step.buffers.reduce(0) { $0 + $1.layout.imageStride }
        return (features * images + step.weightCount) * MemoryLayout<Float>.stride
    }

    /// One step over the whole batch.
    private func time(_ step: any Step, isImageStep: Bool, _ context: RunContext) -> Duration {
        ContinuousClock().measure {
            var context = context
            context.images = isImageStep ? 1 : context.batch
            for first in stride(from: 0, to: context.batch, by: context.images) {
                context.firstImage = first
                for unit in 0..<step.unitCount(context) { step.run(unit: unit, context) }
            }
        }
    }
}
