import Glibc

/// Why a server cannot listen; `description` tells the cause and the remedy.
package enum ServerError: Error, Sendable, Equatable, CustomStringConvertible {
    case badAddress(String)
    case addressInUse(String)
    case permissionDenied(String)
    case noSuchInterface(String)
    case noSuchFolder(String)
    /// What lies at the path of a Unix-domain socket is no socket.
    case fileInTheWay(String)
    /// A socket that the process was started with cannot be served.
    case badPassedSocket(String, reason: String)
    case alreadyStarted
    case system(operation: String, code: Int32)

    init(operation: String, address: String, code: Int32) {
        self =
            switch code {
            case EADDRINUSE: .addressInUse(address)
            case EACCES, EPERM: .permissionDenied(address)
            case EADDRNOTAVAIL: .noSuchInterface(address)
            case ENOENT, ENOTDIR: .noSuchFolder(address)
            default: .system(operation: operation, code: code)
            }
    }

    package var description: String {
        switch self {
        case .badAddress(let text):
            "Cannot listen on '\(text)': it is no numeric IPv4 or IPv6 address, not localhost, and no socket path of at "
                + "most 107 bytes. Use 0.0.0.0 or :: for all interfaces, or 127.0.0.1 for this machine only."
        case .addressInUse(let address):
            "Cannot listen on \(address): another program already does. Stop it, or choose another port."
        case .permissionDenied(let address):
            "Cannot listen on \(address): not permitted. Choose a port of 1024 or more, or a folder you may write to."
        case .noSuchInterface(let address):
            "Cannot listen on \(address): no interface of this machine has that address. Use 0.0.0.0 or :: for all."
        case .noSuchFolder(let path):
            "Cannot listen on \(path): its folder does not exist. Make the folder, or choose another path."
        case .fileInTheWay(let path):
            "Cannot listen on \(path): a file that is no socket is there. Choose another path, or remove the file."
        case .badPassedSocket(let name, let reason):
            "Cannot listen on the passed socket \(name): \(reason). A socket unit needs ListenStream= and Accept=no."
        case .alreadyStarted: "The server is already started. Make another one to listen again."
        case .system(let operation, let code): "Cannot listen: \(operation) failed: \(String(cString: strerror(code)))."
        }
    }
}
