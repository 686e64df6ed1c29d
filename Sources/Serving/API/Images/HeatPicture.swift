package import Engine
import Imaging

/// A class-activation map as a grey picture in the photograph's proportions: black where nothing speaks for the class,
/// white where most does. What the network did not see is black.
package struct HeatPicture {
    /// Pixels of the longer side at most; that of a smaller photograph is kept.
    package static let longestSide = 1024

    package let width: Int
    package let height: Int
    private let map: ClassActivationMap
    private let region: PictureRegion
    /// Pixels of the photograph in one of this picture.
    private let scale: Double

    package init(_ map: ClassActivationMap, of image: ImageFacts) {
        self.map = map
        region = image.region
        scale = max(1, Double(max(image.width, image.height)) / Double(HeatPicture.longestSide))
        width = max(1, Int((Double(image.width) / scale).rounded()))
        height = max(1, Int((Double(image.height) / scale).rounded()))
    }

    /// Nil when there is no memory for it.
    var png: [UInt8]? {
        PNGEncoder.grey(width: width, height: height, pixels: pixels)
    }

    /// Rows top first.
    package var pixels: [UInt8] {
        let across = places(count: width, start: region.x, length: region.width, cells: map.columns)
        let down = places(count: height, start: region.y, length: region.height, cells: map.rows)
        // White for the largest value; also where numbers are huge or tiny nothing overflows.
        let largest = map.values.max() ?? 0
        let shades = map.values.map { largest > 0 ? 255 * min(max($0 / largest, -1), 1) : 0 }
        var pixels = [UInt8](repeating: 0, count: width * height)
        for (row, vertical) in down.enumerated() {
            guard let vertical else { continue }
            // The two rows of the map that this one lies between, mixed.
            let upper = shades[vertical.first * map.columns..<(vertical.first + 1) * map.columns]
            let lower = shades[vertical.second * map.columns..<(vertical.second + 1) * map.columns]
            let line = zip(upper, lower).map { $0 + ($1 - $0) * vertical.share }
            for (column, horizontal) in across.enumerated() {
                guard let horizontal else { continue }
                let (left, right) = (line[horizontal.first], line[horizontal.second])
                let value = left + (right - left) * horizontal.share
                pixels[row * width + column] = UInt8(min(max(value, 0), 255).rounded())
            }
        }
        return pixels
    }

    /// Two cells of the map and the share of the second.
    private struct Place {
        var first: Int
        var second: Int
        var share: Float
    }

    /// For each pixel of an axis the cells between whose centres it lies; nil outside the region.
    private func places(count: Int, start: Double, length: Double, cells: Int) -> [Place?] {
        (0..<count).map { index in
            let share = ((Double(index) + 0.5) * scale - start) / length
            guard (0..<1).contains(share) else { return nil }
            let place = min(max(share * Double(cells) - 0.5, 0), Double(cells - 1))
            let first = Int(place)
            return Place(first: first, second: min(first + 1, cells - 1), share: Float(place - Double(first)))
        }
    }
}
