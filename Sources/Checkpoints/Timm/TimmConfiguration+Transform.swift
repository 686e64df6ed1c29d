import ModelGraph

extension TimmConfiguration.Pretrained {
    /// Pixels of one side of the input, and channels, at most.
    private static let sideLimit = 4096
    private static let channelLimit = 4

    /// How a picture becomes this model's input.
    ///
    /// - Parameter path: the file that errors name.
    func transform(path: String) throws(CheckpointError) -> ImageTransform {
        func invalid(_ member: String, _ expectation: String) -> CheckpointError {
            CheckpointError(
                .malformed,
                path: path,
                problem: "\(member) is not \(expectation)",
                remedy: "Correct it, or fetch the file again"
            )
        }
        let stated = inputSize ?? [3, 224, 224]
        let size = stated.compactMap(Int.init(exactly:))
        guard stated.count == 3, size.count == 3, size.dropFirst().allSatisfy((1...Self.sideLimit).contains) else {
            throw invalid("input_size", "[channels, height, width] with sides of 1 to \(Self.sideLimit)")
        }
        guard (1...Self.channelLimit).contains(size[0]) else {
            throw invalid("input_size", "of 1 to \(Self.channelLimit) channels")
        }
        // One number stands for all channels.
        func perChannel(_ values: [Double]) -> [Float] {
            (values.count == 1 ? Array(repeating: values[0], count: size[0]) : values).map { Float($0) }
        }
        let mean = perChannel(self.mean ?? [0.485, 0.456, 0.406])
        guard mean.count == size[0], mean.allSatisfy(\.isFinite) else {
            throw invalid("mean", "a number for each of the \(size[0]) channels")
        }
        let standardDeviation = perChannel(self.standardDeviation ?? [0.229, 0.224, 0.225])
        guard standardDeviation.count == size[0], standardDeviation.allSatisfy({ $0.isNormal && $0 > 0 }) else {
            throw invalid("std", "a positive number for each of the \(size[0]) channels")
        }
        let cropFraction = self.cropFraction ?? 0.875
        guard (0.1...1).contains(cropFraction) else { throw invalid("crop_pct", "between 0.1 and 1") }

        return ImageTransform(
            width: size[2],
            height: size[1],
            cropFraction: cropFraction,
            cropMode: try choice(cropMode ?? "center", of: "crop_mode", path: path),
            interpolation: try choice(interpolation ?? "bicubic", of: "interpolation", path: path),
            mean: mean,
            standardDeviation: standardDeviation
        )
    }

    private func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ text: String,
        of member: String,
        path: String
    ) throws(CheckpointError) -> Choice {
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw CheckpointError(
                .unsupported,
                path: path,
                problem: "the \(member) \"\(text)\" is not supported",
                remedy: "Choose one of: \(known)"
            )
        }
        return choice
    }
}
