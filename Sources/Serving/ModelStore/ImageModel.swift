package import Classification
package import Engine
package import Imaging
import ModelGraph

/// What the service needs of a loaded model; a `Classifier`, or a fake in tests.
package protocol ImageModel: Sendable {
    var information: ModelInformation { get }

    var classNames: ClassNames { get }

    /// Decodes, turns upright, resizes and crops one compressed picture, on the calling thread.
    func prepare(_ bytes: [UInt8]) throws(ImageError) -> Picture

    /// Runs the network once over a batch, on the calling thread and `threads − 1` helpers; one output a picture, in
    /// order.
    ///
    /// - Parameter classes: for each picture the class whose explanation is wanted, if any.
    func run(_ pictures: [Picture], threads: Int, explaining classes: [ExplainedClass?]) throws -> [ModelOutput]

    /// The same for pictures that are already preprocessed: `[image][channel][row][column]`.
    func run(tensor: [Float], images: Int, threads: Int) throws -> [ModelOutput]

    /// The `count` most likely classes, most likely first.
    func predictions(for output: ModelOutput, count: Int) -> [Prediction]

    /// The probability of each class.
    func probabilities(for output: ModelOutput) -> [Float]
}

extension Classifier: ImageModel {
    package func prepare(_ bytes: [UInt8]) throws(ImageError) -> Picture {
        try pipeline(bytes)
    }
}

extension ImageModel {
    /// Of one preprocessed picture: channels, rows, columns.
    var tensorShape: [Int] {
        [information.inputChannels, information.transform.height, information.transform.width]
    }

    /// Numbers of one preprocessed picture.
    var tensorCount: Int { tensorShape.reduce(1, *) }
}
