/// A run of multiply-adds that depend on nothing but registers: what the machine can do at most.
package struct PeakArguments {
    package var rounds: Int
    /// One vector of start values, one of factors; the sums are stored over the first.
    package var values: UnsafeMutablePointer<Float>

    package init(rounds: Int, values: UnsafeMutablePointer<Float>) {
        self.rounds = rounds
        self.values = values
    }
}
