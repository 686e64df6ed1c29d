/// The tensors of a pickled state dict, found in what `torch.save` was given: the dictionary itself, or a training
/// checkpoint that holds it.
struct StateDictionary {
    private(set) var tensors: [String: PickledTensor] = [:]
    /// What a training checkpoint calls its architecture.
    let architecture: String?

    /// Where training scripts put weights; averages before the weights that they are averages of.
    private static let members = ["state_dict_ema", "model_ema", "state_dict", "model"]
    /// How many states an average is made of, which stands among its tensors.
    private static let counter = "n_averaged"

    init(_ root: PickleValue, _ unpickler: borrowing Unpickler) throws(PickleFlaw) {
        guard let items = unpickler.items(root) else { throw PickleFlaw("it holds no dictionary of tensors") }
        if case .text(let name)? = items["arch"] { architecture = name } else { architecture = nil }
        for member in Self.members where tensors.isEmpty {
            if let value = items[member], let candidate = unpickler.items(value) {
                tensors = Self.tensors(of: candidate)
            }
        }
        if tensors.isEmpty { tensors = Self.tensors(of: items) }
        guard !tensors.isEmpty else {
            throw PickleFlaw("it holds no tensors, neither itself nor as \(Self.members.joined(separator: ", "))")
        }
    }

    private static func tensors(of items: [String: PickleValue]) -> [String: PickledTensor] {
        var tensors: [String: PickledTensor] = [:]
        for case (let name, .tensor(let tensor)) in items where name != counter { tensors[name] = tensor }
        return tensors
    }
}

extension Unpickler {
    /// Bytes of an element of each storage that was named, by key.
    var elementSizes: [String: Int] {
        var sizes: [String: Int] = [:]
        for values in sequences {
            for case .storage(let storage) in values { sizes[storage.key] = storage.element.size }
        }
        return sizes
    }
}
