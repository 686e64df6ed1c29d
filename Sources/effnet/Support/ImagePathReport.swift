import Classification
import HTTP
import Imaging
import Serving

/// How long the images of a folder take from compressed bytes to an answer, one after the other, by phase.
struct ImagePathReport {
    private let model: String
    private var files = 0
    private var bytes = 0
    private var pixels = 0
    private var failures: [String] = []
    /// Sums over all files of each file's median.
    private var decode = Duration.zero
    private var inference = Duration.zero

    private static let rounds = 7

    /// Measures. Files that cannot be decoded are left out and named.
    ///
    /// - Parameter threads: for inference; decoding takes one.
    init(folder: String, classifier: Classifier, threads: Int) throws {
        model = classifier.information.name
        for path in try Self.files(in: folder) {
            do {
                let body = try InputFile.read(path)
                let picture = try classifier.pipeline(body)
                decode += try Self.median { _ = try classifier.pipeline(body) }
                inference += try Self.median { _ = try classifier.run([picture], threads: threads) }
                files += 1
                bytes += body.count
                pixels += picture.sourceWidth * picture.sourceHeight
            } catch {
                failures.append("\(path): \(error)")
            }
        }
        guard files > 0 else {
            let reason = failures.first ?? "it holds no .jpg, .jpeg or .png files"
            throw CommandFailure(code: .badData, message: "nothing to measure in \(folder): \(reason)")
        }
    }

    var json: String {
        let report: JSONValue = [
            "model": .string(model),
            "files": .integer(files),
            "failures": .array(failures.map { .string($0) }),
            "mean_bytes": .integer(bytes / files),
            "mean_pixels": .integer(pixels / files),
            "decode_resize_ms": .milliseconds(decode / files),
            "normalize_inference_ms": .milliseconds(inference / files),
        ]
        return String(decoding: report.bytes, as: UTF8.self)
    }

    var table: String {
        let lines = [
            "files                \(files), on average \(bytes / files / 1_000) KB and \(pixels / files / 1_000) kilopixels",
            "decode and resize    \(Milliseconds(decode / files)) ms",
            "normalize and infer  \(Milliseconds(inference / files)) ms",
        ]
        return (lines + failures.map { "left out: \($0)" }).joined(separator: "\n")
    }

    private static func median(_ body: () throws -> Void) rethrows -> Duration {
        let clock = ContinuousClock()
        let durations = try (0..<rounds).map { _ in try clock.measure(body) }
        return durations.sorted()[rounds / 2]
    }

    /// The picture files directly in a folder, sorted.
    private static func files(in folder: String) throws(CommandFailure) -> [String] {
        do throws(InputFile.Failure) {
            return try Folder.entries(of: folder).filter { $0.kind == .file && PictureFiles.isPicture($0.name) }
                .map(\.path)
        } catch {
            throw CommandFailure(code: .noInput, message: "cannot read the folder \(folder): \(error)")
        }
    }
}
