import ArgumentParser

struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Prints the completions for a shell.",
        discussion: """
            bash: effnet completions bash > ~/.local/share/bash-completion/completions/effnet
            zsh:  effnet completions zsh > a file named _effnet in a folder of $fpath
            fish: effnet completions fish > ~/.config/fish/completions/effnet.fish
            """
    )

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        var completionShell: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() {
        Console.print(Effnet.completionScript(for: shell.completionShell))
    }
}
