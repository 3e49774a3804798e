import JSONBytes

/// The smallest edit of a filter that would bring somebody into scope.
package struct NearestScope: Sendable, Equatable {
    /// The group of clauses that comes closest, from 1.
    package var group: Int
    /// The clause as it is.
    package var clause: String
    /// The clause as it could be; `nil` where only leaving it out helps.
    package var instead: String?
    /// The whole filter with the edit, to count whom else it brings in.
    package var filter: ScopingFilter
    /// Other clauses of the group that fail, too: more than one edit is needed.
    package var alsoFailing: [String]

    /// One sentence.
    package var text: String {
        let edit = instead.map { "if '\(clause)' were '\($0)'" } ?? "without '\(clause)'"
        guard !alsoFailing.isEmpty else { return "in scope " + edit }
        return "in scope \(edit), and without '\(alsoFailing.joined(separator: "', '"))'"
    }
}

extension ScopingFilter {
    /// Looks for the group with the fewest clauses that fail for a record, and for the smallest edit of the failing clause.
    ///
    /// - Parameter verdicts: every clause's verdict about the record, as ``trace`` gives them, in order.
    /// - Returns: `nil` for somebody in scope, for an expression, and where a clause cannot be decided.
    package func nearest(to record: DirectoryRecord, verdicts: [ClauseTrace]) -> NearestScope? {
        guard case .clauses(let groups) = self else { return nil }
        var best: (index: Int, failing: [Int])?
        var next = 0
        for (index, group) in groups.enumerated() {
            let traces = verdicts.dropFirst(next).prefix(group.count)
            next += group.count
            let isDecided = traces.allSatisfy { if case .error = $0.verdict { false } else { true } }
            guard traces.count == group.count, isDecided else { continue }
            let failing = traces.enumerated().filter { $0.element.verdict == .no }.map(\.offset)
            if failing.isEmpty { return nil }
            if best.map({ failing.count < $0.failing.count }) ?? true { best = (index, failing) }
        }
        guard let best else { return nil }
        return Self.edit(groups, group: best.index, failing: best.failing, record)
    }

    private static func edit(
        _ groups: [[ScopingClause]], group index: Int, failing: [Int], _ record: DirectoryRecord
    ) -> NearestScope {
        let clause = groups[index][failing[0]]
        let instead = clause.admitting(record)
        var edited = groups
        var kept = groups[index]
        if let instead { kept[failing[0]] = instead }
        let removed = Set(instead == nil ? failing : Array(failing.dropFirst()))
        edited[index] = kept.enumerated().filter { !removed.contains($0.offset) }.map(\.element)
        return NearestScope(
            group: index + 1, clause: clause.readableText, instead: instead?.readableText,
            filter: edited[index].isEmpty ? .everyone : .clauses(edited),
            alsoFailing: failing.dropFirst().map { groups[index][$0].readableText })
    }
}

extension ScopingClause {
    /// The clause changed as little as possible, so that it holds for the record; `nil` where no edit of its operand does.
    fileprivate func admitting(_ record: DirectoryRecord) -> ScopingClause? {
        let found = attribute.values(in: record).compactMap(\.scalarText)
        guard let value = found.first else { return admittingEmpty }
        // A list that must hold for all values is not mended by one more value.
        guard found.count == 1 || match == .any else { return nil }
        switch `operator` {
        case .equals: return with(.isIn, values + [value])
        case .isIn: return with(.isIn, values + [value])
        case .notIn:
            let kept = values.filter { !found.contains($0) }
            return kept.isEmpty ? nil : with(.notIn, kept)
        case .greaterThan:
            guard let number = Int64(value), number > .min else { return nil }
            return with(.greaterThan, [String(number - 1)])
        case .greaterThanOrEquals: return Int64(value) == nil ? nil : with(.greaterThanOrEquals, [value])
        default: return nil
        }
    }

    private func with(
        _ operator: ScopingOperator, _ values: [String], emptyNotEquals: Bool? = nil
    ) -> ScopingClause {
        ScopingClause(
            attribute: attribute, operator: `operator`, values: values, match: match,
            emptyNotEquals: emptyNotEquals ?? self.emptyNotEquals)
    }

    private var admittingEmpty: ScopingClause? {
        guard `operator` == .notEquals || `operator` == .notIn, !emptyNotEquals else { return nil }
        return with(`operator`, values, emptyNotEquals: true)
    }
}
