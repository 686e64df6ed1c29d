import ArgumentParser
import Glibc

@main enum Main {
    static func main() {
        do {
            let defaults = EnvironmentDefaults { name in getenv(name).map { String(cString: $0) } }
            var command = try defaults.parse(Array(CommandLine.arguments.dropFirst()), as: Effnet.self)
            try command.run()
        } catch let failure as CommandFailure {
            Console.error("effnet: \(failure.message)")
            exit(failure.code.rawValue)
        } catch {
            Effnet.exit(withError: error)
        }
    }
}
