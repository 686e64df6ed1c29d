/// Why a body is not a picture that can be classified. The cases are what the HTTP edge needs to choose a status; the
/// texts name the cause and the remedy.
package enum ImageError: Error, Sendable, Equatable {
    /// No bytes at all.
    case empty
    /// The signature is none of a JPEG's or PNG's; `format` where another one was recognised ("WebP").
    case unsupported(format: String?)
    /// The signature is right, the rest is broken or cut short.
    case corrupt(format: PictureFormat, reason: String)
    /// More pixels than the limit allows; known from the header alone.
    case tooManyPixels(width: Int, height: Int, limit: Int)
    /// Decoding would need more memory than the budget; known from the header alone. Both in bytes.
    case tooMuchMemory(needed: Int, limit: Int)
    /// A side is zero.
    case zeroSized
}

extension ImageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty:
            "There are no bytes; send the bytes of a JPEG or PNG picture."
        case .unsupported(let format?):
            "The picture is \(format), which is not read; convert it to JPEG or PNG."
        case .unsupported(nil):
            "The bytes are not a picture of a known format; send a JPEG or PNG picture."
        case .corrupt(let format, let reason):
            "The \(format.name) picture is broken (\(reason)); save or transfer it again."
        case .tooManyPixels(let width, let height, let limit):
            "The picture has \(width) x \(height) pixels, more than the \(limit) allowed; make it smaller."
        case .tooMuchMemory(let needed, let limit):
            """
            Decoding the picture would take \(needed) bytes of memory, more than the \(limit) allowed; \
            make it smaller, or save it without progressive or interlaced coding.
            """
        case .zeroSized:
            "The picture has a side of zero pixels; send one that has pixels."
        }
    }
}
