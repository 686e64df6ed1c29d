/// Numbers at a fixed address, for kernels that take pointers.
final class Pinned<Element: BitwiseCopyable> {
    let pointer: UnsafeMutablePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
        count = elements.count
        pointer = .allocate(capacity: max(count, 1))
        for (index, element) in elements.enumerated() { (pointer + index).initialize(to: element) }
    }

    deinit { pointer.deallocate() }

    var constant: UnsafePointer<Element> { UnsafePointer(pointer) }

    subscript(index: Int) -> Element {
        precondition((0..<count).contains(index))
        return pointer[index]
    }
}
