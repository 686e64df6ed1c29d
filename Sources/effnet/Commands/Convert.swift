import ArgumentParser
import Checkpoints

struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Writes a model as a folder in timm's form: model.safetensors and config.json.",
        discussion: """
            Reads what --model of the other commands reads. An ONNX file is converted if its network is one that \
            effnet describe lists; others are served as they are. Element types stay.
            """
    )

    @Argument(help: "A model folder, or a file of weights.")
    var input: String

    @Argument(help: "The folder to write; it is made.")
    var output: String

    @Option(help: "The architecture by timm's name, where the model does not say it. [EFFNET_ARCHITECTURE]")
    var architecture: String?

    func run() throws {
        do {
            let checkpoint = try Checkpoint(path: input, architecture: architecture)
            let network = try checkpoint.network()
            let name = try TimmFolder.write(
                network,
                labels: checkpoint.labels,
                classIdentifiers: checkpoint.classIdentifiers,
                to: output
            )
            Console.print("\(output): \(name), \(network.classCount) classes")
        } catch let error as CheckpointError where error.kind == .notFound {
            throw CommandFailure(code: .noInput, message: "\(error)")
        } catch let error as CheckpointError where error.kind == .inaccessible {
            throw CommandFailure(code: .cannotWrite, message: "\(error)")
        } catch {
            throw CommandFailure(code: .badData, message: "cannot convert \(input): \(error)")
        }
    }
}
