package import HTTP
import HTTPTypes
import Synchronization

extension HTTPField.Name {
    static let requestID = name("X-Request-Id")
    static let serverTiming = name("Server-Timing")
    static let traceParent = name("traceparent")
    static let requestTimeout = name("X-Request-Timeout-Ms")
    static let inferenceHeaderLength = name("Inference-Header-Content-Length")

    /// A name that is known to be a token of RFC 9110.
    private static func name(_ token: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(token) else { preconditionFailure("\(token) is no field name") }
        return name
    }
}

/// The names of requests.
package enum RequestID {
    /// The client's `X-Request-Id`, if it is safe to repeat in headers and logs: 1…128 visible ASCII characters. Else one
    /// that is made.
    package static let identify: ServerConfiguration.Identify = { head in
        guard let sent = head?.fields.value(of: .requestID), (1...128).contains(sent.utf8.count),
            sent.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return random() }
        return sent
    }

    /// 128 bits in hexadecimal that no other request has: a count, spread over all bits from a random start. To draw
    /// each id anew would take two system calls.
    static func random() -> String {
        let index = UInt64(truncatingIfNeeded: count.add(1, ordering: .relaxed).newValue)
        let halves = [spread(start.0 &+ index), spread(start.1 &- index)] as InlineArray
        return String(unsafeUninitializedCapacity: 32) { digits in
            for half in 0..<2 {
                var bits = halves[half]
                for place in half * 16..<half * 16 + 16 {
                    let digit = UInt8(truncatingIfNeeded: bits & 15)
                    digits[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                    bits >>= 4
                }
            }
            return 32
        }
    }

    private static let count = Atomic(0)
    private static let start = (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))

    /// Another number for each number (the output step of SplitMix64).
    private static func spread(_ number: UInt64) -> UInt64 {
        var mixed = number &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
