import KernelInterface

/// How what kernels of half blocks read is packed.
extension GEMMKernel {
    /// Whether a lane's results are those of a channel, and not zeros.
    func hasChannel(lane: Int, block: Int) -> Bool {
        !isHalved || lane < blocks * block - block / 2
    }

    /// Numbers of all lanes, for one step after the other, with those of half a block in both of its halves.
    ///
    /// - Parameter perLane: numbers of each lane and step.
    func twinned<Number>(_ numbers: [Number], perLane: Int = 1, block: Int) -> [Number] {
        numbers.indices.map { index in
            let lane = index / perLane % (blocks * block)
            return numbers[hasChannel(lane: lane, block: block) ? index : index - block / 2 * perLane]
        }
    }
}
