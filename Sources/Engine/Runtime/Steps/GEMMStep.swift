internal import KernelInterface
internal import ModelGraph

/// A convolution (or fully connected layer) as matrix products.
struct GEMMStep: Step {
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
    let product: MatrixProduct
    let input: Buffer
    let output: Buffer
    let residual: Buffer?
    /// Floats from one output pixel's input to the next one's.
    let inputStride: Int
    let runs: [Run]
    /// How many runs and panels make a unit.
    let runsPerUnit: Int
    let panelsPerUnit: Int

    private var runGroups: Int { (runs.count + runsPerUnit - 1) / runsPerUnit }
    private var panelGroups: Int { (product.panels.count + panelsPerUnit - 1) / panelsPerUnit }
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
        for panel in product.panels[firstPanel..<min(firstPanel + panelsPerUnit, product.panels.count)] {
            if runGroup == 0 { clearBorder(of: panel.panel, image: image, context) }
            for run in runs[firstRun..<min(firstRun + runsPerUnit, runs.count)] {
                compute(run, panel, image: image, context)
            }
        }
    }

    private func compute(_ run: Run, _ panel: MatrixProduct.PackedPanel, image: Int, _ context: RunContext) {
        let layout = output.layout
        let firstBlock = panel.panel.firstBlock
        var destination = MatrixProduct.Destination(
            c: context.address(output, image: image) + run.output + firstBlock * layout.planeStride,
            stride: isPixelwise ? layout.imageStride : layout.block,
            blockStride: layout.planeStride
        )
        if let residual {
            let plane = residual.layout.planeStride
            destination.residual = UnsafePointer(
                context.address(residual, image: image) + run.residual + firstBlock * plane
            )
            destination.residualBlockStride = plane
        }
        product.multiply(
            panel,
            a: context.address(input, image: image) + run.input,
            stride: isPixelwise ? input.layout.imageStride : inputStride,
            pixels: isPixelwise ? context.images : run.pixels,
            weights: context.weights,
            into: destination
        )
    }

    private func clearBorder(of panel: Panel, image: Int, _ context: RunContext) {
        let layout = output.layout
        guard !layout.border.isEmpty else { return }
        for block in panel.firstBlock..<panel.firstBlock + panel.kernel.blocks {
            layout.clearBorder(ofPlane: context.address(output, image: image) + block * layout.planeStride)
        }
    }
}
