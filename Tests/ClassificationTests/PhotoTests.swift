import Classification
import Engine
import Imaging
import TestSupport
import Testing

/// Photographs end to end against Pillow, timm's transform and PyTorch.
struct PhotoTests {
    @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
    func agreesWithReference(set: InstructionSet) throws {
        let (model, goldens) = try PhotoGolden.all()
        #expect(goldens.count >= 20)
        let classifier = try PhotoTests.classifier(model, set: set)
        for golden in goldens {
            let picture = try classifier.pipeline(Files.bytes(golden.path))
            #expect(picture.sourceWidth == golden.width && picture.sourceHeight == golden.height, "\(golden)")
            let output = try classifier.run([picture])[0]
            let all = classifier.predictions(for: output, count: classifier.information.classCount)
            #expect(all.first?.classID == golden.classes.first, "top-1 of \(golden)")
            for (classID, expected) in zip(golden.classes, golden.probabilities) {
                let score = try #require(all.first { $0.classID == classID }?.score)
                #expect(abs(Double(score) - expected) <= 0.02, "class \(classID) of \(golden)")
            }
        }
    }

    /// Pictures get the same bits alone and among others, on one thread and on two.
    @Test
    func neighboursDoNotMatter() throws {
        let (model, goldens) = try PhotoGolden.all()
        let classifier = try PhotoTests.classifier(model, threads: 2)
        let pictures = try goldens.prefix(8).map { try classifier.pipeline(Files.bytes($0.path)) }
        let together = try classifier.run(pictures, threads: 2)
        for (picture, output) in zip(pictures, together) {
            #expect(try classifier.run([picture]) == [output])
        }
    }

    static func classifier(_ model: String, set: InstructionSet = .best, threads: Int = 1) throws -> Classifier {
        var options = Classifier.Options()
        options.instructionSet = set.rawValue
        options.threads = threads
        return try Classifier(folder: "\(Fixtures.root)/Models/\(model)", options: options)
    }
}
