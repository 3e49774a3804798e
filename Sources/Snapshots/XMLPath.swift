import JSONBytes

/// Where a value is within an XML record, or a mark within a document: the part of XPath 1.0 that exports need.
///
/// `Worker/ID[@type='WID']`, `@Id`, `//email`, `emails/email[1]`, `.`, `name/text()`. Steps are `child`, `*`, `.`, `//` for
/// any depth; the last may be `@attribute` or `text()`. A predicate is a position, `last()`, a path that must exist, or a
/// path compared by `=` or `!=` with a text. Prefixes are allowed and do not count.
package struct XMLPath: Sendable, Hashable {
    package let text: String
    /// It begins at the document's root.
    package let isAbsolute: Bool
    let steps: [Step]

    struct Step: Sendable, Hashable {
        /// At any depth below.
        var isDescendant = false
        var test: Test
        var predicates: [Predicate] = []
    }

    enum Test: Sendable, Hashable {
        case element(String)
        case any
        case itself
        case attribute(String)
        case text
    }

    indirect enum Predicate: Sendable, Hashable {
        /// From 1.
        case position(Int)
        case last
        case exists([Step])
        case compare([Step], String, isEqual: Bool)
    }

    /// - Throws: ``PathFault`` with the column.
    package init(parsing text: String) throws(PathFault) {
        self.text = text
        var reader = PathText(text)
        isAbsolute = reader.next == "/"
        steps = try Self.steps(&reader, startsAtRoot: isAbsolute)
        guard reader.isAtEnd else {
            throw reader.fault("a step begins with /", cure: "for example Worker/ID[@type='WID']")
        }
    }

    /// Every name of an element that the path mentions.
    var names: Set<String> { Self.names(steps) }

    private static func names(_ steps: [Step]) -> Set<String> {
        var names: Set<String> = []
        for step in steps {
            if case .element(let name) = step.test { names.insert(name) }
            for predicate in step.predicates {
                switch predicate {
                case .exists(let steps), .compare(let steps, _, _): names.formUnion(Self.names(steps))
                case .position, .last: break
                }
            }
        }
        return names
    }
}

// MARK: - Parsing

extension XMLPath {
    private static func steps(_ reader: inout PathText, startsAtRoot: Bool) throws(PathFault) -> [Step] {
        var steps: [Step] = []
        var isFirst = true
        while true {
            var isDescendant = false
            if reader.take("//") {
                isDescendant = true
            } else if isFirst {
                if startsAtRoot { try reader.expect("/") }
            } else if !reader.take("/") {
                return steps
            }
            isFirst = false
            var step = Step(isDescendant: isDescendant, test: try test(&reader))
            while reader.take("[") { step.predicates.append(try predicate(&reader)) }
            steps.append(step)
            switch step.test {
            case .attribute, .text: return steps
            default: break
            }
        }
    }

    private static func test(_ reader: inout PathText) throws(PathFault) -> Test {
        if reader.take("text()") { return .text }
        if reader.take("@") { return .attribute(try name(&reader)) }
        if reader.take("*") { return .any }
        if reader.take(".") { return .itself }
        return .element(try name(&reader))
    }

    /// A name, of which a prefix does not count.
    private static func name(_ reader: inout PathText) throws(PathFault) -> String {
        var name = try dotted(&reader)
        if reader.take(":") { name = try dotted(&reader) }
        return name
    }

    /// XML names may have dots within.
    private static func dotted(_ reader: inout PathText) throws(PathFault) -> String {
        var name = try reader.name()
        while reader.take(".") { name += "." + (try reader.name()) }
        return name
    }

    private static func predicate(_ reader: inout PathText) throws(PathFault) -> Predicate {
        reader.skipSpaces()
        defer { reader.skipSpaces() }
        if let position = reader.integer() {
            guard position > 0 else { throw reader.fault("positions count from 1", cure: "write [1] for the first") }
            try reader.expect("]")
            return .position(position)
        }
        if reader.take("last()") {
            try reader.expect("]")
            return .last
        }
        let path = try steps(&reader, startsAtRoot: false)
        reader.skipSpaces()
        let isEqual = reader.take("=")
        guard isEqual || reader.take("!=") else {
            try reader.expect("]")
            return .exists(path)
        }
        reader.skipSpaces()
        guard let text = try reader.quoted() else {
            throw reader.fault("a text in quotes is missing", cure: "for example [@type='WID']")
        }
        reader.skipSpaces()
        try reader.expect("]")
        return .compare(path, text, isEqual: isEqual)
    }
}

// MARK: - Values

extension XMLPath {
    /// The values at the path: an element's text, an attribute's value.
    ///
    /// - Parameter root: the record's element for a relative path; for an absolute one the document's root element.
    package func values(in root: XMLElement) -> [JSONValue] {
        var start = root
        if isAbsolute {
            start = XMLElement(name: "")
            start.content = [.element(root)]
        }
        return Self.values(steps[...], start)
    }

    private static func values(_ steps: ArraySlice<Step>, _ element: XMLElement) -> [JSONValue] {
        guard let step = steps.first else { return [element.value] }
        switch step.test {
        case .attribute(let name):
            let holders = step.isDescendant ? [element] + descendants(element) : [element]
            return holders.compactMap { $0.attribute(name) }.map(JSONValue.string)
        case .text: return [element.value]
        default: return elements(step, element).flatMap { values(steps.dropFirst(), $0) }
        }
    }

    private static func elements(_ step: Step, _ element: XMLElement) -> [XMLElement] {
        if step.test == .itself { return [element] }
        var found = (step.isDescendant ? descendants(element) : element.children).filter { child in
            switch step.test {
            case .element(let name): child.name == name
            default: true
            }
        }
        for predicate in step.predicates { found = filtered(found, predicate) }
        return found
    }

    private static func filtered(_ elements: [XMLElement], _ predicate: Predicate) -> [XMLElement] {
        switch predicate {
        case .position(let position): elements.count >= position ? [elements[position - 1]] : []
        case .last: elements.last.map { [$0] } ?? []
        case .exists(let steps): elements.filter { !values(steps[...], $0).isEmpty }
        case .compare(let steps, let text, let isEqual):
            elements.filter { element in
                values(steps[...], element).contains { ($0.string ?? "") == text } == isEqual
            }
        }
    }

    private static func descendants(_ element: XMLElement) -> [XMLElement] {
        element.children.flatMap { [$0] + descendants($0) }
    }
}

/// Where the records of an XML document are: `/Report_Data/Report_Entry`, `//Worker`. Plain steps, `*` and `//`, no predicates,
/// since they are found while the document streams by.
package struct XMLRecordPath: Sendable, Hashable {
    package let text: String
    let steps: [XMLPath.Step]

    /// - Throws: ``PathFault`` for anything else.
    package init(parsing text: String) throws(PathFault) {
        let path = try XMLPath(parsing: text)
        func fault(_ detail: String, _ cure: String) -> PathFault { PathFault(column: 1, detail: detail, cure: cure) }
        guard path.isAbsolute else {
            throw fault("a record path of XML begins with / or //", "for example /users/user")
        }
        for step in path.steps {
            guard step.predicates.isEmpty else {
                throw fault(
                    "records are found while the file streams by, so predicates are not known here",
                    "choose among them with when, for example {path: '@type', has: user}")
            }
            switch step.test {
            case .element, .any: break
            default: throw fault("records are elements", "for example /users/user")
            }
        }
        self.text = text
        steps = path.steps
    }

    /// Whether the path leads to an element, by the names from the root to it.
    func matches(_ names: [String]) -> Bool { Self.matches(steps[...], names[...]) }

    /// Whether it leads to a child of the element: then the place of the records is there.
    func isParent(_ names: [String]) -> Bool {
        steps.count > 1 && Self.matches(steps.dropLast(), names[...]) && !steps[steps.count - 1].isDescendant
    }

    private static func matches(_ steps: ArraySlice<XMLPath.Step>, _ names: ArraySlice<String>) -> Bool {
        guard let step = steps.last else { return names.isEmpty }
        guard let name = names.last else { return false }
        let isHit = if case .element(let wanted) = step.test { wanted == name } else { true }
        guard isHit else { return false }
        if !step.isDescendant { return matches(steps.dropLast(), names.dropLast()) }
        var rest = names.dropLast()
        while true {
            if matches(steps.dropLast(), rest) { return true }
            if rest.isEmpty { return false }
            rest = rest.dropLast()
        }
    }
}
