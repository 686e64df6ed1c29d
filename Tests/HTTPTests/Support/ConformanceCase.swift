import Foundation
import Testing

/// One row of `Fixtures/http/conformance.json`: what a client sends, and what must come of it.
struct ConformanceCase: Decodable, Sendable, CustomTestStringConvertible {
    enum Fate: String, Decodable {
        /// The connection lives on.
        case open
        /// The server ends its side after the answers.
        case close
        /// The request is not whole yet.
        case waits
    }

    /// Text whose characters stand for one byte each, possibly repeated.
    private enum Part: Decodable {
        case text(String)
        case repeated(String, count: Int)

        private enum Key: CodingKey { case `repeat`, count }

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                self = .text(text)
            } else {
                let container = try decoder.container(keyedBy: Key.self)
                self = .repeated(
                    try container.decode(String.self, forKey: .repeat),
                    count: try container.decode(Int.self, forKey: .count)
                )
            }
        }

        var text: String {
            switch self {
            case .text(let text): text
            case .repeated(let text, let count): String(repeating: text, count: count)
            }
        }
    }

    let id: String
    let section: String
    private let send: [Part]
    /// Of the final answers, in order.
    let statuses: [Int]
    let fate: Fate
    /// Nil within: any body will do.
    let bodies: [String?]?

    var testDescription: String { id }

    var bytes: [UInt8] {
        send.flatMap { $0.text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
    }

    /// The places of the answers to HEAD, which have no body.
    var bodyless: Set<Int> { id.hasPrefix("head") ? [0] : [] }

    /// Empty when the file cannot be read, which a test notices.
    static let all: [ConformanceCase] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/http/conformance.json")
        return (try? JSONDecoder().decode([ConformanceCase].self, from: Data(contentsOf: file))) ?? []
    }()
}
