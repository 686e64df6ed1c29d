import Foundation

/// A PNG of 6 × 4 pixels, all of other colours.
enum SamplePicture {
    static let png: [UInt8] = {
        let text = """
            iVBORw0KGgoAAAANSUhEUgAAAAYAAAAECAIAAAAiZtkUAAAAV0lEQVR42gFMALP/AAAePChGZFBujHiWtKC+3MjmBAAKKEYyUG5aeJaCoL6q\
            yObS8A4AFDJQPFp4ZIKgjKrItNLw3PoYAB48WkZkgm6Mqpa00r7c+uYEIutcI8klfC55AAAAAElFTkSuQmCC
            """
        return Data(base64Encoded: text).map(Array.init) ?? []
    }()
}
