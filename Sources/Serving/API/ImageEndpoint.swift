import Classification
import HTTP
import HTTPTypes

/// What the image routes share: one raw picture in, its way through the scheduler, one JSON object out.
struct ImageEndpoint: Sendable {
    /// The members of the answer that are the route's own.
    typealias Members = @Sendable (ModelOutput) -> [JSONValue.Member]

    let context: APIContext

    /// Refuses what can be refused before the body is read.
    func refusal(of head: RequestHead) -> Response? {
        do throws(Problem) {
            try Self.checkContent(head.fields)
            if case .resource(_, let query) = head.target {
                _ = try model(named: QueryParameters(parsing: query)["model"])
            }
            return nil
        } catch {
            return error.response
        }
    }

    /// Answers an exchange, at once or when the picture went through the network.
    ///
    /// - Parameter prepare: reads the route's own parameters before any work is done.
    func serve(_ exchange: Exchange, prepare: (Request, any ImageModel) throws(Problem) -> Members) {
        let request = exchange.request
        let served: ServedModel
        let members: Members
        do throws(Problem) {
            served = try model(named: request.query["model"])
            members = try prepare(request, served.model)
        } catch {
            return exchange.respond(error.response)
        }
        let telemetry = context.telemetry
        let id = context.scheduler.submit(
            Job(model: served, bytes: request.body) { result in
                switch result {
                case .success(let result):
                    let start = ContinuousClock.now
                    let total = start - request.arrival
                    exchange.respond(Self.answer(request, served, result, members(result.output), total: total))
                    telemetry.imageAnswered(
                        model: served.model.information.name,
                        receive: request.receiveDuration,
                        encode: .now - start,
                        total: .now - request.arrival
                    )
                case .failure(let failure):
                    exchange.respond(Problem(failure).response)
                }
            }
        )
        exchange.onDisconnect { [scheduler = context.scheduler] in scheduler.cancel(id) }
    }

    private func model(named name: String?) throws(Problem) -> ServedModel {
        do throws(Problem) {
            return try context.registry.model(named: name)
        } catch {
            if error.status == .serviceUnavailable { context.telemetry.refused(.notReady) }
            throw error
        }
    }

    /// Refuses bodies that are said to be no plain picture. The type of a picture is told by its bytes.
    private static func checkContent(_ fields: HTTPFields) throws(Problem) {
        let type = fields[.contentType]?.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        if type == "application/json" || type == "multipart/form-data" {
            throw Problem(
                .unsupportedMediaType,
                title: "Unsupported body",
                detail: "The body must be the bytes of one JPEG or PNG image, as image/jpeg, image/png or "
                    + "application/octet-stream; for example: curl --data-binary @photo.jpg."
            )
        }
        if let coding = fields[.contentEncoding], coding.lowercased() != "identity" {
            throw Problem(
                .unsupportedMediaType,
                title: "Unsupported content coding",
                detail: "Send the image without Content-Encoding; JPEG and PNG are compressed already."
            )
        }
    }

    /// The whole answer, in this order: model, the route's members, image, times, batch size, request id.
    private static func answer(
        _ request: Request,
        _ served: ServedModel,
        _ result: JobResult,
        _ members: [JSONValue.Member],
        total: Duration
    ) -> Response {
        let phases: [(name: String, duration: Duration)] = [
            ("receive", request.receiveDuration),
            ("decode", result.phases.decode),
            ("queue", result.phases.queue),
            ("inference", result.phases.inference),
            ("total", total),
        ]
        let shared: [JSONValue.Member] = [
            .init(name: "image", value: JSONValue(result.image)),
            .init(name: "timing_ms", value: JSONValue(phases: phases)),
            .init(name: "batch_size", value: .integer(result.batchSize)),
            .init(name: "request_id", value: .string(request.requestID)),
        ]
        let model = JSONValue.Member(name: "model", value: .string(served.model.information.name))
        var response = Response.json(.object([model] + members + shared))
        response.fields[.serverTiming] = ServerTiming.value(phases)
        return response
    }
}

extension Response {
    /// An answer of JSON.
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        .json(value.bytes, status: status)
    }
}
