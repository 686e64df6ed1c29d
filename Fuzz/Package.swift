// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets, in a package of their own: an executable whose main function is libFuzzer's would break every build of
// the service. The rooms are built here once more, from the same sources, so that all code under test is instrumented
// and `package` access holds.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// One executable: `Targets/<name>` holds only the function that libFuzzer calls.
func fuzzTarget(_ name: String) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["FuzzEntries"],
        path: "Targets/\(name)",
        swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]
    )
}

/// A set of the resampler's loops, as the service has it; but what instrumentation adds may be shared.
func resampleSet(_ name: String, features: [String]) -> Target {
    .target(
        name: "Resample\(name)",
        dependencies: ["ResampleInterface", "CIntrinsics"],
        path: "Sources/Resampling/\(name)",
        swiftSettings: strict + [
            .unsafeFlags(["-Xfrontend", "-disable-cmo"] + features.flatMap { ["-Xcc", "-m\($0)"] })
        ]
    )
}

#if arch(x86_64)
    let resampleVectorSets = [resampleSet("AVX2", features: ["avx2"])]
#else
    let resampleVectorSets: [Target] = []
#endif

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "https://github.com/apple/swift-http-types", from: "1.7.0")],
    targets: [
        .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CIntrinsics"),
        .target(name: "Compression", dependencies: ["CZlib"], swiftSettings: strict),
        .target(name: "ResampleInterface", path: "Sources/Resampling/Interface", swiftSettings: strict),
        resampleSet("Baseline", features: []),
        .target(
            name: "Imaging",
            dependencies: ["CIntrinsics", "CJPEG", "Compression", "ResampleInterface", "ResampleBaseline"]
                + resampleVectorSets.map { .target(name: $0.name) },
            swiftSettings: strict
        ),
        .target(name: "ModelGraph", swiftSettings: strict),
        .target(name: "Architectures", dependencies: ["ModelGraph"], swiftSettings: strict),
        .target(
            name: "Checkpoints",
            dependencies: ["ModelGraph", "Architectures", "Compression"],
            swiftSettings: strict
        ),
        .target(
            name: "HTTP",
            dependencies: ["CEpoll", "Compression", .product(name: "HTTPTypes", package: "swift-http-types")],
            swiftSettings: strict
        ),
        .target(
            name: "FuzzEntries",
            dependencies: [
                "Checkpoints", "Compression", "HTTP", "Imaging", "ModelGraph",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            path: "Entries",
            swiftSettings: strict
        ),
        fuzzTarget("FuzzContentCoding"),
        fuzzTarget("FuzzHTTP"),
        fuzzTarget("FuzzJPEG"),
        fuzzTarget("FuzzJSON"),
        fuzzTarget("FuzzMultipart"),
        fuzzTarget("FuzzONNX"),
        fuzzTarget("FuzzPNG"),
        fuzzTarget("FuzzPyTorch"),
        fuzzTarget("FuzzSafetensors"),
    ] + resampleVectorSets
)
