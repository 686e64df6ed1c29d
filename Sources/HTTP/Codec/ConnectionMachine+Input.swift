import HTTPTypes

extension ConnectionMachine {
    /// Bytes came, no more than `inputAllowance`.
    package mutating func received(_ bytes: Span<UInt8>, now: Moment) -> Action {
        lastInput = now
        switch phase {
        case .closed, .lingering: return .none
        case .sending where isLast: return .none
        case .handling, .sending:
            pending.append(contentsOf: bytes)
            return .none
        case .head, .body:
            guard pendingStart == pending.count else {
                pending.append(contentsOf: bytes)
                return processPending(now: now)
            }
            var position = 0
            let action = process(bytes, from: &position, now: now)
            pendingStart = 0
            pending = []
            if position < bytes.count, keepsInput { pending.append(contentsOf: bytes.extracting(position...)) }
            return action
        }
    }

    /// The client will send nothing more; it may still be reading.
    package mutating func receivedEnd(now: Moment) -> Action {
        inputEnded = true
        switch phase {
        // Half a request will never be whole.
        case .head, .body: return hasWaitingOutput ? .none : closed()
        case .lingering: return closed()
        case .handling:
            nextPeerCheck = now + Self.peerCheckInterval
            return .none
        case .sending, .closed: return .none
        }
    }

    /// Uses what waits; called when a new request may begin.
    mutating func processPending(now: Moment) -> Action {
        guard pendingStart < pending.count else { return .none }
        let input = pending
        pending = []
        var position = pendingStart
        let action = process(input.span, from: &position, now: now)
        if position == input.count || !keepsInput {
            pendingStart = 0
        } else {
            pending = input
            pendingStart = position
            compactPending()
        }
        return action
    }

    /// Drops the used front once it outweighs the rest, so that each byte moves at most once.
    private mutating func compactPending() {
        guard pendingStart > pending.count - pendingStart else { return }
        pending.removeSubrange(..<pendingStart)
        pendingStart = 0
    }

    private var keepsInput: Bool {
        switch phase {
        case .head, .body, .handling: true
        case .sending: !isLast
        case .lingering, .closed: false
        }
    }

    private mutating func process(_ input: Span<UInt8>, from position: inout Int, now: Moment) -> Action {
        do {
            while true {
                switch phase {
                case .head:
                    guard let action = try readHead(input, from: &position, now: now) else { continue }
                    return action
                case .body: return try readBody(input, from: &position, now: now)
                case .handling, .sending, .lingering, .closed: return .none
                }
            }
        } catch {
            return respond(Response(error), isLast: true, now: now)
        }
    }

    /// Nil when a body follows and the input may hold some of it.
    private mutating func readHead(
        _ input: Span<UInt8>,
        from position: inout Int,
        now: Moment
    ) throws(Rejection) -> Action? {
        guard position < input.count else { return .some(.none) }
        let step: RequestHeadParser.Step
        do {
            step = try parser.advance(over: input.extracting(position...))
        } catch {
            begin(nil, now: now)
            throw error
        }
        if headStart == nil && parser.hasBegun { headStart = now }
        guard case .complete(let head, let byteCount) = step else { return .some(.none) }
        position += byteCount
        begin(head, now: now)
        return try admit(head, now: now, hasMoreInput: position < input.count)
    }

    /// Decides all that can be decided before the body is read.
    private mutating func admit(_ head: RequestHead, now: Moment, hasMoreInput: Bool) throws(Rejection) -> Action? {
        if let refusal = policy.configuration.admission?(head) { return refuse(head, refusal, now: now) }
        let route: Route
        switch policy.router.match(head.method, head.target) {
        case .route(let match, let parameters):
            route = match
            current.route = match
            current.pathParameters = parameters
        case .options(let allowed):
            return refuse(head, Response(status: .noContent, fields: [.allow: allowed]), now: now)
        case .methodNotAllowed(let allowed):
            var response = Response.problem(
                status: .methodNotAllowed,
                detail: "\(head.target.path) does not know the method \(head.method.rawValue). It knows: \(allowed)."
            )
            response.fields[.allow] = allowed
            return refuse(head, response, now: now)
        case .notFound:
            return refuse(head, .problem(status: .notFound, detail: "Nothing is at \(head.target.path)."), now: now)
        }
        if let refusal = route.admission?(head) { return refuse(head, refusal, now: now) }
        try checkBody(of: head, against: route)
        guard head.framing.hasBody else {
            phase = .handling
            return handle(now: now)
        }
        phase = .body
        bodyStart = now
        if case .length(let length) = head.framing {
            remaining = length
            body.reserveCapacity(min(length, Self.firstReserve))
        } else {
            chunks = ChunkedDecoder(maxTrailerBytes: policy.configuration.maxHeadBytes)
        }
        // Who has begun to send the body waits for no permission.
        return head.expectation == .continue && !hasMoreInput ? .sendContinue : nil
    }

    private func checkBody(of head: RequestHead, against route: Route) throws(Rejection) {
        guard head.expectation != .unknown else {
            throw Rejection(.expectationFailed, "The only expectation that this server knows is 100-continue.")
        }
        switch head.framing {
        case .none:
            let wantsBody = route.bodyLimit > 0 && !route.isBodyOptional
            guard !wantsBody || ![.post, .put, .patch].contains(head.method) else {
                throw Rejection(.lengthRequired, "This request needs a body, with Content-Length or sent in chunks.")
            }
        case .length(let length): try checkLength(length, limit: route.bodyLimit)
        case .chunked: break
        }
    }

    private func checkLength(_ length: Int, limit: Int) throws(Rejection) {
        guard length <= limit else {
            throw Rejection(.contentTooLarge, "The body is larger than the \(limit) bytes that are allowed here.")
        }
    }

    /// Answers without the handler. A body that nobody will read ends the connection.
    private mutating func refuse(_ head: RequestHead, _ response: Response, now: Moment) -> Action {
        respond(response, isLast: head.framing.hasBody, now: now)
    }

    private mutating func readBody(
        _ input: Span<UInt8>,
        from position: inout Int,
        now: Moment
    ) throws(Rejection) -> Action {
        guard chunks != nil else {
            let count = min(remaining, input.count - position)
            try keep(input.extracting(position..<(position + count)))
            position += count
            remaining -= count
            return remaining == 0 ? finishBody(now: now) : .none
        }
        while let step = try chunks?.next(input, from: &position) {
            switch step {
            case .data(let range):
                try checkLength(body.count + range.count, limit: current.route?.bodyLimit ?? 0)
                try keep(input.extracting(range))
            case .needsMore: return .none
            case .finished: return finishBody(now: now)
            }
        }
        return .none
    }

    /// Adds to the body. Room for all of a large one is made only once a good part of it has come.
    private mutating func keep(_ bytes: Span<UInt8>) throws(Rejection) {
        guard policy.reserve(bytes.count) else {
            throw Rejection(.serviceUnavailable, "The server holds as many request bodies as it can. Try later.")
        }
        reserved += bytes.count
        current.bodyBytes += bytes.count
        if chunks == nil && body.count < Self.firstReserve && body.count + bytes.count >= Self.firstReserve {
            body.reserveCapacity(body.count + remaining)
        }
        body.append(contentsOf: bytes)
    }

    private mutating func finishBody(now: Moment) -> Action {
        chunks = nil
        phase = .handling
        return handle(now: now)
    }

    /// Moves the body into the request.
    private mutating func handle(now: Moment) -> Action {
        guard let head = current.head, let route = current.route else { return closed() }
        var query = QueryParameters()
        if case .resource(_, let text) = head.target, !text.isEmpty { query = QueryParameters(parsing: text) }
        defer { body = [] }
        return .handle(
            Request(
                id: current.id,
                method: head.method,
                path: current.path,
                query: query,
                fields: head.fields,
                body: body,
                pathParameters: current.pathParameters,
                peer: peer,
                arrival: current.arrival,
                receiveDuration: now - current.arrival
            ),
            route
        )
    }

    /// Larger bodies get room for this much at first: a length that is only announced costs no more.
    private static let firstReserve = 64 * 1024
}
