/// How deflated data (RFC 1951) is wrapped.
package enum DeflateWrapper: Sendable {
    /// RFC 1950
    case zlib
    /// RFC 1952
    case gzip
    case raw

    /// zlib's code for the wrapper and the largest window.
    var windowBits: Int32 {
        switch self {
        case .zlib: 15
        case .gzip: 15 + 16
        case .raw: -15
        }
    }
}
