import ArgumentParser
import HTTP

struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Asks a service on this machine whether it is ready.",
        discussion: "Exit code 0 if GET /readyz answers 200 in time, else 1. Made for container health checks."
    )

    @Option(help: "Numeric address of the service, or localhost. [EFFNET_HOST]")
    var host = "127.0.0.1"

    @Option(help: "Its port. [EFFNET_PORT]")
    var port = ServerConfiguration().port

    @Option(help: "Path of its Unix-domain socket, instead of address and port. [EFFNET_UNIX]")
    var unix: String?

    @Option(help: "Seconds to wait for each step. [EFFNET_TIMEOUT]")
    var timeout = Seconds(.seconds(2))

    func validate() throws {
        guard port > 0 else { throw ValidationError("--port must be 1 to 65535") }
        guard timeout.duration > .zero else { throw ValidationError("--timeout must be positive") }
    }

    func run() throws {
        let address = unix.map(ReadinessProbe.Address.unix) ?? .network(host: host, port: port)
        let status: Int
        do throws(ReadinessProbe.Failure) {
            status = try ReadinessProbe(address: address, timeout: timeout.duration).status()
        } catch {
            throw CommandFailure(code: .partial, message: "\(address)/readyz: \(error.reason)")
        }
        guard status == 200 else {
            throw CommandFailure(code: .partial, message: "\(address)/readyz: status \(status)")
        }
        Console.print("ready")
    }
}
