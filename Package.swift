// swift-tools-version: 6.2
import PackageDescription

// Layering is held by the compiler: a target sees only what it names here. docs/ARCHITECTURE.md gives the reasons.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// For what no request waits for: small, so that the executable stays so.
let small: [SwiftSetting] = strict + [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// A kernel set: the one kernel source, compiled for one family of CPUs. The folder of each set only holds a link to it.
///
/// - Parameter defines: what the source asks for.
func kernelSet(_ name: String, defines: [String] = [], features: [String]) -> Target {
    .target(
        name: "Kernels\(name)",
        dependencies: ["KernelInterface", "CIntrinsics"],
        path: "Sources/Kernels/\(name)",
        swiftSettings: strict + defines.map { .define($0) } + [
            .unsafeFlags(["-Ounchecked", "-Xfrontend", "-disable-cmo"] + features.flatMap { ["-Xcc", "-m\($0)"] })
        ]
    )
}

/// A set of the resampler's loops, made in the same way.
func resampleSet(_ name: String, features: [String]) -> Target {
    .target(
        name: "Resample\(name)",
        dependencies: ["ResampleInterface", "CIntrinsics"],
        path: "Sources/Resampling/\(name)",
        swiftSettings: strict + [
            .unsafeFlags(["-Ounchecked", "-Xfrontend", "-disable-cmo"] + features.flatMap { ["-Xcc", "-m\($0)"] })
        ]
    )
}

let avx2 = ["avx2", "fma", "f16c", "bmi", "bmi2"]
let avx512 = avx2 + ["avx512f", "avx512bw", "avx512dq", "avx512vl", "prefer-vector-width=512"]

// Other CPUs run the baseline set, made for the vectors that they have.
#if arch(x86_64)
    let vectorSets = [
        kernelSet("AVX2", defines: ["KERNELS_AVX2"], features: avx2),
        kernelSet("AVX512", defines: ["KERNELS_AVX512"], features: avx512),
        kernelSet(
            "AVX512BF16",
            defines: ["KERNELS_AVX512", "KERNELS_BF16"],
            features: avx512 + ["avx512bf16", "avx512vnni", "amx-tile", "amx-bf16", "amx-int8"]
        ),
    ]
    let resampleVectorSets = [resampleSet("AVX2", features: ["avx2"])]
#else
    let vectorSets: [Target] = []
    let resampleVectorSets: [Target] = []
#endif

let package = Package(
    name: "effnet",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "effnet", targets: ["effnet"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.13.0"),
    ],
    targets: [
        // C: libraries of the system, and the primitives that Swift has no words for.
        .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CIntrinsics"),
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CMalloc"),

        // The engine, from the model's description down to vector instructions.
        .target(name: "ModelGraph", swiftSettings: small),
        .target(name: "Architectures", dependencies: ["ModelGraph"], swiftSettings: small),
        .target(name: "KernelInterface", path: "Sources/Kernels/Interface", swiftSettings: strict),
        kernelSet("Baseline", features: []),
        .target(
            name: "Engine",
            dependencies: ["CIntrinsics", "ModelGraph", "KernelInterface", "KernelsBaseline"]
                + vectorSets.map { .target(name: $0.name) },
            swiftSettings: strict
        ),

        // What comes from outside: files of weights and pictures.
        .target(name: "Compression", dependencies: ["CZlib"], swiftSettings: strict),
        .target(
            name: "Checkpoints",
            dependencies: ["ModelGraph", "Architectures", "Compression"],
            swiftSettings: small
        ),
        .target(name: "ResampleInterface", path: "Sources/Resampling/Interface", swiftSettings: strict),
        resampleSet("Baseline", features: []),
        .target(
            name: "Imaging",
            dependencies: ["CIntrinsics", "CJPEG", "Compression", "ResampleInterface", "ResampleBaseline"]
                + resampleVectorSets.map { .target(name: $0.name) },
            swiftSettings: strict
        ),
        .target(
            name: "Classification",
            dependencies: [
                "ModelGraph", "Architectures", "Checkpoints", "Engine", "Imaging",
            ],
            swiftSettings: small
        ),
        .target(
            name: "Quantizing",
            dependencies: ["ModelGraph", "Checkpoints", "Engine", "Imaging", "Classification"],
            swiftSettings: small
        ),

        // The service.
        .target(
            name: "HTTP",
            dependencies: ["CEpoll", "Compression", .product(name: "HTTPTypes", package: "swift-http-types")],
            swiftSettings: strict
        ),
        .target(
            name: "Serving",
            dependencies: [
                "CMalloc", "Classification", "Engine", "HTTP", "Imaging", "ModelGraph",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: ["openapi.yaml", "page.html", "page.css", "page.js"].map { .embedInCode("Resources/\($0)") },
            swiftSettings: strict
        ),
        .executableTarget(
            name: "effnet",
            dependencies: [
                "Architectures", "Serving", "Classification", "Checkpoints", "Engine", "HTTP", "Imaging", "ModelGraph",
                "Quantizing",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: small
        ),

        // Tests: one target a room, one file a type.
        .testTarget(name: "ModelGraphTests", dependencies: ["ModelGraph", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "ArchitecturesTests", dependencies: ["Architectures", "ModelGraph"], swiftSettings: strict),
        .testTarget(
            name: "ClassificationTests",
            dependencies: ["Checkpoints", "Classification", "Engine", "Imaging", "ModelGraph", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "QuantizingTests",
            dependencies: ["Architectures", "Engine", "ModelGraph", "Quantizing", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "KernelsTests", dependencies: ["Engine", "KernelInterface"], swiftSettings: strict),
        .testTarget(
            name: "EngineTests",
            dependencies: ["Architectures", "Engine", "ModelGraph", "TestSupport"],
            swiftSettings: strict
        ),
        .target(
            name: "TestSupport",
            dependencies: ["ModelGraph", "Checkpoints"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "CheckpointsTests",
            dependencies: ["Architectures", "Checkpoints", "Compression", "Engine", "ModelGraph", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "Serving", "Classification", "Checkpoints", "Engine", "HTTP", "Imaging", "ModelGraph", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "EffnetTests", dependencies: ["effnet"], swiftSettings: strict),
        .testTarget(
            name: "HTTPTests",
            dependencies: ["Compression", "HTTP", .product(name: "HTTPTypes", package: "swift-http-types")],
            swiftSettings: strict
        ),
        .target(
            name: "FuzzEntries",
            dependencies: [
                "Checkpoints", "Compression", "HTTP", "Imaging", "ModelGraph",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            path: "Fuzz/Entries",
            swiftSettings: strict
        ),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzEntries"], swiftSettings: strict),
        .testTarget(name: "CompressionTests", dependencies: ["Compression"], swiftSettings: strict),
        .testTarget(
            name: "ImagingTests",
            dependencies: ["Compression", "Imaging", "ResampleInterface"],
            swiftSettings: strict
        ),
    ] + vectorSets + resampleVectorSets
)
