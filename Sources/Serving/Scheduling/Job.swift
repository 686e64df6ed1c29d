package import Classification
package import Engine
package import Imaging

/// What goes into the network.
package enum JobInput: Sendable {
    /// A compressed picture: a whole body, or a part of one.
    case picture(ArraySlice<UInt8>)
    /// A picture that is already preprocessed: `[channel][row][column]`.
    case tensor([Float])

    /// What it takes of the queue's memory.
    package var byteCount: Int {
        switch self {
        case .picture(let bytes): bytes.count
        case .tensor(let values): values.count * MemoryLayout<Float>.stride
        }
    }
}

/// One picture on its way through a model.
package struct Job: Sendable {
    package let model: ServedModel
    package let input: JobInput
    /// The class whose explanation is wanted, if any; of pictures only.
    package let explaining: ExplainedClass?
    /// Called once, on any thread, with what became of the picture.
    package let completion: @Sendable (Result<JobResult, JobFailure>) -> Void

    package init(
        model: ServedModel,
        input: JobInput,
        explaining: ExplainedClass? = nil,
        completion: @escaping @Sendable (Result<JobResult, JobFailure>) -> Void
    ) {
        self.model = model
        self.input = input
        self.explaining = explaining
        self.completion = completion
    }

    /// Jobs of one lane may share a run of the network: those of one model with one kind of input.
    var lane: Int { model.lane(of: input) }
}

/// A picture that went through the network.
package struct JobResult: Sendable {
    package let output: ModelOutput
    /// Nil for a tensor.
    package let image: ImageFacts?
    /// Pictures in the run of the network that this one was part of.
    package let batchSize: Int
    package let phases: JobPhases
}

/// What is said about a picture in answers.
package struct ImageFacts: Sendable, Equatable {
    /// Upright, before resizing, in pixels.
    package let width: Int
    package let height: Int
    package let format: PictureFormat
    /// What of it the network saw.
    package let region: PictureRegion

    package init(_ picture: Picture) {
        width = picture.sourceWidth
        height = picture.sourceHeight
        format = picture.format
        region = picture.region
    }
}

/// Where a picture's time went between submission and completion; the three add up to all of it.
package struct JobPhases: Sendable, Equatable {
    /// Waiting for a core and for the batch's other pictures.
    package let queue: Duration
    /// Decoding, resizing and cropping this picture.
    package let decode: Duration
    /// The run of the network that it was part of.
    package let inference: Duration
}

/// Why a picture got no output.
package enum JobFailure: Error, Sendable, Equatable {
    case image(ImageError)
    /// - Parameter retryAfter: when it is worth trying again, in seconds.
    case refused(Refusal, retryAfter: Int = 1)
    /// Nobody waited for it any more.
    case cancelled
    /// The tensor led to infinities or NaN.
    case notFinite
    /// The network could not be run.
    case engine(String)
}

/// What the scheduler tells of its work, for metrics. Called on any thread: must be quick.
package protocol SchedulerObserver: Sendable {
    /// The network ran once.
    func batchExecuted(model: ServedModel, size: Int, inference: Duration)
    /// A job was completed.
    func jobCompleted(model: ServedModel, result: Result<JobResult, JobFailure>)
}
