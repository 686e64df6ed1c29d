import FoundationEssentials

/// What Pillow, timm's transform and PyTorch say of one photograph: an entry of scripts/make-photo-goldens.py.
package struct PhotoGolden: Sendable, Decodable, CustomStringConvertible {
    /// The file's name in Tests/Fixtures/photos.
    package let file: String
    package let width: Int
    package let height: Int
    /// The five likeliest classes, likeliest first.
    package let classes: [Int]
    /// Their softmax probabilities.
    package let probabilities: [Double]

    package var description: String { file }
    package var path: String { Fixtures.path("photos/\(file)") }

    /// All photographs, and the folder in Models/ that they were shown to.
    package static func all() throws -> (model: String, photos: [PhotoGolden]) {
        struct Goldens: Decodable {
            var model: String
            var photos: [PhotoGolden]
        }
        let data = try Data(contentsOf: URL(filePath: Fixtures.path("photos/goldens.json")))
        let goldens = try JSONDecoder().decode(Goldens.self, from: data)
        return (goldens.model, goldens.photos)
    }
}
