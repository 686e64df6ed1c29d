// swift-tools-version: 6.2
import PackageDescription

// The peer of the HTTP benchmark on SwiftNIO; no part of the product.
let package = Package(
    name: "hummingbird-peer",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.0.0")],
    targets: [
        .executableTarget(name: "Peer", dependencies: [.product(name: "Hummingbird", package: "hummingbird")])
    ]
)
