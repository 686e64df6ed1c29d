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
    /// Decoding would need more memory than the budget; known from the header alone.
    case tooMuchMemory(needed: Int, limit: Int)
    /// A side is zero.
    case zeroSized
}
