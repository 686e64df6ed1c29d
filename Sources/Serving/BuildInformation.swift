/// What this executable is.
package enum BuildInformation {
    package static let version = "0.1.0"

    /// Of the Swift compiler that built it.
    package static var compiler: String {
        #if compiler(>=6.4)
            "6.4 or newer"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    package static var isOptimized: Bool {
        #if DEBUG
            false
        #else
            true
        #endif
    }

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
