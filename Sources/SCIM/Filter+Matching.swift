import JSONBytes

extension Filter {
    /// Whether a resource fulfils the filter. Attributes that are absent, null, `""` or `[]` have no value: they fulfil
    /// `eq null` and `ne` with anything else, and nothing more. Several values fulfil a comparison when one does.
    package func matches(_ resource: JSONObject) -> Bool {
        switch self {
        case .present(let path): return !path.leaves(in: resource).isEmpty
        case .compare(let path, let comparison, let literal):
            let leaves = path.leaves(in: resource)
            if leaves.isEmpty { return comparison.holdsWithoutValue(literal) }
            return leaves.contains { literal.matches($0, comparison, path) }
        case .values(let path, let inner):
            return path.values(in: resource).contains { inner.matchesValue($0) }
        case .not(let inner): return !inner.matches(resource)
        case .and(let left, let right): return left.matches(resource) && right.matches(resource)
        case .or(let left, let right): return left.matches(resource) || right.matches(resource)
        }
    }

    /// Whether one value of a multi-valued attribute fulfils the filter between the brackets. A value that is no object
    /// is seen as its own `value`.
    func matchesValue(_ value: JSONValue) -> Bool {
        matches(value.object ?? ["value": value])
    }
}

extension AttributePath {
    /// The attribute's values, complex ones whole.
    func values(in resource: JSONObject) -> [JSONValue] {
        var holder = resource
        if let urn {
            guard let inner = resource.attribute(urn)?.object else { return [] }
            holder = inner
        }
        guard let attribute else { return holder.isEmpty ? [] : [.object(holder)] }
        switch holder.attribute(attribute) {
        case nil, .null: return []
        case .array(let values): return values
        case .some(let value): return [value]
        }
    }

    /// The values that a comparison sees.
    func leaves(in resource: JSONObject) -> [JSONValue] { values(in: resource).compactMap(leaf) }

    /// What a comparison sees of one value: a complex value stands for its `value`, or for itself where it has none; `nil`
    /// where there is nothing in it.
    func leaf(_ value: JSONValue) -> JSONValue? {
        var leaf: JSONValue? = value
        if let object = value.object {
            leaf =
                subAttribute.map { object.attribute($0) } ?? object.attribute("value") ?? (object.isEmpty ? nil : value)
        } else if subAttribute != nil && subAttribute != "value" {
            leaf = nil
        }
        switch leaf {
        case nil, .null, .string(""), .array([]): return nil
        default: return leaf
        }
    }
}

extension Filter.Comparison {
    /// Whether a resource without a value of the attribute fulfils the comparison.
    package func holdsWithoutValue(_ literal: Filter.Literal) -> Bool {
        (self == .eq) == (literal == .null) && (self == .eq || self == .ne)
    }
}

extension Filter.Literal {
    /// How a number of a resource compares with this text of a number: -1, 0 or 1; `nil` where one is none.
    package static func compare(number left: String, with right: String) -> Int? {
        if let a = Int64(left), let b = Int64(right) { return a < b ? -1 : a > b ? 1 : 0 }
        guard let a = Double(left), let b = Double(right) else { return nil }
        return a < b ? -1 : a > b ? 1 : 0
    }

    func matches(_ value: JSONValue, _ comparison: Filter.Comparison, _ path: AttributePath) -> Bool {
        switch (self, value) {
        case (.string(let right), .string(let left)):
            if path.isDateTime, let a = DateTime.milliseconds(left), let b = DateTime.milliseconds(right) {
                return Self.holds(comparison, a, b)
            }
            if path.isCaseExact { return Self.holds(comparison, text: left, right) }
            return Self.holds(comparison, text: KeyFolding.fold(left), KeyFolding.fold(right))
        case (.number(let right), .number(let left)):
            return Self.compare(number: left, with: right).map { Self.holds(comparison, $0, 0) } ?? false
        case (.bool(let right), .bool(let left)):
            return comparison == .eq ? left == right : comparison == .ne && left != right
        default: return comparison == .ne
        }
    }

    private static func holds<T: Comparable>(_ comparison: Filter.Comparison, _ left: T, _ right: T) -> Bool {
        switch comparison {
        case .eq: left == right
        case .ne: left != right
        case .gt: left > right
        case .ge: left >= right
        case .lt: left < right
        case .le: left <= right
        case .co, .sw, .ew: false
        }
    }

    /// Compares bytes, so that nothing in the text is a wildcard and canonical equivalence does not cross `caseExact`.
    private static func holds(_ comparison: Filter.Comparison, text left: String, _ right: String) -> Bool {
        let a = Array(left.utf8)
        let b = Array(right.utf8)
        switch comparison {
        case .eq: return a == b
        case .ne: return a != b
        case .co: return contains(a, b)
        case .sw: return a.starts(with: b)
        case .ew: return a.count >= b.count && a[(a.count - b.count)...].elementsEqual(b)
        case .gt: return b.lexicographicallyPrecedes(a)
        case .ge: return !a.lexicographicallyPrecedes(b)
        case .lt: return a.lexicographicallyPrecedes(b)
        case .le: return !b.lexicographicallyPrecedes(a)
        }
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard let first = part.first else { return true }
        guard text.count >= part.count else { return false }
        for start in 0...(text.count - part.count) where text[start] == first {
            if text[start..<(start + part.count)].elementsEqual(part) { return true }
        }
        return false
    }
}

extension Filter {
    /// A comparison that can be: booleans have no order and no parts, and only texts have parts. `"True"` against a
    /// boolean means `true` (Entra writes `roles[primary eq "True"]`).
    static func checked(
        _ path: AttributePath, _ comparison: Comparison, _ literal: Literal
    ) throws(FilterSyntaxError) -> Filter {
        var literal = literal
        if path.isBoolean {
            if comparison != .eq && comparison != .ne {
                throw FilterSyntaxError(reason: "'\(path.description)' is a boolean, which only eq and ne can compare")
            }
            if case .string(let text) = literal, ASCII.equal(text, "true") { literal = .bool(true) }
            if case .string(let text) = literal, ASCII.equal(text, "false") { literal = .bool(false) }
        }
        switch (comparison, literal) {
        case (.eq, _), (.ne, _), (_, .string): break
        case (.gt, .number), (.ge, .number), (.lt, .number), (.le, .number): break
        default: throw FilterSyntaxError(reason: "'\(comparison.rawValue)' cannot compare with \(literal.text)")
        }
        return .compare(path, comparison, literal)
    }

    /// The filter between brackets, its names read as sub-attributes of the attribute before them.
    func relative(to outer: AttributePath, _ schemas: SchemaSet) throws(FilterSyntaxError) -> Filter {
        switch self {
        case .present(let path): return .present(path.relative(to: outer, schemas))
        case .compare(let path, let comparison, let literal):
            return try Self.checked(path.relative(to: outer, schemas), comparison, literal)
        case .values: throw FilterSyntaxError(reason: "a value filter cannot hold another")
        case .not(let inner): return .not(try inner.relative(to: outer, schemas))
        case .and(let left, let right):
            return .and(try left.relative(to: outer, schemas), try right.relative(to: outer, schemas))
        case .or(let left, let right):
            return .or(try left.relative(to: outer, schemas), try right.relative(to: outer, schemas))
        }
    }
}
