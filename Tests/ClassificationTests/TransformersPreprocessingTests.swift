import Checkpoints
import Classification
import Engine
import FoundationEssentials
import Imaging
import ModelGraph
import TestSupport
import Testing

/// Pictures as Transformers' image processor prepares them (scripts/make-checkpoint-fixtures.py).
@Suite struct TransformersPreprocessingTests {
    private static let folder = Fixtures.path("checkpoints/preprocessing")

    private static func golden(_ name: String) throws -> [Float] {
        let goldens = try SafetensorsFile(path: "\(folder)/goldens.safetensors").weights
        return try #require(goldens[name]?.floats())
    }

    private static func photo(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(filePath: Fixtures.path("photos/\(name)"))))
    }

    /// A model whose only use is its description.
    private static func transform(preprocessor: String, in folder: TemporaryFolder) throws -> ImageTransform {
        try folder.write("model.safetensors", SafetensorsWriter.bytes(SeededValues.weights([("a", [1])])))
        try folder.write("config.json", #"{"model_type": "efficientnet"}"#)
        try folder.write("preprocessor_config.json", preprocessor)
        return try #require(try Checkpoint(path: folder.path).transform)
    }

    @Test(arguments: [
        ("published", "cat.png"), ("published", "moose.jpg"), ("defaults", "cat.png"), ("lanczos", "cat.png"),
        ("bilinear-crop", "cat.png"), ("offset", "cat.png"), ("not-normalized", "cat.png"),
        ("not-rescaled", "cat.png"),
    ])
    func picturesBecomeTheSameNumbers(name: String, photo: String) throws {
        let text = try TemporaryFolder.text(at: "\(Self.folder)/\(name)/preprocessor_config.json")
        let transform = try Self.transform(preprocessor: text, in: TemporaryFolder())
        let picture = try ImagePipeline(framing: ImagePipeline.Framing(transform))(Self.photo(photo))
        let expected = try Self.golden("\(name).\(photo)")
        try #require(picture.pixels.count == expected.count)
        let plane = picture.width * picture.height
        let largest = expected.map(abs).max() ?? 0
        for (index, expected) in expected.enumerated() {
            let (channel, pixel) = (index / plane, index % plane)
            let sample = Float(picture.pixels[pixel * 3 + channel]) / 255
            let got = (sample - transform.mean[channel]) / transform.standardDeviation[channel]
            #expect(abs(got - expected) <= 1e-5 * largest, "\(index): \(got), expected \(expected)")
        }
    }

    /// From the compressed picture to the logits, through the description that stands beside the weights.
    @Test(arguments: ["cat.png", "moose.jpg"]) func photosGetTheSameLogits(photo: String) throws {
        let classifier = try Classifier(folder: Fixtures.path("checkpoints/files/huggingface"))
        let output = try classifier.run([classifier.pipeline(Self.photo(photo))])[0]
        let expected = try Self.golden("logits.\(photo)")
        let largest = expected.map(abs).max() ?? 0
        for (got, expected) in zip(output.logits, expected) { #expect(abs(got - expected) <= 1e-4 * largest) }
    }

    @Test(arguments: [
        (#"{"do_resize": false, "size": 8, "image_mean": [0], "image_std": [1]}"#, "do_resize"),
        (#"{"size": {"height": 8}, "image_mean": [0], "image_std": [1]}"#, "size lacks width"),
        (#"{"size": {"shortest_edge": 8}, "image_mean": [0], "image_std": [1]}"#, "size lacks height"),
        (#"{"size": 8, "image_mean": [0], "image_std": [1], "resample": 4}"#, "resample filter 4"),
        (#"{"size": 8, "image_mean": [0, 0], "image_std": [1]}"#, "one number a channel"),
        (#"{"size": 8, "image_mean": [0], "image_std": [0]}"#, "one number a channel"),
        (#"{"size": 8, "crop_size": 9, "do_center_crop": true, "image_mean": [0], "image_std": [1]}"#, "crop_size"),
        (#"{"size": 8, "crop_size": 5, "do_center_crop": true, "image_mean": [0], "image_std": [1]}"#, "centred"),
        (
            #"{"size": 8, "crop_size": {"height": 4, "width": 6}, "do_center_crop": true, "image_mean": [0], "#
                + #""image_std": [1]}"#, "another share"
        ),
        (#"{"size": 8, "image_mean": [0], "image_std": [1], "rescale_factor": 0}"#, "rescale_factor"),
    ])
    func otherDescriptionsAreRefused(preprocessor: String, named: String) throws {
        let error = try #require(throws: CheckpointError.self) {
            try Self.transform(preprocessor: preprocessor, in: TemporaryFolder())
        }
        #expect(error.path.hasSuffix("preprocessor_config.json"))
        #expect(error.problem.contains(named), "\(error)")
    }
}
