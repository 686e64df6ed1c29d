/// How long one step of a plan takes.
package struct StepProfile: Sendable {
    package let name: String
    /// What it computes: "pointwise", "depthwise", …
    package let kind: String
    /// For the whole batch.
    package let multiplyAdds: Int
    /// The shortest of all repetitions.
    package let duration: Duration
}

extension Session {
    /// Times each step on its own, on the calling thread.
    ///
    /// - Parameter repetitions: of the whole network; each step's shortest time counts.
    package func profile(_ input: BatchInput, repetitions: Int) throws(SessionError) -> [StepProfile] {
        var shortest = [Duration](repeating: .seconds(3600), count: plan.steps.count)
        try withContext(input) { context in
            let clock = ContinuousClock()
            for _ in 0..<repetitions {
                for (index, step) in plan.steps.enumerated() {
                    let duration = clock.measure {
                        for unit in 0..<step.unitCount(images: context.images) { step.run(unit: unit, context) }
                    }
                    shortest[index] = min(shortest[index], duration)
                }
            }
        }
        return zip(plan.steps, shortest).map { step, duration in
            StepProfile(
                name: step.name,
                kind: step.kind,
                multiplyAdds: step.multiplyAdds * input.images,
                duration: duration
            )
        }
    }
}
