/// The images of one run.
package enum BatchInput: Sendable {
    /// One array an image: 8-bit samples, rows top first, channels interleaved.
    case pixels([[UInt8]])
    /// Already preprocessed: `[image][channel][row][column]`.
    case tensor([Float], images: Int)

    package var images: Int {
        switch self {
        case .pixels(let pictures): pictures.count
        case .tensor(_, let images): images
        }
    }
}

/// What the network says of one image.
package struct InferenceOutput: Sendable, Equatable {
    /// One per class, before softmax; empty without a classifier.
    package var logits: [Float]
    /// The pooled features that the classifier sees.
    package var embedding: [Float]
    /// Where it was asked for.
    package var explanation: ClassActivationMap?

    package init(logits: [Float], embedding: [Float], explanation: ClassActivationMap? = nil) {
        self.logits = logits
        self.embedding = embedding
        self.explanation = explanation
    }
}
