import ModelGraph

extension Weights {
    /// The tensors without what wrappers put before every name: "module." of parallel training, "_orig_mod." of
    /// torch.compile, "model." of Lightning, and any other that all tensors share, if names of a known style are left.
    func unwrapped() -> Weights {
        var weights = self
        while NamingStyle(where: { weights[$0] != nil }) == nil {
            guard let prefix = weights.commonPrefix else { return self }
            weights = Weights(
                Dictionary(
                    weights.names.map { (String($0.dropFirst(prefix.count)), weights[$0]) },
                    uniquingKeysWith: { first, _ in first }
                ).compactMapValues(\.self)
            )
        }
        return weights
    }

    /// The first part of all names, with its dot.
    private var commonPrefix: String? {
        let names = names
        guard let first = names.first, let dot = first.firstIndex(of: ".") else { return nil }
        let prefix = String(first[...dot])
        return names.allSatisfy { $0.hasPrefix(prefix) && $0.utf8.count > prefix.utf8.count } ? prefix : nil
    }
}
