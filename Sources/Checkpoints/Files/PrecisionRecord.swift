internal import FoundationEssentials

/// What is known of how a model's answers in lower precisions agree with those in fp32: `precision.json` in its folder.
package struct PrecisionRecord: Sendable, Equatable {
    /// Pictures that were shown, and how many got the same likeliest class.
    package struct Agreement: Sendable, Equatable, Codable, CustomStringConvertible {
        package var pictures: Int
        package var agreed: Int

        package init(pictures: Int, agreed: Int) {
            self.pictures = pictures
            self.agreed = agreed
        }

        /// Zero of nothing.
        package var share: Double { pictures > 0 ? Double(agreed) / Double(pictures) : 0 }

        package var description: String { "\(agreed) of \(pictures) pictures" }
    }

    private struct Content: Codable {
        var agreement: [String: Agreement]
    }

    /// By the precision's name: "bf16".
    package var agreements: [String: Agreement]

    package init(agreements: [String: Agreement] = [:]) {
        self.agreements = agreements
    }

    /// The record of a model; empty where there is none.
    ///
    /// - Parameter model: its folder, or a file of weights in it.
    package init(ofModel model: String) throws(CheckpointError) {
        let path = Self.path(ofModel: model)
        guard ModelPath.kind(of: path) == .file else {
            self.init()
            return
        }
        let bytes = try SmallFile.bytes(path: path)
        let content = try? JSONDecoder().decode(Content.self, from: Data(bytes))
        guard let content, content.agreement.values.allSatisfy({ (0...$0.pictures).contains($0.agreed) }) else {
            throw CheckpointError(
                .malformed,
                path: path,
                problem: "this is not a record of precisions",
                remedy: "Make it anew with effnet evaluate --all-precisions --record, or delete it"
            )
        }
        self.init(agreements: content.agreement)
    }

    /// Writes the record beside a model's weights.
    package func write(besideModel model: String) throws(CheckpointError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(Content(agreement: agreements)) else { return }
        try ReplacementFile.write(Array(data) + [UInt8(ascii: "\n")], to: Self.path(ofModel: model))
    }

    package static func path(ofModel model: String) -> String {
        "\(ModelPath.folder(ofModel: model))/precision.json"
    }
}
