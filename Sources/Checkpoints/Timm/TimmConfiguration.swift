/// The `config.json` of a timm model on the Hugging Face Hub, as far as inference needs it.
///
/// Older files hold the members of `pretrained_cfg` beside `architecture`; they are read from there.
struct TimmConfiguration: Decodable {
    var architecture: String?
    var classCount: Int?
    var pretrained: Pretrained
    var labels: [String]?
    /// The names of classes that have descriptions as well, which then are their labels.
    var classIdentifiers: [String]?

    /// timm's `pretrained_cfg`. What is missing has timm's own default.
    struct Pretrained: Decodable {
        var classCount: Int?
        /// Channels, height, width.
        var inputSize: [Double]?
        var cropFraction: Double?
        var cropMode: String?
        var interpolation: String?
        var mean: [Double]?
        var standardDeviation: [Double]?
        var labelNames: LabelNames?

        enum CodingKeys: String, CodingKey {
            case classCount = "num_classes"
            case inputSize = "input_size"
            case cropFraction = "crop_pct"
            case cropMode = "crop_mode"
            case interpolation
            case mean
            case standardDeviation = "std"
            case labelNames = "label_names"
        }
    }

    enum CodingKeys: String, CodingKey {
        case architecture
        case classCount = "num_classes"
        case pretrained = "pretrained_cfg"
        case labels
        case labelNames = "label_names"
        case labelDescriptions = "label_descriptions"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        architecture = try container.decodeIfPresent(String.self, forKey: .architecture)
        pretrained = try container.decodeIfPresent(Pretrained.self, forKey: .pretrained) ?? Pretrained(from: decoder)
        classCount = try container.decodeIfPresent(Int.self, forKey: .classCount) ?? pretrained.classCount
        let names =
            try container.decodeIfPresent(LabelNames.self, forKey: .labelNames)
            ?? container.decodeIfPresent(LabelNames.self, forKey: .labels)
            ?? pretrained.labelNames
        let descriptions = try container.decodeIfPresent([String: String].self, forKey: .labelDescriptions) ?? [:]
        labels = names?.names.map { descriptions[$0] ?? $0 }
        classIdentifiers = descriptions.isEmpty ? nil : names?.names
    }
}

/// Class names, as a list or as an object from class number to name.
struct LabelNames: Decodable {
    let names: [String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let list = try? container.decode([String].self) {
            names = list
            return
        }
        let numbered = try container.decode([String: String].self)
        names = try (0..<numbered.count).map { number in
            guard let name = numbered[String(number)] else {
                throw DecodingError.dataCorrupted(
                    DecodingError.Context(
                        codingPath: decoder.codingPath,
                        debugDescription: "class \(number) of \(numbered.count) has no name"
                    )
                )
            }
            return name
        }
    }
}
