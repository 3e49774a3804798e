// swift-tools-version: 6.1
import PackageDescription

// Byte loops are a hundred times slower without optimisation, so the targets that touch every byte of an export are
// optimised in debug builds too. Only root packages may say this.
let hot: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]
let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let http: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "Logging", package: "swift-log"),
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
]
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "rollcall",
    products: [
        .executable(name: "rollcall", targets: ["rollcall"])
    ],
    dependencies: [
        // HTTP server: backpressure, clean shutdown, body limits; its optional traits are off (build time).
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        // What Hummingbird speaks: header fields, byte buffers, its logger, and the clean shutdown on SIGTERM.
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Commands, help and completions.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // SHA-256 and secure random: security primitives are never our own.
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        // SQLite: connections, migrations, statements, transactions.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // YAML with line and column marks for job files.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        // Regular expressions under hard limits: steps, depth and memory.
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .target(name: "CXMLTape", dependencies: ["CLibXML2"], cSettings: [.unsafeFlags(["-O2"])]),
        .target(name: "JSONBytes", swiftSettings: strict + hot),
        .target(name: "SCIM", dependencies: ["JSONBytes"], swiftSettings: strict),
        .target(
            name: "Reconciliation", dependencies: ["SCIM", "JSONBytes", "CPCRE2", crypto], swiftSettings: strict + hot),
        .target(
            name: "Snapshots", dependencies: ["Reconciliation", "SCIM", "JSONBytes", "CXMLTape", crypto],
            swiftSettings: strict + hot),
        .target(
            name: "Storage", dependencies: ["Reconciliation", "SCIM", "JSONBytes", grdb], swiftSettings: strict + hot),
        .target(
            name: "Provisioning",
            dependencies: ["Snapshots", "Storage", "Reconciliation", "SCIM", "JSONBytes", yams, crypto],
            // Embedded, so that the program stays one file.
            resources: [.embedInCode("Presets")],
            swiftSettings: strict),
        .target(name: "Reports", dependencies: ["Reconciliation", "SCIM", "JSONBytes"], swiftSettings: strict + hot),
        .target(
            name: "PushEndpoint",
            dependencies: ["Provisioning", "Storage", "Reconciliation", "SCIM", "JSONBytes"] + http,
            swiftSettings: strict),
        .executableTarget(
            name: "rollcall",
            dependencies: [
                "PushEndpoint", "Reports", "Provisioning", "Storage", "Snapshots", "Reconciliation", "SCIM",
                "JSONBytes",
                argumentParser,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "Benchmarks",
            dependencies: ["PushEndpoint", "Provisioning", "Storage", "Snapshots", "Reconciliation", "SCIM", "JSONBytes"]
                + http,
            swiftSettings: strict + hot),
        .testTarget(name: "JSONBytesTests", dependencies: ["JSONBytes"], swiftSettings: strict),
        .testTarget(name: "SCIMTests", dependencies: ["SCIM", "JSONBytes"], swiftSettings: strict),
        .testTarget(name: "ReconciliationTests", dependencies: ["Reconciliation"], swiftSettings: strict),
        .testTarget(name: "SnapshotsTests", dependencies: ["Snapshots"], swiftSettings: strict),
        .testTarget(name: "StorageTests", dependencies: ["Storage"], swiftSettings: strict),
        .testTarget(name: "ProvisioningTests", dependencies: ["Provisioning"], swiftSettings: strict),
        .testTarget(name: "ReportsTests", dependencies: ["Reports"], swiftSettings: strict),
        .testTarget(name: "PushEndpointTests", dependencies: ["PushEndpoint"], swiftSettings: strict),
        .testTarget(name: "rollcallTests", dependencies: ["rollcall"], swiftSettings: strict),
    ]
)
