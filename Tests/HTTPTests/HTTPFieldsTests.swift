import HTTP
import HTTPTypes
import Testing

@Suite struct HTTPFieldsTests {
    @Test func aValueIsThatOfTheSubscript() {
        var fields: HTTPFields = [.accept: "a", .range: "b"]
        fields.append(HTTPField(name: .accept, value: "c"))
        for name in [HTTPField.Name.accept, .range, .age] { #expect(fields.value(of: name) == fields[name]) }
        #expect(fields.value(of: .accept) == "a, c")
    }
}
