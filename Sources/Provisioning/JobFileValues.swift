import Reconciliation

/// A table of a job whose keys are all known.
struct Table {
    private let entries: [JobNode.Entry]
    private let name: String
    private let place: JobPlace

    /// - Parameter later: keys that are public and come with a later version, with what to do until then.
    init(
        _ node: JobNode, called name: String, keys: [String], later: [String: String] = [:]
    ) throws(JobFileError) {
        guard case .map(let entries) = node.content else {
            throw node.wrongType(name, "a table with the keys " + keys.joined(separator: ", "))
        }
        for entry in entries where !keys.contains(entry.key) {
            if let cure = later[entry.key] {
                throw JobFileError(.key, entry.place, "\(entry.key) comes with a later version", cure: cure)
            }
            throw Self.unknown(entry, in: name, keys: keys)
        }
        self.entries = entries
        self.name = name
        place = node.place
    }

    subscript(key: String) -> JobNode? { entries.first { $0.key == key }?.value }

    func place(of key: String) -> JobPlace { entries.first { $0.key == key }?.place ?? place }

    func required(_ key: String) throws(JobFileError) -> JobNode {
        guard let node = self[key] else {
            throw JobFileError(.missing, place, "\(name) needs the key \(key)", cure: "add it, or give the option")
        }
        return node
    }

    private static func unknown(_ entry: JobNode.Entry, in name: String, keys: [String]) -> JobFileError {
        let nearest = keys.map { ($0, distance($0.lowercased(), entry.key.lowercased())) }.min { $0.1 < $1.1 }
        let cure =
            if let nearest, nearest.1 <= max(1, nearest.0.utf8.count / 3) { "did you mean \(nearest.0)?" } else {
                "known here: " + keys.joined(separator: ", ")
            }
        return JobFileError(.key, entry.place, "\(name) has no key \(Shown.text(entry.key))", cure: cure)
    }

    /// Levenshtein's distance in bytes; keys are short, and a longer text is far from all of them.
    static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.utf8), Array(right.utf8.prefix(100)))
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}

/// Values by type. Each throws with the value's place and an example.
extension JobNode {
    func wrongType(_ key: String, _ wanted: String) -> JobFileError {
        JobFileError(.value, place, "\(key) is \(typeName)", cure: "it must be " + wanted)
    }

    /// Text that is not empty.
    func text(_ key: String) throws(JobFileError) -> String {
        guard case .text(let text, _) = content, !isNull else { throw wrongType(key, "text") }
        guard !text.isEmpty else {
            throw JobFileError(.value, place, "\(key) is empty", cure: "say a value or leave the key out")
        }
        guard !text.unicodeScalars.contains("\0") else {
            throw JobFileError(.value, place, "\(key) contains a zero byte", cure: "take it out")
        }
        return text
    }

    /// One text or a list of them; an option may separate several by `separator`.
    func texts(_ key: String, separator: Character? = nil) throws(JobFileError) -> [JobNode] {
        switch content {
        case .map: throw wrongType(key, "text or a list of texts")
        case .list(let nodes):
            guard !nodes.isEmpty else {
                throw JobFileError(.value, place, "\(key) is an empty list", cure: "say a value or leave the key out")
            }
            for node in nodes { _ = try node.text(key) }
            return nodes
        case .text:
            let text = try text(key)
            guard place.option != nil, let separator else { return [self] }
            return text.split(separator: separator).map { part in
                JobNode(.text(String(part.drop { $0 == " " }), isQuoted: true), place)
            }
        }
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type, _ key: String
    ) throws(JobFileError) -> Choice {
        let text = try text(key)
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue)
            throw JobFileError(
                .value, place, "\(key) cannot be \(Shown.text(text))", cure: "say " + known.joined(separator: " or "))
        }
        return choice
    }

    func flag(_ key: String) throws(JobFileError) -> Bool {
        switch try text(key).lowercased() {
        case "true": return true
        case "false": return false
        default: throw JobFileError(.value, place, "\(key) is neither true nor false", cure: "say true or false")
        }
    }

    /// A whole number that is not negative.
    func count(_ key: String) throws(JobFileError) -> Int {
        let text = try text(key)
        guard let number = Self.digits(text[...]) else {
            throw JobFileError(.value, place, "\(key) is \(Shown.text(text))", cure: "it must be a whole number from 0")
        }
        return number
    }

    /// `20%` or `20`, from 0 to 100.
    func percent(_ key: String) throws(JobFileError) -> Int {
        let text = try text(key)
        guard let number = Self.digits(text.hasSuffix("%") ? text.dropLast() : text[...]), number <= 100 else {
            throw JobFileError(
                .value, place, "\(key) is \(Shown.text(text))",
                cure: "it must be a whole percentage from 0 to 100, such as 20%")
        }
        return number
    }

    /// `900..1300`, both ends included.
    func range(_ key: String) throws(JobFileError) -> ClosedRange<Int> {
        let text = try text(key)
        if let dots = text.firstRange(of: ".."),
            let low = Self.digits(text[..<dots.lowerBound]), let high = Self.digits(text[dots.upperBound...]),
            low <= high
        {
            return low...high
        }
        throw JobFileError(.value, place, "\(key) is \(Shown.text(text))", cure: "it must be a range such as 900..1300")
    }

    /// `0d`, `7d`, `12h`, `30m`, `45s`; `nil` for `never`. At most ten years.
    func duration(_ key: String) throws(JobFileError) -> Duration? {
        let text = try text(key)
        if text == "never" { return nil }
        let units: [Character: Int] = ["d": 86_400, "h": 3600, "m": 60, "s": 1]
        if let unit = text.last.flatMap({ units[$0] }), let number = Self.digits(text.dropLast()) {
            let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
            if !overflow && seconds <= 3653 * 86_400 { return .seconds(seconds) }
        }
        throw JobFileError(
            .value, place, "\(key) is \(Shown.text(text))",
            cure: "it must be a duration such as 0d, 7d, 12h or 30m, or never")
    }

    /// `0d`, `7d`; `3 sightings`, from 1 to 1000; `never`.
    func grace(_ key: String) throws(JobFileError) -> Grace {
        let text = try text(key)
        let words = text.split(separator: " ")
        if words.count == 2, words[1] == "sightings" || (words[1] == "sighting" && words[0] == "1") {
            if let count = Self.digits(words[0]), (1...1000).contains(count) { return .sightings(count) }
            throw JobFileError(
                .value, place, "\(key) is \(Shown.text(text))", cure: "it must be from 1 sighting to 1000 sightings")
        }
        do {
            return try duration(key).map(Grace.after) ?? .never
        } catch {
            throw JobFileError(
                .value, place, error.detail,
                cure: "it must be a duration such as 0d, 7d or 12h, or 3 sightings, or never")
        }
    }

    private static func digits(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(text)
    }
}
