package import ModelGraph

/// What can be said about a loaded model without running it.
package struct ModelInformation: Sendable {
    package var name: String
    package var architecture: String
    package var parameterCount: Int
    /// For one image.
    package var multiplyAdds: Int
    package var classCount: Int
    /// Numbers of an embedding.
    package var embeddingCount: Int
    package var inputChannels: Int
    package var transform: ImageTransform
    /// The instruction set of the kernels that run it: "avx512".
    package var instructionSet: String
    /// "fp32" or "bf16".
    package var precision: String
    /// Why it was chosen.
    package var precisionReason: String
    /// Whether it can be told what each part of a picture adds to a class.
    package var isExplainable: Bool

    package init(
        name: String,
        architecture: String,
        parameterCount: Int,
        multiplyAdds: Int,
        classCount: Int,
        embeddingCount: Int,
        inputChannels: Int,
        transform: ImageTransform,
        instructionSet: String,
        precision: String,
        precisionReason: String = "asked for",
        isExplainable: Bool
    ) {
        self.name = name
        self.architecture = architecture
        self.parameterCount = parameterCount
        self.multiplyAdds = multiplyAdds
        self.classCount = classCount
        self.embeddingCount = embeddingCount
        self.inputChannels = inputChannels
        self.transform = transform
        self.instructionSet = instructionSet
        self.precision = precision
        self.precisionReason = precisionReason
        self.isExplainable = isExplainable
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
