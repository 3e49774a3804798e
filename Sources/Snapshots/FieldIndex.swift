/// Finds what a key of a record means. Records of one export list their keys in the same order, so the key at each
/// position is compared with the last record's before any dictionary is asked.
struct FieldIndex<Field: Sendable> {
    private let fields: [String: Field]
    private var expected: [(key: String, field: Field?)] = []

    /// - Parameter fields: by key in lower case; keys are found in any letter case.
    init(_ fields: [String: Field]) { self.fields = fields }

    mutating func field(of key: String, at position: Int) -> Field? {
        if position < expected.count, expected[position].key == key { return expected[position].field }
        let field = fields[key] ?? fields[key.lowercased()]
        if position < expected.count {
            expected[position] = (key, field)
        } else if position == expected.count && position < 256 {
            expected.append((key, field))
        }
        return field
    }
}
