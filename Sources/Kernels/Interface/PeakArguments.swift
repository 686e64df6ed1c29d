/// A run of multiply-adds that depend on nothing but registers: what the machine can do at most.
package struct PeakArguments {
    package var rounds: Int
    /// What the words that are multiplied hold.
    package var element: Element
    /// One vector of start values, one of factors; the sums are stored over the first.
    package var values: UnsafeMutablePointer<Float>

    package init(rounds: Int, element: Element = .float32, values: UnsafeMutablePointer<Float>) {
        self.rounds = rounds
        self.element = element
        self.values = values
    }
}
