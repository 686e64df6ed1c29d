internal import KernelInterface
internal import ModelGraph

/// A convolution (or fully connected layer) as matrix products.
struct GEMMStep: Step {
    /// A panel of output channels with the place of its packed weights and bias, in floats.
    struct PackedPanel: Sendable {
        var panel: Panel
        var weights: Int
        var bias: Int
    }

    /// Output pixels whose inputs are equally far apart: a row of the image, or part of the image where rows follow each
    /// other without a border.
    struct Run: Sendable {
        /// From the image's start, in floats.
        var input: Int
        var output: Int
        var residual: Int
        var pixels: Int
    }

    let name: String
    let kind: String
    let multiplyAdds: Int
    let input: Buffer
    let output: Buffer
    let residual: Buffer?
    let panels: [PackedPanel]
    let order: TapOrder
    /// Floats from one output pixel's input to the next one's.
    let inputStride: Int
    let activation: Activation
    let runs: [Run]
    /// How many runs and panels make a unit.
    let runsPerUnit: Int
    let panelsPerUnit: Int

    private var runGroups: Int { (runs.count + runsPerUnit - 1) / runsPerUnit }
    private var panelGroups: Int { (panels.count + panelsPerUnit - 1) / panelsPerUnit }
    /// One pixel an image: then the images of the batch are the pixels of one run.
    private var isPixelwise: Bool { output.layout.shape.height * output.layout.shape.width == 1 && residual == nil }

    func unitCount(images: Int) -> Int {
        isPixelwise ? panelGroups : panelGroups * images * runGroups
    }

    /// Neighbouring units share a group of panels, whose weights then stay in the cache.
    func run(unit: Int, _ context: RunContext) {
        let units = isPixelwise ? 1 : context.images * runGroups
        let (panelGroup, rest) = unit.quotientAndRemainder(dividingBy: units)
        let (image, runGroup) = rest.quotientAndRemainder(dividingBy: runGroups)
        let firstPanel = panelGroup * panelsPerUnit
        let firstRun = runGroup * runsPerUnit
        let unitRuns = firstRun..<min(firstRun + runsPerUnit, runs.count)
        order.tapOffsets.withUnsafeBufferPointer { taps in
            guard let taps = taps.baseAddress else { return }
            for index in firstPanel..<min(firstPanel + panelsPerUnit, panels.count) {
                let panel = panels[index]
                if runGroup == 0 { clearBorder(of: panel, images: isPixelwise ? 0 : 1, first: image, context) }
                for run in unitRuns { compute(runs[run], panel, image: image, taps: taps, context) }
            }
        }
    }

    private func compute(
        _ run: Run,
        _ panel: PackedPanel,
        image: Int,
        taps: UnsafePointer<Int>,
        _ context: RunContext
    ) {
        let layout = output.layout
        let firstBlock = panel.panel.firstBlock
        let residualLayout = residual?.layout
        panel.panel.kernel.run(
            GEMMArguments(
                a: context.address(input, image: image) + run.input,
                aStride: isPixelwise ? input.layout.imageStride : inputStride,
                tapOffsets: taps,
                fullTaps: order.fullTaps,
                tailTaps: order.tailTaps,
                tailSteps: order.tailSteps,
                b: context.weights + panel.weights,
                bias: context.weights + panel.bias,
                c: context.address(output, image: image) + run.output + firstBlock * layout.planeStride,
                cStride: isPixelwise ? layout.imageStride : layout.block,
                cBlockStride: layout.planeStride,
                residual: residual.map { residual in
                    UnsafePointer(context.address(residual, image: image))
                        + run.residual + firstBlock * residual.layout.planeStride
                },
                residualBlockStride: residualLayout?.planeStride ?? 0,
                pixels: isPixelwise ? context.images : run.pixels,
                activation: activation
            )
        )
    }

    private func clearBorder(of panel: PackedPanel, images: Int, first: Int, _ context: RunContext) {
        let layout = output.layout
        guard !layout.border.isEmpty else { return }
        let blocks = panel.panel.firstBlock..<panel.panel.firstBlock + panel.panel.kernel.blocks
        for image in first..<first + images {
            for block in blocks {
                layout.clearBorder(ofPlane: context.address(output, image: image) + block * layout.planeStride)
            }
        }
    }
}
