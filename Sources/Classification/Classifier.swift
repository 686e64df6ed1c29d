package import Imaging
package import ModelGraph

/// What can be said about a loaded model without running it.
package struct ModelInformation: Sendable {
    package var name: String
    package var architecture: String
    package var parameterCount: Int
    package var classCount: Int
    package var transform: ImageTransform
    /// The instruction set of the kernels that run it: "avx512".
    package var instructionSet: String
    package var precision: String

    package init(
        name: String,
        architecture: String,
        parameterCount: Int,
        classCount: Int,
        transform: ImageTransform,
        instructionSet: String,
        precision: String
    ) {
        self.name = name
        self.architecture = architecture
        self.parameterCount = parameterCount
        self.classCount = classCount
        self.transform = transform
        self.instructionSet = instructionSet
        self.precision = precision
    }
}

/// One class and how likely it is.
package struct Prediction: Sendable, Equatable {
    package var classID: Int
    package var label: String
    /// Softmax probability.
    package var score: Float

    package init(classID: Int, label: String, score: Float) {
        self.classID = classID
        self.label = label
        self.score = score
    }
}

/// What the model says of one picture.
package struct ModelOutput: Sendable {
    /// One per class, before softmax.
    package var logits: [Float]
    /// The pooled features that the classifier sees.
    package var embedding: [Float]

    package init(logits: [Float], embedding: [Float]) {
        self.logits = logits
        self.embedding = embedding
    }
}

/// A model folder, loaded: from pictures to predictions. Safe to share between threads.
package final class Classifier: Sendable {
    package let information: ModelInformation
    package let pipeline: ImagePipeline

    /// What a user may set about loading and running a model.
    package struct Options: Sendable {
        package var imageLimits = ImagePipeline.Limits()
        package var maxBatch = 8
        /// Threads that one image may use at most.
        package var threads = 1

        package init() {}
    }

    /// - Parameters:
    ///   - folder: a timm-style model folder.
    ///   - progress: told the share that is done, 0…1.
    package init(folder: String, options: Options = Options(), progress: (Double) -> Void = { _ in }) throws {
        throw ImageError.empty
    }

    /// Runs the network once over a batch, on the calling thread and `threads − 1` helpers.
    ///
    /// - Parameter pictures: 1…maxBatch, as `pipeline` made them.
    /// - Returns: one output a picture, in order; the same bits whatever the batch and the threads.
    package func run(_ pictures: [Picture], threads: Int = 1) throws -> [ModelOutput] {
        []
    }

    /// The `count` most likely classes, most likely first; ties by class id.
    package func predictions(for output: ModelOutput, count: Int) -> [Prediction] {
        []
    }
}
