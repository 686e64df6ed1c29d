import Dispatch
import Synchronization

/// Where bodies are read that take more than a moment: a few serial queues, so that an event loop never waits.
package final class BodyReaders: Sendable {
    private let queues: [DispatchQueue]
    private let next = Atomic(0)

    package init(count: Int) {
        queues = (0..<max(1, count)).map { DispatchQueue(label: "effnet.bodies.\($0)") }
    }

    /// Runs `body` later, on one of the queues.
    func run(_ body: @escaping @Sendable () -> Void) {
        let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
        queues[Int(UInt(bitPattern: turn) % UInt(queues.count))].async(execute: body)
    }
}
