import ModelGraph

/// `preprocessor_config.json` of Transformers' EfficientNet image processor.
struct HuggingFacePreprocessor: Decodable {
    /// Height and width, written as an object or as one number.
    struct Size: Decodable, Equatable {
        var height: Int
        var width: Int

        private enum CodingKeys: CodingKey {
            case height, width
        }

        init(from decoder: any Decoder) throws {
            if let side = try? decoder.singleValueContainer().decode(Int.self) {
                (height, width) = (side, side)
                return
            }
            let container = try decoder.container(keyedBy: CodingKeys.self)
            height = try container.decode(Int.self, forKey: .height)
            width = try container.decode(Int.self, forKey: .width)
        }
    }

    var isResized: Bool?
    var size: Size?
    var cropSize: Size?
    var isCropped: Bool?
    var resample: Int?
    var isRescaled: Bool?
    var rescaleFactor: Double?
    var isShifted: Bool?
    var isNormalized: Bool?
    var mean: [Double]?
    var standardDeviation: [Double]?
    var dividesTwice: Bool?

    enum CodingKeys: String, CodingKey {
        case isResized = "do_resize"
        case size
        case cropSize = "crop_size"
        case isCropped = "do_center_crop"
        case resample
        case isRescaled = "do_rescale"
        case rescaleFactor = "rescale_factor"
        case isShifted = "rescale_offset"
        case isNormalized = "do_normalize"
        case mean = "image_mean"
        case standardDeviation = "image_std"
        case dividesTwice = "include_top"
    }

    /// The same in timm's terms.
    ///
    /// The processor resizes without regard to the aspect ratio, rescales 8-bit samples, normalises, and for models with
    /// a classifier divides by the deviation once more.
    func transform(path: String) throws(CheckpointError) -> ImageTransform {
        func malformed(_ problem: String) -> CheckpointError {
            CheckpointError(
                .malformed,
                path: path,
                problem: problem,
                remedy: "Correct it, or fetch the file again"
            )
        }
        func unsupported(_ problem: String, _ remedy: String) -> CheckpointError {
            CheckpointError(.unsupported, path: path, problem: problem, remedy: remedy)
        }
        guard let size, let mean, let standardDeviation else {
            throw malformed("size, image_mean or image_std is missing")
        }
        let crop = isCropped == true ? cropSize ?? size : size
        guard isResized != false else {
            throw unsupported("do_resize is false", "Pictures of any size come in, so state do_resize and size")
        }
        let sides = 1...4096
        guard sides.contains(size.height), sides.contains(size.width), sides.contains(crop.height),
            sides.contains(crop.width), crop.height <= size.height, crop.width <= size.width
        else { throw malformed("size or crop_size is not possible") }
        // Here half a pixel goes to the even one; there it is always dropped.
        guard [crop.height - size.height, crop.width - size.width].allSatisfy({ $0 & 3 != 1 }) else {
            throw unsupported("crop_size cannot be centred in size", "Choose sizes that differ by an even number")
        }
        // The largest fraction that gives the size back when the input's side is divided by it and rounded down.
        let cropFraction = crop == size ? 1 : (Double(crop.height) / Double(size.height)).nextDown
        guard Int(Double(crop.width) / cropFraction) == size.width else {
            throw unsupported(
                "crop_size is another share of size in width than in height",
                "Choose sizes with one share for both"
            )
        }
        guard (1...4).contains(mean.count), mean.count == standardDeviation.count,
            mean.allSatisfy(\.isFinite), standardDeviation.allSatisfy({ $0.isFinite && $0 > 1e-6 })
        else { throw malformed("image_mean and image_std are not one number a channel") }
        let interpolations: [ImageTransform.Interpolation?] = [.nearest, .lanczos, .bilinear, .bicubic]
        let code = resample ?? 3
        guard interpolations.indices.contains(code), let interpolation = interpolations[code] else {
            throw unsupported(
                "the resample filter \(code) is not supported",
                "Choose 0 (nearest), 1 (lanczos), 2 (bilinear) or 3 (bicubic)"
            )
        }
        // Of samples in 0…1, as a picture's are.
        let scale = 255 * (isRescaled == false ? 1 : rescaleFactor ?? 1 / 255)
        guard scale.isNormal, scale > 0 else { throw malformed("rescale_factor is not possible") }
        let shift = isShifted == true && isRescaled != false ? 1.0 : 0
        let isNormalized = isNormalized != false
        return ImageTransform(
            width: crop.width,
            height: crop.height,
            cropFraction: cropFraction,
            cropMode: .squash,
            interpolation: interpolation,
            mean: mean.map { Float((shift + (isNormalized ? $0 : 0)) / scale) },
            standardDeviation: standardDeviation.map { deviation in
                let once = isNormalized ? deviation : 1
                return Float(once * (dividesTwice == false ? 1 : deviation) / scale)
            }
        )
    }
}
