import Classification
import Engine
import Imaging

extension Scheduler {
    /// What a worker thread is told.
    enum WorkerMessage: Sendable {
        case start([Batcher.Entry])
        case infer(threads: Int)
        case stop
    }

    /// A decoded picture and the job that it belongs to.
    private struct Prepared {
        enum Input {
            case picture(Picture)
            case tensor([Float])
        }

        let job: Job
        let input: Input
        let arrival: ContinuousClock.Instant
        let decode: Duration

        var picture: Picture? {
            if case .picture(let picture) = input { picture } else { nil }
        }

        var tensor: [Float]? {
            if case .tensor(let values) = input { values } else { nil }
        }

        var facts: ImageFacts? { picture.map(ImageFacts.init) }
    }

    /// A worker thread's life.
    static func serve(
        worker: Int,
        thread: WorkerThread<WorkerMessage>,
        scheduler: () -> Scheduler?
    ) {
        var prepared: [Prepared] = []
        while true {
            let message = thread.receive()
            guard let scheduler = scheduler() else { return }
            switch message {
            case .start(let entries):
                prepared = entries.compactMap { scheduler.prepare($0) }
                scheduler.handle(prepared.isEmpty ? .finished(worker: worker) : .decoded(worker: worker))
            case .infer(let threads):
                scheduler.infer(prepared, threads: threads, worker: worker)
                prepared = []
            case .stop:
                return
            }
        }
    }

    /// Decodes one picture; a failure completes its job.
    private func prepare(_ entry: Batcher.Entry) -> Prepared? {
        let job = entry.payload
        let start = ContinuousClock.now
        switch job.input {
        case .tensor(let values):
            return Prepared(job: job, input: .tensor(values), arrival: entry.arrival, decode: .zero)
        case .picture(let bytes):
            do throws(ImageError) {
                // A slice that is a whole body is not copied.
                let picture = try job.model.model.prepare(Array(bytes))
                return Prepared(job: job, input: .picture(picture), arrival: entry.arrival, decode: .now - start)
            } catch {
                complete(job, .failure(.image(error)))
                return nil
            }
        }
    }

    /// Runs the network over a batch of one lane, frees the worker and completes the jobs.
    private func infer(_ batch: [Prepared], threads: Int, worker: Int) {
        guard let first = batch.first else { return handle(.finished(worker: worker)) }
        let start = ContinuousClock.now
        let result = Result { try Self.run(batch, on: first.job.model.model, threads: threads) }
        let end = ContinuousClock.now
        let inference = end - start
        switch result {
        case .success(let outputs) where outputs.count == batch.count:
            let measurement = CostModel.Measurement(
                lane: first.job.lane,
                images: batch.count,
                threads: threads,
                decode: batch.reduce(.zero) { $0 + $1.decode },
                inference: inference
            )
            handle(.finished(worker: worker, measurement))
            observer.batchExecuted(model: first.job.model, size: batch.count, inference: inference)
            for (item, output) in zip(batch, outputs) {
                let phases = JobPhases(
                    queue: end - item.arrival - item.decode - inference,
                    decode: item.decode,
                    inference: inference
                )
                let result = JobResult(output: output, image: item.facts, batchSize: batch.count, phases: phases)
                // A model answers pictures with numbers; tensors may hold anything.
                let isFinite = output.logits.allSatisfy(\.isFinite)
                complete(item.job, isFinite ? .success(result) : .failure(.notFinite))
            }
        case .success(let outputs):
            fail(batch, "the network gave \(outputs.count) outputs for \(batch.count) pictures", worker: worker)
        case .failure(let error):
            fail(batch, String(describing: error), worker: worker)
        }
    }

    private func fail(_ batch: [Prepared], _ reason: String, worker: Int) {
        handle(.finished(worker: worker))
        for item in batch { complete(item.job, .failure(.engine(reason))) }
    }

    private static func run(_ batch: [Prepared], on model: any ImageModel, threads: Int) throws -> [ModelOutput] {
        let pictures = batch.compactMap(\.picture)
        if pictures.count == batch.count {
            return try model.run(pictures, threads: threads, explaining: batch.map(\.job.explaining))
        }
        let tensors = batch.compactMap(\.tensor)
        return try model.run(
            tensor: tensors.count == 1 ? tensors[0] : Array(tensors.joined()),
            images: tensors.count,
            threads: threads
        )
    }
}
