import Reconciliation

/// The file of an IN or NOT IN: UTF-8, one value a line. A byte order mark, carriage returns at line ends and empty lines do
/// not count; everything else does, also spaces.
enum JobValueList {
    /// The largest file, in MiB: a list of departments or cost centres is a few KiB.
    static let bytesMax = 8 << 20
    /// The most values. They are kept with the connection's rules, since the drain judges pushes by them.
    static let valuesMax = 100_000
    /// The longest value, in bytes.
    static let valueBytesMax = 1024

    /// - Throws: ``JobFileError`` at the key that names the file; for a bad line its number is in the text.
    static func read(_ node: JobNode) throws(JobFileError) -> ScopingList {
        let name = try node.text("file")
        let path = JobFile.path(name, namedAt: node.place)
        let text = try JobText.read(
            path, bytesMax: bytesMax, at: node.place, called: "a file with one value a line",
            tooLarge: "a list has one short value a line; is this the export?")
        var values: [String] = []
        for (index, line) in lines(of: text).enumerated() where !line.isEmpty {
            guard line.utf8.count <= valueBytesMax, !line.unicodeScalars.contains("\0") else {
                throw JobFileError(
                    .value, node.place,
                    "\(path):\(index + 1): the value is longer than \(valueBytesMax) bytes or contains a zero byte",
                    cure: "write one value a line")
            }
            values.append(String(line))
            guard values.count <= valuesMax else {
                throw JobFileError(
                    .value, node.place, "\(path) has more than \(valuesMax) values",
                    cure: "put what they have in common into an attribute or a group, and ask for that")
            }
        }
        guard !values.isEmpty else {
            throw JobFileError(
                .value, node.place, "\(path) has no values", cure: "write at least one, or take the clause out")
        }
        return ScopingList(values, file: name)
    }

    private static func lines(of text: String) -> [Substring] {
        let scalars = text.unicodeScalars
        let body = scalars.first == "\u{FEFF}" ? scalars.dropFirst() : scalars[...]
        return body.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            Substring(line.last == "\r" ? line.dropLast() : line)
        }
    }
}
