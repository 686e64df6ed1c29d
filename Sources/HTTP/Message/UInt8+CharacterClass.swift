// The character classes of RFC 9110 §5.6 and RFC 5234, on bytes.

extension UInt8 {
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09

    /// `tchar` of RFC 9110 §5.6.2.
    var isToken: Bool {
        // One bit a character: "!#$%&'*+-." and digits below 64; letters and "^_`|~" above.
        switch self {
        case 0..<64: 0x03FF_6CFA_0000_0000 >> UInt64(self) & 1 == 1
        case 64..<128: 0x57FF_FFFF_C7FF_FFFE >> UInt64(self - 64) & 1 == 1
        default: false
        }
    }

    /// `field-vchar`, space or tab: what a field's value may hold (RFC 9110 §5.5).
    var isFieldContent: Bool {
        self >= .space ? self != 0x7F : self == .tab
    }

    /// A visible ASCII character.
    var isVisible: Bool {
        self > .space && self < 0x7F
    }

    var isWhitespace: Bool {
        self == .space || self == .tab
    }

    var isDigit: Bool {
        self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9")
    }

    var isLetter: Bool {
        lowercased >= UInt8(ascii: "a") && lowercased <= UInt8(ascii: "z")
    }

    /// The value of a hexadecimal digit; nil for any other character.
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// An ASCII letter in lower case; meaningful for letters only.
    var lowercased: UInt8 {
        self | 0x20
    }
}
