import ArgumentParser
import Checkpoints
import Classification
import Engine
import ModelGraph

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs the network over a preprocessed tensor.",
        discussion: """
            Reads float32 numbers of shape [N, channels, height, width] from an .npy file, and writes the logits of \
            shape [N, classes] as another, so that the engine can be held against other frameworks.
            """
    )

    @Option(help: "Preprocessed input (.npy).", completion: .file(extensions: ["npy"]))
    var input: String

    @Option(help: "Where the logits go (.npy); an existing file is replaced.")
    var output: String

    @Option(help: "Where the pooled features go as well (.npy), of shape [N, features].")
    var embedding: String?

    @OptionGroup(title: "Model") var model: ModelOptions

    func run() throws {
        let classifier = try ModelFolder(model.model).load(model.classifierOptions)
        let array: NumPyArray
        do {
            array = try NumPyArray(path: input)
        } catch {
            throw CommandFailure(code: .badData, message: "\(error)")
        }
        let transform = classifier.information.transform
        let expected = [classifier.information.inputChannels, transform.height, transform.width]
        guard array.shape.count == 4, Array(array.shape.dropFirst()) == expected else {
            throw CommandFailure(
                code: .badData,
                message: "\(input) has shape \(array.shape), but model \(classifier.information.name) takes [N, "
                    + expected.map(String.init).joined(separator: ", ") + "]"
            )
        }
        let outputs = try run(classifier, array)
        try write(outputs.map(\.logits), to: output)
        if let embedding { try write(outputs.map(\.embedding), to: embedding) }
        let information = classifier.information
        Console.print(
            "\(outputs.count) × \(information.classCount) logits of \(information.name) "
                + "(\(information.instructionSet), \(information.precision)) written to \(output)"
        )
    }

    private func run(_ classifier: Classifier, _ array: NumPyArray) throws -> [ModelOutput] {
        let count = array.shape.dropFirst().reduce(1, *)
        var outputs: [ModelOutput] = []
        for first in stride(from: 0, to: array.shape[0], by: model.maxBatch) {
            let images = min(model.maxBatch, array.shape[0] - first)
            let tensor = Array(array.values[(first * count)..<((first + images) * count)])
            do {
                outputs += try classifier.run(tensor: tensor, images: images, threads: model.threadCount)
            } catch {
                throw CommandFailure(code: .badData, message: "\(error)")
            }
        }
        return outputs
    }

    private func write(_ rows: [[Float]], to path: String) throws {
        do {
            try NumPyArray(shape: [rows.count, rows.first?.count ?? 0], values: rows.flatMap(\.self)).write(path: path)
        } catch {
            throw CommandFailure(code: .cannotWrite, message: "\(error)")
        }
    }
}
