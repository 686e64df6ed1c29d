import ArgumentParser
import HTTP
import Serving

/// The bounds of the HTTP server.
struct ServerOptions: ParsableArguments {
    private static let defaults = ServerConfiguration()

    @Option(help: "Numeric address to listen on, or localhost. [EFFNET_HOST]")
    var host = defaults.host

    @Option(help: "TCP port to listen on; 0 lets the system choose. [EFFNET_PORT]")
    var port = defaults.port

    @Option(help: "Path of a Unix-domain socket to listen on instead. [EFFNET_UNIX]")
    var unix: String?

    @Option(help: "Largest body of a request, in bytes or with K, M or G. [EFFNET_MAX_BODY]")
    var maxBody = ByteCount(APILimits().maxBody)

    @Option(help: "Connections at a time. [EFFNET_MAX_CONNECTIONS]")
    var maxConnections = defaults.maxConnections

    @Option(help: "Bytes of all bodies in memory at most; more are answered 503. [EFFNET_MAX_BUFFERED_BYTES]")
    var maxBufferedBytes = ByteCount(defaults.maxBufferedBytes)

    @Option(help: "Largest head of a request. [EFFNET_MAX_HEAD]")
    var maxHead = ByteCount(defaults.maxHeadBytes)

    @Option(help: "Fields in the head of a request at most. [EFFNET_MAX_FIELDS]")
    var maxFields = defaults.maxFields

    @Option(help: "Longest path and query of a request. [EFFNET_MAX_TARGET]")
    var maxTarget = ByteCount(defaults.maxTargetBytes)

    @Option(help: "Bytes that a connection may send ahead of an answer; then it must wait. [EFFNET_MAX_PIPELINED]")
    var maxPipelined = ByteCount(defaults.maxPipelinedBytes)

    @Option(help: "Seconds for the head of a request to arrive. [EFFNET_HEAD_TIMEOUT]")
    var headTimeout = Seconds(defaults.headTimeout)

    @Option(help: "Seconds that a body may stand still. [EFFNET_BODY_TIMEOUT]")
    var bodyTimeout = Seconds(defaults.bodyIdleTimeout)

    @Option(help: "Bytes a second that a body must keep on average after that time. [EFFNET_MIN_BODY_RATE]")
    var minBodyRate = defaults.minBodyRate

    @Option(help: "Seconds that a connection may be idle between requests. [EFFNET_KEEP_ALIVE_TIMEOUT]")
    var keepAliveTimeout = Seconds(defaults.keepAliveTimeout)

    @Option(help: "Seconds that an answer may wait for its client to read. [EFFNET_WRITE_TIMEOUT]")
    var writeTimeout = Seconds(defaults.writeTimeout)

    @Option(help: "Seconds that a refused upload may pause; ten times this in all. [EFFNET_LINGER_TIMEOUT]")
    var lingerTimeout = Seconds(defaults.lingerTimeout)

    func validate() throws {
        guard maxBody.bytes > 0 else { throw ValidationError("--max-body must be positive") }
        guard maxBufferedBytes.bytes >= maxBody.bytes else {
            throw ValidationError("--max-buffered-bytes must be at least --max-body")
        }
        guard maxConnections > 0 else { throw ValidationError("--max-connections must be positive") }
        guard (1 << 10...16 << 20).contains(maxHead.bytes) else {
            throw ValidationError("--max-head must be 1K to 16M")
        }
        guard (1...16 << 20).contains(maxTarget.bytes) else { throw ValidationError("--max-target must be 1 to 16M") }
        guard maxFields > 0 else { throw ValidationError("--max-fields must be positive") }
        guard maxPipelined.bytes > 0 else { throw ValidationError("--max-pipelined must be positive") }
        guard minBodyRate > 0 else { throw ValidationError("--min-body-rate must be positive") }
        let timeouts = [headTimeout, bodyTimeout, keepAliveTimeout, writeTimeout, lingerTimeout]
        guard timeouts.allSatisfy({ $0.duration > .zero }) else {
            throw ValidationError("the server's timeouts must be positive")
        }
    }

    /// What the server is made with.
    var configuration: ServerConfiguration {
        var configuration = Self.defaults
        configuration.host = host
        configuration.port = port
        configuration.unixSocketPath = unix
        configuration.maxBufferedBytes = maxBufferedBytes.bytes
        configuration.maxConnections = maxConnections
        configuration.maxHeadBytes = maxHead.bytes
        configuration.maxFields = maxFields
        configuration.maxTargetBytes = maxTarget.bytes
        configuration.maxPipelinedBytes = maxPipelined.bytes
        configuration.minBodyRate = minBodyRate
        configuration.headTimeout = headTimeout.duration
        configuration.bodyIdleTimeout = bodyTimeout.duration
        configuration.keepAliveTimeout = keepAliveTimeout.duration
        configuration.writeTimeout = writeTimeout.duration
        configuration.lingerTimeout = lingerTimeout.duration
        return configuration
    }
}

/// The bounds of what waits for a core.
struct QueueOptions: ParsableArguments {
    private static let defaults = BatcherLimits()

    @Option(help: "Images that wait at most; more are answered 503. [EFFNET_MAX_QUEUE]")
    var maxQueue = defaults.maxQueue

    @Option(help: "Images in one request at most. [EFFNET_MAX_IMAGES]")
    var maxImages = APILimits().maxImages

    @Option(help: "Bytes of the images that wait at most. [EFFNET_MAX_QUEUE_BYTES]")
    var maxQueueBytes = ByteCount(defaults.maxQueueBytes)

    @Option(help: "Microseconds that an image waits for a fuller batch while a core is free. [EFFNET_MAX_QUEUE_DELAY]")
    var maxQueueDelay = 0

    @Option(help: "Seconds that an image waits for a core before it is answered 503. [EFFNET_QUEUE_TIMEOUT]")
    var queueTimeout = Seconds(ServiceConfiguration().queueTimeout)

    func validate() throws {
        guard (0...1_000_000).contains(maxQueue) else { throw ValidationError("--max-queue must be 0 to 1000000") }
        guard (1...10_000).contains(maxImages) else { throw ValidationError("--max-images must be 1 to 10000") }
        guard (0...10_000_000).contains(maxQueueDelay) else {
            throw ValidationError("--max-queue-delay must be 0 to 10000000")
        }
        guard queueTimeout.duration > .zero else { throw ValidationError("--queue-timeout must be positive") }
    }

    /// The batcher's limits, but for the batch itself.
    var limits: BatcherLimits {
        var limits = Self.defaults
        limits.maxQueue = maxQueue
        limits.maxQueueBytes = maxQueueBytes.bytes
        limits.maxQueueDelay = .microseconds(maxQueueDelay)
        return limits
    }
}
