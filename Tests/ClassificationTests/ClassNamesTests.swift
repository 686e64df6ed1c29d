import Classification
import Testing

@Suite struct ClassNamesTests {
    private let classes = ClassNames(
        count: 7,
        labels: ["tench", "crane", "Great white shark", "crane", "1", "Cardigan", "cardigan"],
        identifiers: ["n01440764", "n02", "n03", "n04", "n05", "", "n07"]
    )

    @Test(arguments: [
        ("tench", ClassNames.Match.index(0)), ("TENCH", .index(0)), ("great_white_shark", .index(2)),
        ("n01440764", .index(0)), ("n01440764_tench", .index(0)), ("n04_crane", .index(3)),
        ("crane", .several([1, 3])),
        ("0", .index(0)), ("3", .index(3)), ("1", .index(4)), ("7", .none), ("Cardigan", .index(5)),
        ("cardigan", .index(6)), ("CARDIGAN", .several([5, 6])), ("-1", .none), ("", .none),
        ("n0144", .none),
        ("tench ", .none),
    ])
    func aTextMeansALabelAnIdentifierOrAnIndex(text: String, match: ClassNames.Match) {
        #expect(classes.match(text) == match)
    }

    @Test func withoutLabelsThereAreNumbers() {
        let classes = ClassNames(count: 2)
        #expect(classes.match("1") == .index(1) && classes.match("2") == .none)
        #expect(classes.label(of: 1) == "class 1")
    }
}
