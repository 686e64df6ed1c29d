import Hummingbird
import Logging

// Answers GET /livez as effnet does: the same JSON, with the fields that Hummingbird itself adds.
let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8082
let router = Router()
router.get("livez") { _, _ in
    Response(
        status: .ok,
        headers: [.contentType: "application/json"],
        body: .init(byteBuffer: ByteBuffer(string: #"{"status":"live"}"#))
    )
}
var logger = Logger(label: "peer")
logger.logLevel = .error
let application = Application(
    router: router,
    configuration: .init(address: .hostname("127.0.0.1", port: port)),
    logger: logger
)
try await application.runService()
