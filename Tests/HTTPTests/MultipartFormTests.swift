import HTTP
import HTTPTypes
import Testing

@Suite struct MultipartFormTests {
    private func form(
        _ body: String,
        boundary: String = "boundary=x",
        maxParts: Int = 4
    ) throws(Rejection) -> (form: MultipartForm, contents: [String]) {
        let bytes = Array(body.utf8)
        let form = try MultipartForm(bytes, contentType: "multipart/form-data; \(boundary)", maxParts: maxParts)
        return (form, form.parts.map { String(decoding: bytes[$0.content], as: UTF8.self) })
    }

    @Test func partsAreFound() throws {
        let body = """
            preamble\r\n--x\r\nContent-Disposition: form-data; name="a"; filename="b \\"c\\".jpg"\r\n\
            CONTENT-TYPE: Image/JPEG; q=1\r\n\r\none\r\ntwo\r\n--x \r\n\
            content-disposition: form-data; name=field\r\n\r\n\r\n--x--\r\nepilogue
            """
        let (form, contents) = try form(body)
        #expect(contents == ["one\r\ntwo", ""])
        #expect(form.parts.map(\.name) == ["a", "field"])
        #expect(form.parts.map(\.fileName) == ["b \"c\".jpg", nil])
        #expect(form.parts.map(\.contentType) == ["image/jpeg", nil])
    }

    @Test func whatOnlyLooksLikeABoundaryIsContent() throws {
        let body = "--x\r\nA: b\r\n\r\n\r\n-x\r\n--\r\n--\rx\n--x\r\n\r\n--x--"
        #expect(try form(body).contents == ["\r\n-x\r\n--\r\n--\rx\n--x\r\n"])
    }

    @Test(arguments: ["boundary=\"a b'?\"", "charset=utf-8; Boundary=\"a b'?\""])
    func boundariesMayBeQuoted(boundary: String) throws {
        #expect(try form("--a b'?\r\n\r\nz\r\n--a b'?--", boundary: boundary).contents == ["z"])
    }

    @Test func anEmptyFormHasNoParts() throws {
        #expect(try form("--x--").contents == [])
    }

    @Test(arguments: [
        "", "--x", "--x\r\n", "--x\r\nA: b", "--x\r\nA: b\r\n", "--x\r\nA: b\r\n\r\n", "--x\r\nA: b\r\n\r\nz",
        "--x\r\nA: b\r\n\r\nz\r\n--x", "--x\r\nA: b\r\n\r\nz\r\n--y--", "--xy\r\n\r\nz\r\n--x--",
        "--x\r\nno colon\r\n\r\nz\r\n--x--", "--x\nA: b\n\nz\n--x--",
    ])
    func brokenFormsAreRefused(body: String) {
        let rejection = #expect(throws: Rejection.self) { try form(body) }
        #expect(rejection?.status == .badRequest)
    }

    @Test(arguments: ["", "boundary=", "boundary=\"\"", "boundary=\(String(repeating: "x", count: 71))"])
    func impossibleBoundariesAreRefused(boundary: String) {
        #expect(throws: Rejection.self) { try form("--x--", boundary: boundary) }
    }

    @Test func partsAndTheirFieldsAreBounded() {
        let part = "\r\n\r\nz\r\n--x"
        let many = #expect(throws: Rejection.self) { try form("--x" + String(repeating: part, count: 5) + "--") }
        #expect(many?.status == .contentTooLarge)
        #expect(throws: Never.self) { try form("--x" + String(repeating: part, count: 4) + "--") }
        let long = String(repeating: "a", count: 9000)
        #expect(throws: Rejection.self) { try form("--x\r\nA: \(long)\r\n\r\nz\r\n--x--") }
    }
}

@Suite struct FieldParametersTests {
    @Test func parametersAreFoundByName() {
        let field = FieldParameters(#"Form-Data ; NAME = a ;; filename="x;\"y\".png" ; empty= ; name=b; flag"#)
        #expect(field.value == "form-data")
        #expect(field["name"] == "a")
        #expect(field["filename"] == "x;\"y\".png")
        #expect(field["empty"] == "")
        #expect(field["flag"] == nil)
    }

    @Test(arguments: ["", ";", "=", ";=", "a;b=\"", "a; =b", "\"", "a;b=\"\\"])
    func anyTextIsAccepted(text: String) {
        #expect(FieldParameters(text)["x"] == nil)
    }
}
