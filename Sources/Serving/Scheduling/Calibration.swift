import Classification
import Dispatch
import Imaging
import ModelGraph

/// Measures what a new model's pictures cost while nothing else is to be done, so that the first burst of traffic finds
/// its costs known. Traffic that comes meanwhile teaches the same.
struct Calibration: Sendable {
    private static let queue = DispatchQueue(label: "effnet.calibration", qos: .utility)
    /// How long after a model was loaded, and how long after traffic was seen.
    private static let delay: DispatchTimeInterval = .milliseconds(500)
    private static let rounds = 3
    /// Small, so that it is over soon if a request comes.
    private static let batches = [1, 2, 4]
    /// A model so large that this time is not enough learns the rest from its traffic.
    private static let longest: Duration = .seconds(3)

    private let model: ServedModel
    private let scheduler: Scheduler
    private let maxBatch: Int

    /// Begins a little later.
    static func schedule(_ model: ServedModel, scheduler: Scheduler, maxBatch: Int) {
        let calibration = Calibration(model: model, scheduler: scheduler, maxBatch: maxBatch)
        queue.asyncAfter(deadline: .now() + delay) { calibration.run(attempts: 20) }
    }

    private func run(attempts: Int) {
        let end = ContinuousClock.now + Self.longest
        for _ in 0..<Self.rounds {
            for threads in Set([1, scheduler.workers]).sorted() {
                for images in Self.batches where images <= maxBatch && ContinuousClock.now < end {
                    // Traffic measures for itself.
                    guard scheduler.load.isIdle else { return retry(attempts) }
                    measure(images: images, threads: threads)
                }
            }
        }
    }

    private func retry(_ attempts: Int) {
        guard attempts > 0, scheduler.costs(of: model)?.model.isKnown != true else { return }
        Self.queue.asyncAfter(deadline: .now() + Self.delay) { run(attempts: attempts - 1) }
    }

    private func measure(images: Int, threads: Int) {
        let transform = model.model.information.transform
        let black = Picture(
            width: transform.width,
            height: transform.height,
            pixels: [UInt8](repeating: 0, count: 3 * transform.width * transform.height),
            format: .png,
            sourceWidth: transform.width,
            sourceHeight: transform.height
        )
        let start = ContinuousClock.now
        let pictures = Array(repeating: black, count: images)
        guard (try? model.model.run(pictures, threads: threads, explaining: [])) != nil else { return }
        scheduler.learn(
            CostModel.Measurement(
                lane: model.pictureLane,
                images: images,
                threads: threads,
                decode: .zero,
                inference: .now - start
            )
        )
    }
}

extension SchedulerLoad {
    var isIdle: Bool { queuedPictures == 0 && busyWorkers == 0 }
}
