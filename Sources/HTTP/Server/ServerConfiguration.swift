/// Every bound of the server, with its default.
package struct ServerConfiguration: Sendable {
    package var host = "0.0.0.0"
    package var port: UInt16 = 8080
    package var eventLoops = 2
    package var maxConnections = 16_384
    package var maxHeadBytes = 16 * 1024
    package var maxFields = 100
    package var maxTargetBytes = 8 * 1024
    package var headTimeout: Duration = .seconds(10)
    package var bodyIdleTimeout: Duration = .seconds(30)
    package var keepAliveTimeout: Duration = .seconds(60)
    package var writeTimeout: Duration = .seconds(30)
    package var lingerTimeout: Duration = .seconds(2)

    package init() {}
}
