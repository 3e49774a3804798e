import JSONBytes
import Reconciliation

/// Reads JSONPath text (RFC 9535 2).
struct JSONPathParser {
    private var text: PathText
    private var depth = 0
    /// Filters within filters.
    static let depthMax = 16

    init(_ text: String) { self.text = PathText(text) }

    mutating func path() throws(PathFault) -> [JSONPath.Segment] {
        var segments: [JSONPath.Segment] = []
        if !text.take("$"), text.next != "[", text.next != "." {
            segments.append(segment(.name(try text.name())))
        }
        segments += try self.segments()
        guard text.isAtEnd else { throw text.fault("a step begins with . or [", cure: "for example emails[0].address") }
        return segments
    }

    private func segment(_ selector: JSONPath.Selector, isDescendant: Bool = false) -> JSONPath.Segment {
        JSONPath.Segment(isDescendant: isDescendant, selectors: [selector])
    }

    private mutating func segments() throws(PathFault) -> [JSONPath.Segment] {
        var segments: [JSONPath.Segment] = []
        while true {
            if text.take("..") {
                if text.next == "[" {
                    segments.append(JSONPath.Segment(isDescendant: true, selectors: try bracketed()))
                } else {
                    segments.append(segment(try dotted(), isDescendant: true))
                }
            } else if text.take(".") {
                segments.append(segment(try dotted()))
            } else if text.next == "[" {
                segments.append(JSONPath.Segment(isDescendant: false, selectors: try bracketed()))
            } else {
                return segments
            }
        }
    }

    private mutating func dotted() throws(PathFault) -> JSONPath.Selector {
        text.take("*") ? .wildcard : .name(try text.name())
    }

    private mutating func bracketed() throws(PathFault) -> [JSONPath.Selector] {
        try text.expect("[")
        var selectors: [JSONPath.Selector] = []
        repeat {
            text.skipSpaces()
            selectors.append(try selector())
            text.skipSpaces()
        } while text.take(",")
        try text.expect("]")
        return selectors
    }

    private mutating func selector() throws(PathFault) -> JSONPath.Selector {
        if let name = try text.quoted() { return .name(name) }
        if text.take("*") { return .wildcard }
        if text.take("?") {
            text.skipSpaces()
            return .filter(try disjunction())
        }
        let first = text.integer()
        text.skipSpaces()
        guard text.take(":") else {
            guard let first else {
                throw text.fault(
                    "a name in quotes, a number, * or ? stands between brackets",
                    cure: "for example ['the name'], [0], [*] or [?@.type == 'work']")
            }
            return .index(first)
        }
        text.skipSpaces()
        let last = text.integer()
        text.skipSpaces()
        guard text.take(":") else { return .slice(first, last, 1) }
        text.skipSpaces()
        return .slice(first, last, text.integer() ?? 1)
    }

    // MARK: Filters

    private mutating func disjunction() throws(PathFault) -> JSONPath.Filter {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw text.fault("a filter is too deep", cure: "write a simpler one") }
        var filter = try conjunction()
        while true {
            text.skipSpaces()
            guard text.take("||") else { return filter }
            text.skipSpaces()
            filter = .or(filter, try conjunction())
        }
    }

    private mutating func conjunction() throws(PathFault) -> JSONPath.Filter {
        var filter = try condition()
        while true {
            text.skipSpaces()
            guard text.take("&&") else { return filter }
            text.skipSpaces()
            filter = .and(filter, try condition())
        }
    }

    /// A pattern that stands in the path is refused here; one that a record has matches nothing where it is none.
    private func checkPattern(_ operand: JSONPath.Operand, find: Bool) throws(PathFault) {
        guard case .literal(.string(let expression)) = operand else { return }
        do { _ = try Pattern(expression, find: find) } catch {
            throw text.fault(
                "the pattern \(JSONValue.string(expression).text) cannot be read: \(error.detail)", cure: "correct it")
        }
    }

    private mutating func condition() throws(PathFault) -> JSONPath.Filter {
        if text.take("!") {
            text.skipSpaces()
            return .not(try condition())
        }
        if text.take("(") {
            text.skipSpaces()
            let inner = try disjunction()
            text.skipSpaces()
            try text.expect(")")
            return inner
        }
        for (name, find) in [("match(", false), ("search(", true)] where text.take(name) {
            text.skipSpaces()
            let left = try operand()
            text.skipSpaces()
            try text.expect(",")
            text.skipSpaces()
            let right = try operand()
            try checkPattern(right, find: find)
            text.skipSpaces()
            try text.expect(")")
            return .match(left, right, find: find)
        }
        let left = try operand()
        text.skipSpaces()
        for comparison in JSONPath.Comparison.allCases where text.take(comparison.rawValue) {
            text.skipSpaces()
            return .compare(left, comparison, try operand())
        }
        guard case .query(let query) = left else {
            throw text.fault("a comparison is missing", cure: "for example [?@.type == 'work']")
        }
        return .exists(query)
    }

    private mutating func operand() throws(PathFault) -> JSONPath.Operand {
        if let query = try query() { return .query(query) }
        if let literal = try text.quoted() { return .literal(.string(literal)) }
        for (word, value) in [("true", JSONValue.bool(true)), ("false", .bool(false)), ("null", .null)]
        where text.take(word) {
            return .literal(value)
        }
        for name in ["length(", "count(", "value("] where text.take(name) { return try call(name) }
        if let number = text.integer() {
            guard text.take(".") else { return .literal(.integer(number)) }
            guard let fraction = text.integer(), fraction >= 0 else {
                throw text.fault("the number is not complete", cure: "for example 1.5")
            }
            return .literal(.number("\(number).\(fraction)"))
        }
        throw text.fault(
            "a path beginning with @, a text in quotes, a number, true, false or null is missing",
            cure: "for example [?@.type == 'work']")
    }

    private mutating func call(_ name: String) throws(PathFault) -> JSONPath.Operand {
        text.skipSpaces()
        let argument = try operand()
        text.skipSpaces()
        try text.expect(")")
        if name == "length(" { return .length(argument) }
        guard case .query(let query) = argument else {
            throw text.fault("\(name.dropLast()) takes a path", cure: "for example count(@.groups[*])")
        }
        return name == "count(" ? .count(query) : .query(query)
    }

    private mutating func query() throws(PathFault) -> JSONPath.Query? {
        if text.take("@") { return JSONPath.Query(fromRoot: false, segments: try segments()) }
        if text.take("$") { return JSONPath.Query(fromRoot: true, segments: try segments()) }
        return nil
    }
}
