import HTTP
import HTTPTypes

/// The pictures of a body of the plain API: the picture itself, a form with files, or JSON with base64.
struct ImageBody: Sendable {
    let pictures: [ArraySlice<UInt8>]
    /// Whether the client sent a list, and so gets one.
    let isList: Bool

    enum Kind: Sendable {
        case raw, form, json

        init(_ request: Request) {
            switch FieldParameters(request.fields[.contentType] ?? "").value {
            case "application/json": self = .json
            case "multipart/form-data": self = .form
            default: self = .raw
            }
        }
    }

    init(_ request: Request, limits: APILimits) throws(Rejection) {
        switch Kind(request) {
        case .raw:
            pictures = [request.body[...]]
            isList = false
        case .form:
            pictures = try Self.files(request, limits)
            isList = pictures.count > 1
        case .json:
            let (list, isList) = try Self.base64(request.body, limits)
            pictures = list.map { $0[...] }
            self.isList = isList
        }
        guard !pictures.isEmpty else { throw Rejection(.badRequest, "There is no image in the body.") }
        guard pictures.count <= limits.maxImages else {
            throw Rejection(
                .contentTooLarge,
                "There are \(pictures.count) images in the body, more than the \(limits.maxImages) allowed."
            )
        }
    }

    /// The parts of a form that are files, or are said to be pictures.
    private static func files(_ request: Request, _ limits: APILimits) throws(Rejection) -> [ArraySlice<UInt8>] {
        let form = try MultipartForm(
            request.body,
            contentType: request.fields[.contentType] ?? "",
            maxParts: limits.maxImages + 16
        )
        return form.parts.filter { part in
            part.fileName != nil || part.contentType?.hasPrefix("image/") == true
                || part.contentType == "application/octet-stream"
        }.map { request.body[$0.content] }
    }

    /// `{"image_b64": "…"}` or `{"images_b64": ["…", …]}`; other members are ignored.
    private static func base64(
        _ body: [UInt8],
        _ limits: APILimits
    ) throws(Rejection) -> (pictures: [[UInt8]], isList: Bool) {
        try body.withUnsafeBufferPointer { bytes throws(Rejection) in
            var reader = JSONReader(bytes)
            var pictures: [[UInt8]] = []
            var isList: Bool?
            try reader.beginObject()
            while let name = try reader.nextMember() {
                switch name {
                case "image_b64" where isList == nil:
                    isList = false
                    pictures.append(try reader.readBase64())
                case "images_b64" where isList == nil:
                    isList = true
                    try reader.beginArray()
                    while try reader.nextElement(), pictures.count <= limits.maxImages {
                        pictures.append(try reader.readBase64())
                    }
                    if pictures.count > limits.maxImages { return (pictures, true) }
                case "image_b64", "images_b64":
                    throw Rejection(.badRequest, "Give either image_b64 or images_b64, and only once.")
                default: try reader.skipValue()
                }
            }
            try reader.finish()
            guard let isList else {
                throw Rejection(
                    .badRequest,
                    "The JSON must have image_b64, an image in base64, or images_b64, a list of them."
                )
            }
            return (pictures, isList)
        }
    }
}
