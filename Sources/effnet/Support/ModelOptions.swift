import ArgumentParser
import Classification
import Engine
import Glibc
import Imaging

/// The options of the commands that load one model.
struct ModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A model folder, as the Hugging Face Hub has it, or a file of weights (safetensors, PyTorch, ONNX). [EFFNET_MODEL]",
            discussion: """
                Default: \(ModelFolder.bundled) in the working directory, else beside the executable.
                """
        )
    )
    var model: String?

    @OptionGroup var engine: EngineOptions

    var threadCount: Int { engine.threadCount }
    var maxBatch: Int { engine.maxBatch }
    var classifierOptions: Classifier.Options { engine.classifierOptions }
}

/// How models are run, by every command that loads some.
struct EngineOptions: ParsableArguments {
    @Option(help: "The architecture by timm's name, where the model does not say it. [EFFNET_ARCHITECTURE]")
    var architecture: String?

    @Option(help: "Cores to use; 0 takes all that this process may run on. [EFFNET_THREADS]")
    var threads = 0

    @Option(
        help: "Kernel set: baseline, avx2, avx512, avx512bf16, amx; by default the CPU's fastest. [EFFNET_ISA]"
    )
    var isa: InstructionSet?

    @Option(
        help: """
            How exactly to compute: fp32, bf16, int8, or auto for the fastest that the CPU has instructions for and that \
            agrees with fp32 by the model's precision.json. [EFFNET_PRECISION]
            """,
        completion: .list(PrecisionOption.allValueStrings)
    )
    var precision = PrecisionOption.auto

    @Option(help: "Share of pictures whose likeliest class --precision auto may not change. [EFFNET_MIN_AGREEMENT]")
    var minAgreement = 0.99

    @Option(help: "Images in one run of the network, 1 to 256. [EFFNET_MAX_BATCH]")
    var maxBatch = 8

    @Option(help: "Pixels of an image at most; larger ones are refused. [EFFNET_MAX_PIXELS]")
    var maxPixels = ImagePipeline.Limits().pixels

    @Option(help: "Memory of all decodes that run at the same time. [EFFNET_DECODE_MEMORY]")
    var decodeMemory = ByteCount(ImagePipeline.Limits().decodeMemory)

    func validate() throws {
        guard (0...1024).contains(threads) else { throw ValidationError("--threads must be 0 to 1024") }
        guard (1...256).contains(maxBatch) else { throw ValidationError("--max-batch must be 1 to 256") }
        guard maxPixels > 0 else { throw ValidationError("--max-pixels must be positive") }
        guard (0...1).contains(minAgreement) else { throw ValidationError("--min-agreement must be 0 to 1") }
        guard decodeMemory.bytes > 0 else { throw ValidationError("--decode-memory must be positive") }
    }

    /// Cores that are used in the end.
    var threadCount: Int { threads == 0 ? ProcessorCount.available() : threads }

    /// What the classifier is loaded with.
    var classifierOptions: Classifier.Options {
        var options = Classifier.Options()
        options.imageLimits.pixels = maxPixels
        options.imageLimits.decodeMemory = decodeMemory.bytes
        options.maxBatch = maxBatch
        options.threads = threadCount
        options.instructionSet = isa?.rawValue
        options.precision = precision.request(minAgreement: minAgreement)
        options.architecture = architecture
        return options
    }
}

extension InstructionSet: ExpressibleByArgument {}

/// What `--precision` takes.
enum PrecisionOption: String, ExpressibleByArgument, CaseIterable {
    case fp32, bf16, int8, auto

    /// nil for what depends on the model and the machine.
    var exact: Precision? {
        switch self {
        case .fp32: .fp32
        case .bf16: .bf16
        case .int8: .int8
        case .auto: nil
        }
    }

    func request(minAgreement: Double) -> PrecisionRequest {
        exact.map(PrecisionRequest.exactly) ?? .automatic(minAgreement: minAgreement)
    }
}

/// Where a model is.
struct ModelFolder {
    /// The model that comes with the program.
    static let bundled = "Models/tf_efficientnet_lite0"

    let path: String

    /// - Parameter path: as given by the user, a folder or a file; nil looks for the bundled model.
    /// - Throws: `CommandFailure` if there is nothing.
    init(_ path: String?) throws {
        if let path {
            guard Self.exists(path) else {
                throw CommandFailure(
                    code: .noInput,
                    message: "there is no model at \(path): give --model a folder with config.json and "
                        + "model.safetensors, or a file of weights"
                )
            }
            self.path = path
            return
        }
        let candidates = [Self.bundled, Self.executableFolder.map { "\($0)/\(Self.bundled)" }].compactMap(\.self)
        guard let found = candidates.first(where: Self.exists) else {
            throw CommandFailure(
                code: .noInput,
                message: "there is no model at \(candidates.joined(separator: " or ")): give its folder with --model"
            )
        }
        self.path = found
    }

    /// The folder's own name, which is what clients call the model.
    var name: String {
        let canonical = realpath(path, nil)
        defer { free(canonical) }
        let resolved = canonical.map { String(cString: $0) } ?? path
        return resolved.split(separator: "/").last.map(String.init) ?? "model"
    }

    /// - Throws: `CommandFailure` with the reason.
    func load(_ options: Classifier.Options, progress: (Double) -> Void = { _ in }) throws -> Classifier {
        do {
            return try Classifier(folder: path, options: options, progress: progress)
        } catch {
            throw Self.failure(path: path, error)
        }
    }

    /// What a user is told when a model cannot be loaded.
    static func failure(path: String, _ error: any Error) -> CommandFailure {
        CommandFailure(code: .badData, message: "cannot load the model at \(path): \(error)")
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    private static var executableFolder: String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? 0
        }
        guard count > 0 else { return nil }
        let path = String(decoding: buffer[..<count], as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}
