import ArgumentParser

/// Gives each option that the command line leaves out its value from the environment: `--max-queue` is read from
/// `EFFNET_MAX_QUEUE`.
struct EnvironmentDefaults {
    /// The value of an environment variable.
    let lookup: (String) -> String?

    /// One value from the environment, as command-line arguments.
    private struct Addition {
        let variable: String
        let arguments: [String]
    }

    init(lookup: @escaping (String) -> String?) {
        self.lookup = lookup
    }

    /// The command that the arguments and the environment ask for.
    ///
    /// - Throws: the parser's errors; those that only the environment causes name the variable.
    func parse(_ arguments: [String], as root: any ParsableCommand.Type) throws -> any ParsableCommand {
        let subcommand = root.configuration.subcommands.first { $0.configuration.commandName == arguments.first }
        guard let subcommand else { return try root.parseAsRoot(arguments) }
        let additions = try self.additions(to: arguments, of: subcommand)
        do {
            return try root.parseAsRoot(Self.inserting(additions, into: arguments))
        } catch {
            // Without the environment the command line may be right; then one of the values is at fault.
            if (try? root.parseAsRoot(arguments)) != nil {
                try blame(additions, for: error, arguments: arguments, root: root)
            }
            throw error
        }
    }

    private func blame(
        _ additions: [Addition],
        for error: any Error,
        arguments: [String],
        root: any ParsableCommand.Type
    ) throws {
        for addition in additions {
            do {
                _ = try root.parseAsRoot(Self.inserting([addition], into: arguments))
            } catch {
                throw ValidationError("environment variable \(addition.variable): \(root.message(for: error))")
            }
        }
    }

    private static func inserting(_ additions: [Addition], into arguments: [String]) -> [String] {
        arguments.prefix(1) + additions.flatMap(\.arguments) + arguments.dropFirst()
    }

    private func additions(
        to arguments: [String],
        of command: any ParsableCommand.Type
    ) throws -> [Addition] {
        let selective = try? (command as? any SelectiveCommand.Type)?.parse(Array(arguments.dropFirst()))
        let overruled = selective?.overruledVariables ?? []
        return try Setting.all(of: command).compactMap { setting in
            guard !overruled.contains(setting.variable) else { return nil }
            let given = arguments.prefix { $0 != "--" }.contains {
                $0 == setting.option || $0.hasPrefix(setting.option + "=")
            }
            guard !given, let value = lookup(setting.variable) else { return nil }
            guard setting.isFlag else {
                return Addition(variable: setting.variable, arguments: ["\(setting.option)=\(value)"])
            }
            switch value.lowercased() {
            case "1", "true": return Addition(variable: setting.variable, arguments: [setting.option])
            case "0", "false", "": return nil
            default:
                throw ValidationError(
                    "environment variable \(setting.variable): \"\(value)\" is neither 1 or true nor 0 or false."
                )
            }
        }
    }
}

/// A command whose arguments may speak against some of the environment.
protocol SelectiveCommand: ParsableCommand {
    /// Variables that do not count beside what the command line says.
    var overruledVariables: Set<String> { get }
}

/// An option or flag of a command, found by its property as the parser itself finds it.
private struct Setting {
    /// As on the command line: "--max-queue".
    let option: String
    let isFlag: Bool

    var variable: String {
        "EFFNET_" + option.dropFirst(2).uppercased().map { $0 == "-" ? "_" : $0 }
    }

    /// The settings of a command and of its option groups.
    static func all(of arguments: any ParsableArguments.Type) -> [Setting] {
        Mirror(reflecting: arguments.init()).children.flatMap { label, value -> [Setting] in
            switch value {
            case let group as any SettingGroup: all(of: type(of: group).members)
            case let property as any SettingProperty:
                // A property wrapper's storage has the property's name behind an underscore.
                (label?.dropFirst()).map { [Setting(option: optionName($0), isFlag: type(of: property).isFlag)] } ?? []
            default: []
            }
        }
    }

    /// "maxQueue" becomes "--max-queue".
    private static func optionName(_ property: Substring) -> String {
        "--" + property.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
    }
}

private protocol SettingProperty {
    static var isFlag: Bool { get }
}

private protocol SettingGroup {
    static var members: any ParsableArguments.Type { get }
}

extension Option: SettingProperty {
    fileprivate static var isFlag: Bool { false }
}

extension Flag: SettingProperty {
    fileprivate static var isFlag: Bool { true }
}

extension OptionGroup: SettingGroup {
    fileprivate static var members: any ParsableArguments.Type { Value.self }
}
