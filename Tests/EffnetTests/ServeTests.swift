import Foundation
import Testing

@Suite struct ServeTests {
    /// A service with the bundled model on a port of the kernel's choice, ready for requests.
    private func ready(_ arguments: [String] = []) throws -> (service: CommandProcess.Running, port: UInt16) {
        let service = try CommandProcess.Running(["serve", "--host", "127.0.0.1", "--port", "0"] + arguments)
        let deadline = Date.now + 30
        while Date.now < deadline {
            if let match = service.output.firstMatch(of: /http:\/\/127\.0\.0\.1:(\d+)\n/),
                let port = UInt16(match.1),
                try CommandProcess(["health", "--port", String(port)]).code == 0
            {
                return (service, port)
            }
            usleep(20_000)
        }
        throw LoopbackClient.Failure(operation: "start")
    }

    /// The predictions, as text, of an answer or of a line of `classify --json`.
    private func predictions(_ text: String) throws -> Substring {
        try #require(text.firstMatch(of: /"predictions":\[.*?\]/)).0
    }

    @Test func itServesTheSameAsTheCommandLineAndEndsCleanly() throws {
        let (service, port) = try ready()
        #expect(service.output.contains("Try: curl --data-binary @photo.jpg http://127.0.0.1:\(port)/v1/classify\n"))
        let answer = try LoopbackClient.post(port: port, path: "/v1/classify?top_k=4", body: SamplePicture.png)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("\r\nServer-Timing: receive;dur="))

        let folder = TemporaryFolder()
        let file = try folder.write("sample.png", SamplePicture.png).path()
        let command = try CommandProcess(["classify", "--json", "--top-k", "4", file])
        #expect(try predictions(answer) == predictions(command.output))

        service.signal(SIGTERM)
        let ended = service.wait()
        #expect(ended.code == 0)
        #expect(ended.errors.contains("request_id="))
    }

    /// The HTTP layer's own errors carry a request id and are counted too.
    @Test func unknownPathsAreProblemsWithAnID() throws {
        let (service, port) = try ready(["--log-format", "json"])
        let answer = try LoopbackClient.get(port: port, path: "/nowhere")
        #expect(answer.hasPrefix("HTTP/1.1 404 "))
        #expect(answer.contains("\r\nContent-Type: application/problem+json\r\n"))
        #expect(answer.contains("\r\nX-Request-Id: "))
        let metrics = try LoopbackClient.get(port: port, path: "/metrics")
        #expect(metrics.contains("effnet_http_requests_total{route=\"none\",status=\"404\"} 1\n"))
        service.signal(SIGINT)
        let ended = service.wait()
        #expect(ended.code == 0)
        for line in ended.errors.split(separator: "\n") {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
    }

    @Test func keysOpenTheService() throws {
        let folder = TemporaryFolder()
        let file = try folder.write("keys", Array("# staff\nopen-sesame\n".utf8)).path()
        let (service, port) = try ready(["--api-key-file", file, "--cors-origin", "https://a.org"])
        #expect(try LoopbackClient.get(port: port, path: "/livez").hasPrefix("HTTP/1.1 200 "))
        let refusal = try LoopbackClient.post(port: port, path: "/v1/classify", body: SamplePicture.png)
        #expect(refusal.hasPrefix("HTTP/1.1 401 "))
        #expect(refusal.contains("\r\nWWW-Authenticate: Bearer\r\n"))
        #expect(refusal.contains("\r\nServer-Timing: total;dur="))
        #expect(refusal.contains("\r\nVary: Origin\r\n"))
        let answer = try LoopbackClient.post(
            port: port,
            path: "/v1/classify",
            fields: "Authorization: Bearer open-sesame\r\nOrigin: https://a.org\r\n",
            body: SamplePicture.png
        )
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.contains("\r\nAccess-Control-Allow-Origin: https://a.org\r\n"))
        service.signal(SIGTERM)
        let ended = service.wait()
        #expect(ended.errors.contains("status=401"))
        #expect(!ended.errors.contains("sesame"))
    }

    @Test func aBrokenKeyFileIsExplained() throws {
        let folder = TemporaryFolder()
        let file = try folder.write("keys", Array("good\nopen sesame\n".utf8)).path()
        let command = try CommandProcess(["serve", "--port", "0", "--api-key-file", file])
        #expect(command.code == 65)
        #expect(command.errors.contains("\(file): line 2 is no key"))
        #expect(!command.errors.contains("sesame"))
        #expect(try CommandProcess(["serve", "--port", "0", "--api-key-file", "/nonexistent"]).code == 65)
    }

    @Test func theDrainDelayKeepsServingAndASecondSignalEndsIt() throws {
        let (service, port) = try ready(["--drain-delay", "60"])
        service.signal(SIGTERM)
        let deadline = Date.now + 10
        while try LoopbackClient.get(port: port, path: "/readyz").hasPrefix("HTTP/1.1 200"), Date.now < deadline {}
        #expect(try LoopbackClient.get(port: port, path: "/readyz").contains("draining"))
        let answer = try LoopbackClient.post(port: port, path: "/v1/classify", body: SamplePicture.png)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        service.signal(SIGTERM)
        #expect(service.wait().code == 75)
    }

    @Test func aPortInUseIsExplained() throws {
        let (service, port) = try ready()
        let second = try CommandProcess(["serve", "--host", "127.0.0.1", "--port", String(port)])
        #expect(second.code == 69)
        #expect(second.errors.contains("127.0.0.1:\(port)"))
        #expect(second.errors.contains("another port"))
        service.signal(SIGTERM)
        _ = service.wait()
    }

    @Test func aModelThatIsNotThereIsExplained() throws {
        let command = try CommandProcess(["serve", "--port", "0", "--model", "/nonexistent"])
        #expect(command.code == 66)
        #expect(command.errors.contains("there is no model at /nonexistent"))
    }

    @Test func aBrokenModelEndsTheService() throws {
        let folder = TemporaryFolder()
        try folder.write("config.json", Array("{}".utf8))
        let command = try CommandProcess([
            "serve", "--host", "127.0.0.1", "--port", "0", "--model", folder.url.path(),
        ])
        #expect(command.code == 65)
        #expect(command.errors.contains("cannot load the model"))
    }

    @Test func anUnixSocketIsServed() throws {
        let folder = TemporaryFolder()
        let path = folder.url.appending(path: "effnet.sock").path()
        let service = try CommandProcess.Running(["serve", "--unix", path])
        let deadline = Date.now + 30
        while !service.output.contains("Try: "), Date.now < deadline { usleep(20_000) }
        #expect(service.output.contains("curl --unix-socket \(path) "))
        while try CommandProcess(["health"], environment: ["EFFNET_UNIX": path]).code != 0, Date.now < deadline {}
        #expect(try CommandProcess(["health", "--unix", path]).output == "ready\n")
        service.signal(SIGTERM)
        #expect(service.wait().code == 0)
    }
}
