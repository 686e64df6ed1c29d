import HTTP
import HTTPTypes

/// The page at `/`: one document with its style and its script inside, which nothing else may be added to.
enum Page {
    /// The document, cut where the nonce belongs.
    private static let pieces = split(document, at: "{nonce}")

    /// The page with a nonce of its own, so that a browser runs this script and no other.
    static func response() -> Response {
        let nonce = RequestID.random()
        let body = Array(pieces.joined(separator: Array(nonce.utf8)))
        let policy = [
            "default-src 'none'", "script-src 'nonce-\(nonce)'", "style-src 'nonce-\(nonce)'",
            "img-src 'self' blob: data:", "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
            "frame-ancestors 'none'",
        ]
        return Response(
            status: .ok,
            fields: [
                .contentType: "text/html; charset=utf-8",
                .contentSecurityPolicy: policy.joined(separator: "; "),
                .xContentTypeOptions: "nosniff",
                .cacheControl: "no-store",
            ],
            body: body
        )
    }

    /// The sources name each other as files, so that the page can be opened from its folder as well.
    private static var document: [UInt8] {
        let style = element("style", PackageResources.page_css)
        let script = element("script", PackageResources.page_js)
        let styled = split(PackageResources.page_html, at: #"<link rel="stylesheet" href="page.css">"#)
            .joined(separator: style)
        return Array(split(Array(styled), at: #"<script src="page.js"></script>"#).joined(separator: script))
    }

    private static func element(_ name: String, _ content: [UInt8]) -> [UInt8] {
        Array("<\(name) nonce=\"{nonce}\">\n".utf8) + content + Array("</\(name)>".utf8)
    }

    /// What stands between the marks.
    private static func split(_ bytes: [UInt8], at mark: String) -> [[UInt8]] {
        let mark = Array(mark.utf8)
        var pieces: [[UInt8]] = [[]]
        var rest = bytes[...]
        while let byte = rest.first {
            if byte == mark[0], rest.starts(with: mark) {
                pieces.append([])
                rest = rest.dropFirst(mark.count)
            } else {
                pieces[pieces.count - 1].append(byte)
                rest = rest.dropFirst()
            }
        }
        return pieces
    }
}
