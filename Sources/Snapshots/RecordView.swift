import JSONBytes
import Reconciliation

/// Where a field is within a record of one format.
package enum FieldPath: Sendable, Hashable {
    case json(JSONPath)
    case xml(XMLPath)

    package var text: String {
        switch self {
        case .json(let path): path.text
        case .xml(let path): path.text
        }
    }

    /// The names that the path mentions: what of a document has to be kept beside the records.
    var names: Set<String> {
        switch self {
        case .json(let path): path.names
        case .xml(let path): path.names
        }
    }

    /// Name of the attribute of the export that the path carries, and of its part, as ``UnmappedCensus`` spells them.
    var carried: [String] {
        switch self {
        case .json(let path):
            guard let first = path.head.first else { return [] }
            guard path.segments.count > 1, path.head.count > 1 else { return [first] }
            return [first + "." + path.head[1]]
        case .xml(let path):
            guard case .element(let name)? = path.steps.first?.test else { return [] }
            return [name]
        }
    }
}

/// Where records are within a document of one format.
package enum RecordPath: Sendable, Hashable {
    case json(JSONRecordPath)
    case xml(XMLRecordPath)

    package var text: String {
        switch self {
        case .json(let path): path.text
        case .xml(let path): path.text
        }
    }
}

/// A record as field paths see it. Formats of flat rows (LDIF, CSV, properties of objects) are objects of names here.
package enum RecordView: Sendable {
    case json(JSONValue)
    case xml(XMLElement)

    /// The values at a path. A list stands for its elements, since tools write lists of one as a scalar and the other way
    /// round.
    package func values(_ path: FieldPath) -> [JSONValue] {
        let found: [JSONValue]
        switch (self, path) {
        case (.json(let value), .json(let path)): found = path.values(in: value)
        case (.xml(let element), .xml(let path)): found = path.values(in: element)
        default: preconditionFailure("a path of another format")
        }
        guard found.contains(where: { $0.array != nil }) else { return found }
        return found.flatMap { $0.array ?? [$0] }
    }

    /// What a job's mapping or a scoping filter names: a path, or a dotted name in any letter case.
    func value(named name: String) -> JSONValue? {
        let found: [JSONValue]
        switch self {
        case .json(let value):
            if let hit = value.object?.value(atPath: name) { return hit }
            guard name.contains("[") || name.hasPrefix("$"), let path = try? JSONPath(parsing: name) else { return nil }
            found = path.values(in: value)
        case .xml(let element):
            guard let path = try? XMLPath(parsing: name), !path.isAbsolute else { return nil }
            found = path.values(in: element)
        }
        guard let first = found.first else { return nil }
        return found.count == 1 ? first : .array(found)
    }
}

/// Whether something is so in a record or a document.
package struct RecordCondition: Sendable, Hashable {
    package var path: FieldPath
    /// One of the values is one of these texts; letter case does not count.
    package var has: [String]
    /// None of the values is one of these texts.
    package var lacks: [String]

    /// Without texts: there is a value, and it is neither empty nor `false`.
    package init(path: FieldPath, has: [String] = [], lacks: [String] = []) {
        self.path = path
        self.has = has.map { $0.lowercased() }
        self.lacks = lacks.map { $0.lowercased() }
    }

    package func holds(in view: RecordView) -> Bool {
        let values = view.values(path)
        if has.isEmpty && lacks.isEmpty { return values.contains(where: Self.isThere) }
        let texts = values.compactMap(\.plainText).map { $0.lowercased() }
        if !has.isEmpty, !texts.contains(where: has.contains) { return false }
        return !texts.contains(where: lacks.contains)
    }

    static func isThere(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool(false), .string(""), .string("false"), .array([]): false
        default: true
        }
    }
}

extension JSONValue {
    /// A scalar as exports write it.
    var plainText: String? { bool.map { $0 ? "true" : "false" } ?? scalarText }
}
