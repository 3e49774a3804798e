import Yams

/// A value of a job before it is understood: text, list or table, each with its place. Scalars stay the text that they are,
/// so that a department called `NO` is not a Boolean.
struct JobNode {
    enum Content {
        /// Plain YAML text may mean "no value"; quoted text never does.
        case text(String, isQuoted: Bool)
        case list([JobNode])
        case map([Entry])
    }

    struct Entry {
        var key: String
        var place: JobPlace
        var value: JobNode
    }

    /// How YAML wrote a text: where its characters stand depends on it.
    enum Style {
        case plain, singleQuoted, doubleQuoted
        /// Over several lines, or not from a file.
        case other
    }

    var content: Content
    var place: JobPlace
    var style = Style.other

    init(_ content: Content, _ place: JobPlace, style: Style = .other) {
        self.content = content
        self.place = place
        self.style = style
    }

    /// Where a character of a text stands, in code points from 1; the text's own place where its style does not tell.
    func place(ofCharacter number: Int) -> JobPlace {
        guard case .text(let text, _) = content, let column = place.column else { return place }
        let before = text.unicodeScalars.prefix(number - 1)
        var place = place
        switch style {
        case .plain: place.column = column + before.count
        // An apostrophe is written twice, a backslash and a quotation mark behind a backslash.
        case .singleQuoted: place.column = column + 1 + before.count + before.count { $0 == "'" }
        case .doubleQuoted: place.column = column + 1 + before.count + before.count { $0 == "\\" || $0 == "\"" }
        case .other: break
        }
        return place
    }

    /// No value: nothing, `~` or `null`, unquoted.
    var isNull: Bool {
        guard case .text(let text, isQuoted: false) = content else { return false }
        return text.isEmpty || text == "~" || text == "null"
    }

    /// What a wrong type is called in an error.
    var typeName: String {
        switch content {
        case .text: isNull ? "empty" : "text"
        case .list: "a list"
        case .map: "a table"
        }
    }

    /// The tree with one key replaced, as an option says it.
    func setting(_ key: String, to values: [String]) throws(JobFileError) -> JobNode {
        let place = JobPlace(file: nil, option: key)
        var nodes: [JobNode] = []
        for value in values { nodes.append(try Self.optionValue(value, key: key, place: place)) }
        let node = nodes.count == 1 ? nodes[0] : JobNode(.list(nodes), place)
        // An attribute's name has dots of its own.
        let splits =
            key.hasPrefix("mapping.users.") || key.hasPrefix("mapping.groups.")
            ? 2 : key.hasPrefix("mapping.") ? 1 : Int.max
        return try setting(key.split(separator: ".", maxSplits: splits).map(String.init)[...], to: node)
    }

    private func setting(_ path: ArraySlice<String>, to node: JobNode) throws(JobFileError) -> JobNode {
        guard let key = path.first else { return node }
        var entries: [Entry] = []
        if case .map(let existing) = content { entries = existing }
        let index = entries.firstIndex { $0.key == key }
        let old = index.map { entries[$0].value } ?? JobNode(.map([]), node.place)
        let entry = Entry(
            key: key, place: node.place, value: try old.setting(path.dropFirst(), to: node))
        if let index { entries[index] = entry } else { entries.append(entry) }
        return JobNode(.map(entries), place)
    }

    /// Paths are text whatever they begin with; elsewhere `[` and `{` begin flow YAML.
    private static func optionValue(_ value: String, key: String, place: JobPlace) throws(JobFileError) -> JobNode {
        let isPath = ["source.users", "source.groups", "source.members"].contains(key) || key.hasPrefix("report.")
        guard !isPath, value.hasPrefix("[") || value.hasPrefix("{") else {
            return JobNode(.text(value, isQuoted: true), place)
        }
        return try YAMLText.parse(value, place: place)
    }
}

/// YAML text to ``JobNode``.
enum YAMLText {
    /// More values than any job has; YAML's aliases, which could multiply them, are refused anyway.
    static let valuesMax = 100_000

    static func parse(_ text: String, file: String) throws(JobFileError) -> JobNode {
        try parse(text, place: JobPlace(file: file))
    }

    /// - Parameter place: where the text comes from; lines and columns are added to a file's.
    static func parse(_ text: String, place: JobPlace) throws(JobFileError) -> JobNode {
        do {
            // The parser holds the anchors' names; they are gone once it is.
            let parser = try Parser(yaml: text)
            return try withExtendedLifetime(parser) {
                guard let root = try parser.singleRoot() else {
                    throw JobFileError(
                        .missing, place, "the file is empty", cure: "a job names at least organization and source")
                }
                var builder = Builder(place: place)
                return try builder.node(root)
            }
        } catch let error as JobFileError {
            throw error
        } catch let error as YamlError {
            throw translated(error, place: place)
        } catch {
            throw JobFileError(.syntax, place, "this is not YAML", cure: "see jobs/nightly.yaml for an example")
        }
    }

    private struct Builder {
        var place: JobPlace
        var count = 0

        mutating func node(_ node: Node) throws -> JobNode {
            let place = at(node.mark)
            count += 1
            guard count <= valuesMax else {
                throw JobFileError(
                    .syntax, place, "the job has more than \(valuesMax) values", cure: "is this the export?")
            }
            guard node.anchor == nil, node.alias == nil else {
                throw JobFileError(
                    .syntax, place, "anchors (&) and aliases (*) are not used in jobs",
                    cure: "write the value out, or quote it")
            }
            switch node {
            case .scalar(let scalar):
                return JobNode(
                    .text(scalar.string, isQuoted: scalar.style != .plain && scalar.style != .any), place,
                    style: Self.style(scalar.style))
            case .sequence(let sequence):
                var nodes: [JobNode] = []
                for element in sequence { nodes.append(try self.node(element)) }
                return JobNode(.list(nodes), place)
            case .mapping(let mapping): return JobNode(.map(try entries(mapping)), place)
            case .alias: preconditionFailure("aliases are refused above")
            }
        }

        private static func style(_ style: Node.Scalar.Style) -> JobNode.Style {
            switch style {
            case .plain: .plain
            case .singleQuoted: .singleQuoted
            case .doubleQuoted: .doubleQuoted
            default: .other
            }
        }

        private mutating func entries(_ mapping: Node.Mapping) throws -> [JobNode.Entry] {
            var entries: [JobNode.Entry] = []
            var keys: Set<String> = []
            for (key, value) in mapping {
                let place = at(key.mark)
                guard case .text(let name, _) = try node(key).content else {
                    throw JobFileError(.syntax, place, "a key must be text", cure: "quote it")
                }
                guard keys.insert(name).inserted else { throw Self.duplicate(name, place) }
                entries.append(JobNode.Entry(key: name, place: place, value: try node(value)))
            }
            return entries
        }

        static func duplicate(_ name: String, _ place: JobPlace) -> JobFileError {
            JobFileError(.key, place, "the key \(Shown.text(name)) stands here twice", cure: "keep one of them")
        }

        private func at(_ mark: Mark?) -> JobPlace {
            guard let mark, place.option == nil else { return place }
            return JobPlace(file: place.file, line: mark.line, column: mark.column)
        }
    }

    private static func translated(_ error: YamlError, place: JobPlace) -> JobFileError {
        func at(_ line: Int, _ column: Int) -> JobPlace {
            place.option == nil ? JobPlace(file: place.file, line: line, column: column) : place
        }
        func notYAML(_ problem: String, _ place: JobPlace) -> JobFileError {
            JobFileError(.syntax, place, "this is not YAML: " + problem, cure: "mend it there")
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return notYAML(problem, at(mark.line, mark.column))
        case .reader(let problem, let offset, _, let text):
            guard let offset else { return notYAML(problem, place) }
            let (line, column) = position(of: offset, in: text)
            return notYAML(problem, at(line, column))
        case .duplicatedKeysInMapping(let names, let context):
            return Builder.duplicate(names.first ?? "", at(context.mark.line, context.mark.column))
        default: return notYAML("it cannot be read", place)
        }
    }

    private static func position(of offset: Int, in text: String) -> (line: Int, column: Int) {
        let before = text.prefix(offset)
        let start = before.lastIndex { $0.isNewline }.map { before.index(after: $0) } ?? before.startIndex
        return (before.count { $0.isNewline } + 1, before[start...].unicodeScalars.count + 1)
    }
}

/// Text from a job inside an error message: quoted, short, on one line.
enum Shown {
    static func text(_ text: String) -> String {
        let safe = text.unicodeScalars.prefix(60).map { scalar in
            scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                ? "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}" : String(scalar)
        }
        return "\"" + safe.joined() + (text.unicodeScalars.count > 60 ? "…" : "") + "\""
    }
}
