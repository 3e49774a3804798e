import Foundation
import JSONBytes
import Reconciliation

/// Where a value is within one record: JSONPath (RFC 9535), with two liberties: `profile.login` stands for `$.profile.login`,
/// and a name may have hyphens without quotes.
///
/// A record is in memory, so everything of the RFC is known: wildcards, indexes, slices, descendants, filters and their
/// functions `length`, `count`, `value`, `match` and `search`.
package struct JSONPath: Sendable, Hashable {
    package let text: String
    let segments: [Segment]

    struct Segment: Sendable, Hashable {
        var isDescendant: Bool
        var selectors: [Selector]
    }

    indirect enum Selector: Sendable, Hashable {
        case name(String)
        case wildcard
        case index(Int)
        case slice(Int?, Int?, Int)
        case filter(Filter)
    }

    indirect enum Filter: Sendable, Hashable {
        case or(Filter, Filter)
        case and(Filter, Filter)
        case not(Filter)
        case exists(Query)
        case compare(Operand, Comparison, Operand)
        case match(Operand, Operand, find: Bool)
    }

    struct Query: Sendable, Hashable {
        var fromRoot: Bool
        var segments: [Segment]
    }

    indirect enum Operand: Sendable, Hashable {
        case literal(JSONValue)
        case query(Query)
        case length(Operand)
        case count(Query)
    }

    enum Comparison: String, Sendable, CaseIterable {
        // Longer ones first, as they are tried in this order.
        case equal = "=="
        case notEqual = "!="
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case less = "<"
        case greater = ">"
    }

    /// - Throws: ``PathFault`` with the column.
    package init(parsing text: String) throws(PathFault) {
        self.text = text
        var parser = JSONPathParser(text)
        segments = try parser.path()
    }

    /// Every name that the path mentions, at any depth.
    var names: Set<String> { Self.names(segments) }

    private static func names(_ segments: [Segment]) -> Set<String> {
        var names: Set<String> = []
        for selector in segments.flatMap(\.selectors) {
            if case .name(let name) = selector { names.insert(name) }
            if case .filter(let filter) = selector {
                names.formUnion(filter.queries.flatMap { Self.names($0.segments) })
            }
        }
        return names
    }

    /// The plain names that the path begins with: what of the record it carries.
    var head: [String] {
        var head: [String] = []
        for segment in segments {
            guard !segment.isDescendant, segment.selectors.count == 1, case .name(let name) = segment.selectors[0]
            else {
                break
            }
            head.append(name)
        }
        return head
    }
}

extension JSONPath.Filter {
    var queries: [JSONPath.Query] {
        switch self {
        case .or(let left, let right), .and(let left, let right): left.queries + right.queries
        case .not(let inner): inner.queries
        case .exists(let query): [query]
        case .compare(let left, _, let right), .match(let left, let right, _): left.queries + right.queries
        }
    }
}

extension JSONPath.Operand {
    var queries: [JSONPath.Query] {
        switch self {
        case .literal: []
        case .query(let query), .count(let query): [query]
        case .length(let operand): operand.queries
        }
    }
}

// MARK: - Values

extension JSONPath {
    /// The values at the path, in the order of RFC 9535.
    package func values(in root: JSONValue) -> [JSONValue] { Self.values(segments, from: root, root) }

    private static func values(_ segments: [Segment], from start: JSONValue, _ root: JSONValue) -> [JSONValue] {
        var values = [start]
        for segment in segments {
            if values.isEmpty { break }
            var next: [JSONValue] = []
            for value in values { add(segment, value, root, to: &next) }
            values = next
        }
        return values
    }

    private static func add(_ segment: Segment, _ value: JSONValue, _ root: JSONValue, to found: inout [JSONValue]) {
        for selector in segment.selectors { add(selector, value, root, to: &found) }
        guard segment.isDescendant else { return }
        for child in children(value) { add(segment, child, root, to: &found) }
    }

    private static func children(_ value: JSONValue) -> [JSONValue] {
        switch value {
        case .array(let values): values
        case .object(let object): object.members.map(\.value)
        default: []
        }
    }

    private static func add(_ selector: Selector, _ value: JSONValue, _ root: JSONValue, to found: inout [JSONValue]) {
        switch selector {
        case .name(let name):
            if let child = value.object?[name] { found.append(child) }
        case .wildcard: found += children(value)
        case .index(let index):
            guard let values = value.array else { return }
            let position = index < 0 ? values.count + index : index
            if values.indices.contains(position) { found.append(values[position]) }
        case .slice(let from, let to, let step):
            if let values = value.array { found += slice(values, from, to, step) }
        case .filter(let filter): found += children(value).filter { holds(filter, $0, root) }
        }
    }

    /// RFC 9535 2.3.4.2.2.
    private static func slice(_ values: [JSONValue], _ from: Int?, _ to: Int?, _ step: Int) -> [JSONValue] {
        let count = values.count
        func bounded(_ index: Int, _ low: Int, _ high: Int) -> Int {
            min(max(index >= 0 ? index : count + index, low), high)
        }
        guard step != 0 else { return [] }
        if step > 0 {
            let (lower, upper) = (bounded(from ?? 0, 0, count), bounded(to ?? count, 0, count))
            return stride(from: lower, to: upper, by: step).map { values[$0] }
        }
        let upper = bounded(from ?? count - 1, -1, count - 1)
        let lower = to.map { bounded($0, -1, count - 1) } ?? -1
        return stride(from: upper, to: lower, by: step).map { values[$0] }
    }
}

// MARK: - Filters

extension JSONPath {
    private static func holds(_ filter: Filter, _ current: JSONValue, _ root: JSONValue) -> Bool {
        switch filter {
        case .or(let left, let right): holds(left, current, root) || holds(right, current, root)
        case .and(let left, let right): holds(left, current, root) && holds(right, current, root)
        case .not(let inner): !holds(inner, current, root)
        case .exists(let query): !nodes(query, current, root).isEmpty
        case .compare(let left, let comparison, let right):
            holds(comparison, value(left, current, root), value(right, current, root))
        case .match(let text, let pattern, let find):
            matches(value(text, current, root), value(pattern, current, root), find: find)
        }
    }

    private static func nodes(_ query: Query, _ current: JSONValue, _ root: JSONValue) -> [JSONValue] {
        values(query.segments, from: query.fromRoot ? root : current, root)
    }

    /// `nil` is the RFC's Nothing.
    private static func value(_ operand: Operand, _ current: JSONValue, _ root: JSONValue) -> JSONValue? {
        switch operand {
        case .literal(let value): return value
        case .query(let query):
            let found = nodes(query, current, root)
            return found.count == 1 ? found[0] : nil
        case .count(let query): return .integer(nodes(query, current, root).count)
        case .length(let operand):
            switch value(operand, current, root) {
            case .string(let text)?: return .integer(text.unicodeScalars.count)
            case .array(let values)?: return .integer(values.count)
            case .object(let object)?: return .integer(object.count)
            default: return nil
            }
        }
    }

    private static func holds(_ comparison: Comparison, _ left: JSONValue?, _ right: JSONValue?) -> Bool {
        switch comparison {
        case .equal: isEqual(left, right)
        case .notEqual: !isEqual(left, right)
        case .less: isLess(left, right)
        case .greater: isLess(right, left)
        case .lessOrEqual: isLess(left, right) || isEqual(left, right)
        case .greaterOrEqual: isLess(right, left) || isEqual(left, right)
        }
    }

    private static func isEqual(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        if case .number(let a)? = left, case .number(let b)? = right { return a == b || Double(a) == Double(b) }
        return left?.canonical == right?.canonical
    }

    private static func isLess(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        switch (left, right) {
        case (.number(let a)?, .number(let b)?):
            if let a = Int64(a), let b = Int64(b) { return a < b }
            return (Double(a) ?? .nan) < (Double(b) ?? .nan)
        case (.string(let a)?, .string(let b)?): return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
        default: return false
        }
    }

    /// I-Regexp (RFC 9485) is a part of what ``Pattern`` reads. What exceeds its limits does not match.
    private static func matches(_ text: JSONValue?, _ pattern: JSONValue?, find: Bool) -> Bool {
        guard let text = text?.string, let expression = pattern?.string,
            let pattern = try? Pattern(expression, find: find)
        else { return false }
        return pattern.match(text) == .match
    }
}
