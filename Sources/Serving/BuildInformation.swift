/// What this executable is.
package enum BuildInformation {
    package static let version = "0.1.0"

    /// The kind of machine it was built for.
    package static var target: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }
}
