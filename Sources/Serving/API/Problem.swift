package import HTTP
package import HTTPTypes
package import Imaging

/// An error as an RFC 9457 problem: the one place where causes become statuses.
package struct Problem: Error, Sendable, Equatable {
    package var status: HTTPResponse.Status
    package var title: String
    /// Cause and remedy, for people.
    package var detail: String
    /// When it is worth trying again, in seconds.
    package var retryAfter: Int?

    package init(_ status: HTTPResponse.Status, title: String, detail: String, retryAfter: Int? = nil) {
        self.status = status
        self.title = title
        self.detail = detail
        self.retryAfter = retryAfter
    }

    package var response: Response {
        var response = Response.problem(status: status, title: title, detail: detail)
        if let retryAfter { response.fields[.retryAfter] = String(retryAfter) }
        return response
    }
}

extension Problem {
    /// A query parameter with a value that it cannot have.
    static func parameter(_ name: String, _ detail: String) -> Problem {
        Problem(.badRequest, title: "Bad value of \(name)", detail: detail)
    }

    package init(_ error: ImageError) {
        let detail = String(describing: error)
        switch error {
        case .empty:
            self.init(.badRequest, title: "No image", detail: detail)
        case .unsupported:
            self.init(.unsupportedMediaType, title: "Not a JPEG or PNG", detail: detail)
        case .corrupt:
            self.init(.unprocessableContent, title: "Broken image", detail: detail)
        case .zeroSized:
            self.init(.unprocessableContent, title: "Image without pixels", detail: detail)
        case .tooManyPixels, .tooMuchMemory:
            self.init(.contentTooLarge, title: "Image too large", detail: detail)
        }
    }

    init(_ rejection: Rejection) {
        self.init(rejection.status, title: rejection.status.reasonPhrase, detail: rejection.reason)
    }

    package init(_ refusal: Refusal, retryAfter: Int = 1) {
        let (title, detail) =
            switch refusal {
            case .queueFull, .queueBytesFull:
                ("Too much to do", "The queue is full. Try again later, or at another replica.")
            case .timedOut:
                ("Too much to do", "No core was free in time. Try again later, or at another replica.")
            case .tooLate:
                ("Too much to do", "It could not have been answered in time. Allow more time, or try another replica.")
            case .draining:
                ("Shutting down", "This server is shutting down. Try again at another replica.")
            case .notReady:
                ("Not ready", "The model is still being loaded; GET /readyz shows how far it is.")
            }
        self.init(.serviceUnavailable, title: title, detail: detail, retryAfter: retryAfter)
    }

    package init(_ failure: JobFailure) {
        switch failure {
        case .image(let error): self.init(error)
        case .refused(let refusal, let retryAfter): self.init(refusal, retryAfter: retryAfter)
        case .cancelled:
            self.init(.serviceUnavailable, title: "Cancelled", detail: "The request was given up while it waited.")
        case .notFinite:
            self.init(
                .unprocessableContent,
                title: "Numbers out of range",
                detail: "The network answers this tensor with numbers that are not finite; send a preprocessed image."
            )
        case .engine(let reason):
            self.init(.internalServerError, title: "The model could not be run", detail: reason)
        }
    }
}
