/// A set of row numbers of a table: one bit a row (125 KB a million).
struct RowSet {
    private var words: [UInt64]

    init(highest: Int64) { words = Array(repeating: 0, count: Int(highest) / 64 + 1) }

    /// - Returns: `false` when the row was in the set already.
    mutating func insert(_ row: Int64) -> Bool {
        let (word, bit) = (Int(row) / 64, UInt64(1) << UInt64(row % 64))
        if words[word] & bit != 0 { return false }
        words[word] |= bit
        return true
    }

    func contains(_ row: Int64) -> Bool { words[Int(row) / 64] & (1 << UInt64(row % 64)) != 0 }
}
