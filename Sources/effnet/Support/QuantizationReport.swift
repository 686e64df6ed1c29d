import Checkpoints
import ModelGraph
import Quantizing
import Serving

/// What `quantize` did, ready to be shown.
struct QuantizationReport {
    let model: String
    /// What was written.
    let path: String
    /// Pictures that calibrated.
    let pictures: Int
    /// What was asked for, of fp32's logits over int8's differences from them.
    let leastDecibels: Double
    let choice: SensitiveLayers.Choice
    /// How often the likeliest class is fp32's; nil without a classifier.
    let agreement: PrecisionRecord.Agreement?

    private var layers: [Quantizer.LayerReport] { choice.result.layers }
    private var wideFormat: String { choice.result.quantization.wideFormat.rawValue }
    private var integerCount: Int { layers.count { $0.wideReason == nil } }

    var table: String {
        let heading =
            "\(model): \(integerCount) of \(layers.count) layers multiply integers, the others compute in "
            + "\(wideFormat), by \(pictures) pictures"
        let rows = [["layer", "weights", "output from", "to", "zero", "output", "stays wide"]] + layers.map(row)
        let answers =
            integerCount > 0
            ? "logits in fp32 are \(DecibelText(choice.decibels)) above what int8 changes of them"
            : "no layer can multiply integers and leave \(DecibelText(leastDecibels)): int8 is \(wideFormat) here; "
                + "ask for less with --min-decibels, or run the model in another precision"
        let classes = agreement.map { ["int8 agrees with fp32 on \($0)"] } ?? []
        return ([heading, ""] + TextTable.aligned(rows) + ["", answers] + classes + [path]).joined(separator: "\n")
    }

    private func row(_ layer: Quantizer.LayerReport) -> [String] {
        let output = layer.output.map {
            [number($0.lower), number($0.upper), String($0.features.zero), "\(DecibelText($0.decibels))"]
        }
        return [layer.name, layer.weightDecibels.map { "\(DecibelText($0))" } ?? "–"]
            + (output ?? ["–", "–", "–", "floats"])
            + [layer.wideReason ?? ""]
    }

    /// With three decimals.
    private func number(_ number: Float) -> String {
        let thousandths = Int((number.magnitude * 1_000).rounded())
        let decimals = String(thousandths % 1_000 + 1_000).dropFirst()
        return "\(number < 0 && thousandths > 0 ? "−" : "")\(thousandths / 1_000).\(decimals)"
    }

    var json: String {
        let report: JSONValue = [
            "model": .string(model),
            "path": .string(path),
            "pictures": .integer(pictures),
            "wide_layers": .string(wideFormat),
            "logit_decibels": choice.decibels.isFinite ? .number(Float(choice.decibels)) : .null,
            "agreed": agreement.map { .integer($0.agreed) } ?? .null,
            "layers": .array(layers.map(object)),
        ]
        return String(decoding: report.bytes, as: UTF8.self)
    }

    private func object(_ layer: Quantizer.LayerReport) -> JSONValue {
        [
            "name": .string(layer.name),
            "weight_decibels": layer.weightDecibels.map { .number(Float($0)) } ?? .null,
            "output": layer.output.map { output in
                [
                    "scale": .number(output.features.scale),
                    "zero": .integer(Int(output.features.zero)),
                    "decibels": .number(Float(output.decibels)),
                ]
            } ?? .null,
            "wide_reason": layer.wideReason.map(JSONValue.string) ?? .null,
        ]
    }
}

/// Decibels of a signal over its error, as people read them.
struct DecibelText: CustomStringConvertible {
    let description: String

    init(_ decibels: Double) {
        description = decibels.isFinite ? "\(Int(decibels.rounded())) dB" : "exact"
    }
}

extension FeatureRange {
    /// The numbers that 0 and 255 stand for.
    fileprivate var lower: Float { -Float(features.zero) * features.scale }
    fileprivate var upper: Float { (255 - Float(features.zero)) * features.scale }
}
