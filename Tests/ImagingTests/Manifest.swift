import Foundation
import Imaging
import Testing

/// The odd pictures of Tests/Fixtures/imaging and what Pillow makes of them.
struct Manifest: Decodable {
    struct Entry: Decodable, CustomTestStringConvertible {
        var file: String
        /// Upright.
        var width: Int
        var height: Int
        var goldens: [Golden]
        /// Without one, the bytes are equal.
        var tolerance: Tolerance?

        var testDescription: String { file }
    }

    struct Golden: Decodable {
        var framing: Framing
        /// Raw RGB.
        var file: String
    }

    struct Framing: Decodable {
        var width: Int
        var height: Int
        var cropFraction: Double
        var mode: String
        var filter: String
    }

    /// Differences a byte.
    struct Tolerance: Decodable {
        var max: Int
        var mean: Double
    }

    struct Failure: Decodable, CustomTestStringConvertible {
        var file: String
        var error: String

        var testDescription: String { file }
    }

    var pictures: [Entry]
    var failures: [Failure]

    static let shared: Manifest = {
        do {
            return try JSONDecoder().decode(Manifest.self, from: Data(Fixture.bytes(of: "manifest.json")))
        } catch {
            return Manifest(pictures: [], failures: [])
        }
    }()
}

enum Fixture {
    static func bytes(of file: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try [UInt8](Data(contentsOf: folder.appending(path: "Fixtures/imaging/\(file)")))
    }
}

extension ImagePipeline.Framing {
    init?(_ framing: Manifest.Framing) {
        let modes: [String: Mode] = ["center": .center, "squash": .squash]
        let filters: [String: Filter] = [
            "nearest": .nearest, "bilinear": .bilinear, "bicubic": .bicubic, "lanczos": .lanczos,
        ]
        guard let mode = modes[framing.mode], let filter = filters[framing.filter] else { return nil }
        self.init(
            width: framing.width,
            height: framing.height,
            cropFraction: framing.cropFraction,
            mode: mode,
            filter: filter
        )
    }
}
