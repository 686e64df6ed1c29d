/// The classes that a state dict names, and what becomes of them.
extension Unpickler {
    mutating func pushClass(module: String, name: String) throws(PickleFlaw) {
        let plain = module == "torch.storage" ? "torch.\(name)" : "\(module).\(name)"
        guard let known = PickleClass(rawValue: plain) else {
            throw PickleFlaw("\(module).\(name) is none of the classes that weights need", isRefusal: true)
        }
        push(.global(known))
    }

    /// What a call of a known function gives.
    mutating func call() throws(PickleFlaw) {
        let arguments = try values(try pop())
        guard case .global(let function) = try pop() else {
            throw PickleFlaw("something is called that is no function", isRefusal: true)
        }
        switch function {
        case .orderedDictionary:
            guard arguments.isEmpty else { throw PickleFlaw("a dictionary is made of arguments", isRefusal: true) }
            pushDictionary([])
        case .rebuildTensor, .rebuildTensorV2: push(.tensor(try tensor(arguments)))
        case .rebuildParameter:
            guard let first = arguments.first, case .tensor = first else {
                throw PickleFlaw("a parameter holds no tensor")
            }
            push(first)
        case .size:
            guard let first = arguments.first else { throw PickleFlaw("a size holds nothing") }
            push(first)
        case .device, .namespace, .counter: push(.ignored)
        default: throw PickleFlaw("\(function.rawValue) is called, which weights never need", isRefusal: true)
        }
    }

    /// An object made without a call of its initialiser.
    mutating func makeObject() throws(PickleFlaw) {
        _ = try pop()
        switch try pop() {
        case .global(.orderedDictionary): pushDictionary([])
        case .global(.namespace): push(.ignored)
        default: throw PickleFlaw("an object is made that weights never need", isRefusal: true)
        }
    }

    /// State that is put into an object: state dicts carry their `_metadata` so, which is left out.
    mutating func build() throws(PickleFlaw) {
        _ = try pop()
        let object = try pop()
        switch object {
        case .ignored, .dictionary: push(object)
        default: throw PickleFlaw("an object is filled that weights never need", isRefusal: true)
        }
    }

    /// A persistent id: ("storage", type, key, location, count), and in older files a view (key, offset, count) or
    /// nothing behind.
    mutating func pushStorage(_ id: PickleValue) throws(PickleFlaw) {
        let parts = try values(id)
        guard parts.count >= 5, case .text("storage") = parts[0], case .global(let type) = parts[1],
            let element = type.storedType, case .integer(let count) = parts[4], count >= 0
        else { throw PickleFlaw("a persistent id does not name a storage", isRefusal: true) }
        let key: String
        switch parts[2] {
        case .text(let text): key = text
        case .integer(let number): key = String(number)
        default: throw PickleFlaw("a storage's key is no text")
        }
        var storage = PickledStorage(key: key, element: element, count: count)
        if parts.count > 5, case .sequence = parts[5] {
            let view = try values(parts[5])
            guard view.count == 3, case .integer(let offset) = view[1], case .integer(let viewed) = view[2],
                offset >= 0, viewed >= 0, offset <= count, viewed <= count - offset
            else { throw PickleFlaw("a view reaches beyond its storage") }
            storage.offset = offset
        }
        push(.storage(storage))
    }

    private func tensor(_ arguments: [PickleValue]) throws(PickleFlaw) -> PickledTensor {
        guard arguments.count >= 4, case .storage(let storage) = arguments[0], case .integer(let offset) = arguments[1]
        else { throw PickleFlaw("a tensor is not described by storage, offset, size and strides") }
        let (start, overflow) = offset.addingReportingOverflow(storage.offset)
        guard !overflow else { throw PickleFlaw("a tensor's offset of \(offset) is not possible") }
        return try PickledTensor(
            storage: storage,
            offset: start,
            shape: try integers(arguments[2]),
            strides: try integers(arguments[3])
        )
    }

    /// The elements of a list or tuple.
    func values(_ value: PickleValue) throws(PickleFlaw) -> [PickleValue] {
        guard case .sequence(let index) = value else { throw PickleFlaw("a tuple is expected before byte \(position)") }
        return sequences[index]
    }

    private func integers(_ value: PickleValue) throws(PickleFlaw) -> [Int] {
        try values(value).map { (value) throws(PickleFlaw) in
            guard case .integer(let integer) = value else { throw PickleFlaw("a size or stride is no whole number") }
            return integer
        }
    }

    /// The items of a dictionary whose keys are texts; the last of equal keys counts. Nil for other values.
    func items(_ value: PickleValue) -> [String: PickleValue]? {
        guard case .dictionary(let index) = value else { return nil }
        var items: [String: PickleValue] = [:]
        for (key, value) in dictionaries[index] {
            if case .text(let text) = key { items[text] = value }
        }
        return items
    }
}
