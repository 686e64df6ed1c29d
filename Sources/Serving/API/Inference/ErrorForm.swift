import HTTP
import HTTPTypes

/// How a protocol tells errors.
enum ErrorForm: Sendable {
    /// RFC 9457.
    case problem
    /// `{"error": "…"}`, as the Open Inference Protocol and TensorFlow Serving have it.
    case plain

    func response(_ problem: Problem) -> Response {
        switch self {
        case .problem: return problem.response
        case .plain:
            var response = Response.json(["error": .string(problem.detail)], status: problem.status)
            response.fields = problem.response.fields
            response.fields[.contentType] = "application/json"
            return response
        }
    }

    /// Gives the HTTP layer's own errors on the routes of the Open Inference Protocol the form that its clients read.
    static func adapt(_ response: inout Response, to head: RequestHead?) {
        guard response.status.code >= 400, let head, head.target.path.hasPrefix("/v2"),
            response.fields[.contentType] == "application/problem+json", let detail = detail(of: response.body)
        else { return }
        response.fields[.contentType] = "application/json"
        response.body = JSONValue.object([.init(name: "error", value: .string(detail))]).bytes
    }

    /// The member `detail` of a problem.
    private static func detail(of body: [UInt8]) -> String? {
        body.withUnsafeBufferPointer { bytes in
            var reader = JSONReader(bytes)
            do throws(Rejection) {
                try reader.beginObject()
                while let name = try reader.nextMember() {
                    if name == "detail" { return try reader.readString() }
                    try reader.skipValue()
                }
            } catch {
                return nil
            }
            return nil
        }
    }
}
