import HTTP
import Testing

@Suite struct QueryParametersTests {
    @Test(
        arguments: [
            ("", []),
            ("a=1", [("a", "1")]),
            ("a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
            ("a", [("a", "")]),
            ("=1", [("", "1")]),
            ("&&a=1&", [("a", "1")]),
            ("a=b=c", [("a", "b=c")]),
            ("a+b=c+d", [("a b", "c d")]),
            ("%61=%31%2B", [("a", "1+")]),
            ("a=%", [("a", "%")]),
            ("a=%4", [("a", "%4")]),
            ("a=%zz", [("a", "%zz")]),
            ("a=%C3%A9", [("a", "é")]),
            ("a=%FF", [("a", "\u{FFFD}")]),
            ("a=%00", [("a", "\0")]),
        ] as [(String, [(String, String)])]
    )
    func reads(_ query: String, _ pairs: [(String, String)]) {
        #expect(QueryParameters(parsing: query) == QueryParameters(pairs: pairs.map { (name: $0.0, value: $0.1) }))
    }

    @Test func givesTheFirstOfSeveral() {
        let query = QueryParameters(parsing: "a=1&a=2")
        #expect(query["a"] == "1")
        #expect(query["b"] == nil)
    }

    @Test func acceptsAnyText() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("%&=+a1\0é/")
        for _ in 0..<2000 {
            let text = String(
                (0..<Int.random(in: 0..<20, using: &generator)).compactMap { _ in alphabet.randomElement() }
            )
            let pieces = text.split(separator: "&").count
            #expect(QueryParameters(parsing: text).pairs.count == pieces)
        }
    }
}
