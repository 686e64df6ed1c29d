package import HTTP
import HTTPTypes

/// Last touches on answers that no route made: the server's own errors.
package enum ErrorAnswers {
    /// Gives them a request id, and on the routes of the Open Inference Protocol the form that its clients read.
    package static let finish: ServerConfiguration.Finish = { response, head in
        RequestID.finish(&response, head)
        guard let head, head.target.path.hasPrefix("/v2"), response.fields[.contentType] == "application/problem+json",
            let detail = detail(of: response.body)
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
