import Reconciliation
import SCIM

/// One clause of a filter in a job.
extension JobScope {
    private static let clauseKeys = ["attribute", "operator", "value", "file", "match", "find", "emptyNotEquals"]

    static func clause(_ node: JobNode, _ kind: Kind) throws(JobFileError) -> ScopingClause {
        let table = try Table(node, called: "a clause", keys: clauseKeys)
        let operation = try `operator`(try table.required("operator"))
        let attribute =
            operation == .memberOf
            ? try memberOfAttribute(table) : try attribute(try table.required("attribute"), kind)
        let find = try flag("find", table, belongsTo: "REGEX MATCH and NOT REGEX MATCH", operation.isRegex, operation)
        let emptyNotEquals = try flag(
            "emptyNotEquals", table, belongsTo: "NOT EQUALS and NOT IN", operation.isNegatedEquality, operation)
        return ScopingClause(
            attribute, operation, try operand(table, operation, find: find, node.place),
            match: try match(table, attribute, operation, node.place), emptyNotEquals: emptyNotEquals)
    }

    private static func `operator`(_ node: JobNode) throws(JobFileError) -> ScopingOperator {
        let text = try node.text("operator")
        guard let operation = ScopingOperator(name: text) else {
            throw JobFileError(
                .value, node.place, "there is no operator \(Shown.text(text))",
                cure: "known: " + ScopingOperator.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return operation
    }

    /// MEMBER_OF looks at the directory's groups; `groups` may be written for readers.
    private static func memberOfAttribute(_ table: Table) throws(JobFileError) -> FilterAttribute {
        guard let node = table["attribute"] else { return .groups }
        guard try node.text("attribute").lowercased() == "groups" else {
            throw JobFileError(
                .value, node.place, "MEMBER_OF looks at the directory's groups, not at an attribute",
                cure: "leave attribute out, or say groups")
        }
        return .groups
    }

    private static func flag(
        _ key: String, _ table: Table, belongsTo owners: String, _ isKnown: Bool, _ operation: ScopingOperator
    ) throws(JobFileError) -> Bool {
        guard let node = table[key] else { return false }
        let flag = try node.flag(key)
        guard isKnown else {
            throw JobFileError(
                .key, table.place(of: key), "\(key) has no meaning with \(operation.rawValue)",
                cure: "it belongs to \(owners)")
        }
        return flag
    }

    private static func match(
        _ table: Table, _ attribute: FilterAttribute, _ operation: ScopingOperator, _ place: JobPlace
    ) throws(JobFileError) -> ScopingClause.Match? {
        guard let node = table["match"] else {
            guard case .slot(let path, isMultiValued: true) = attribute, !operation.asksForEmptiness else { return nil }
            throw JobFileError(
                .missing, place, "\(path) can have several values", cure: "say match: any or match: all")
        }
        let match = try node.choice(ScopingClause.Match.self, "match")
        guard operation != .memberOf else {
            throw JobFileError(
                .key, table.place(of: "match"), "match has no meaning with MEMBER_OF",
                cure: "leave it out; for several groups write several clauses")
        }
        return match
    }

    // MARK: What it compares with

    private static func operand(
        _ table: Table, _ operation: ScopingOperator, find: Bool, _ place: JobPlace
    ) throws(JobFileError) -> ScopingOperand {
        if let file = table["file"] {
            guard operation.operands == .list else {
                throw JobFileError(
                    .key, table.place(of: "file"), "file has no meaning with \(operation.rawValue)",
                    cure: "it belongs to IN and NOT IN")
            }
            guard table["value"] == nil else {
                throw JobFileError(
                    .key, table.place(of: "file"), "the clause has both value and file", cure: "keep one of them")
            }
            return .list(try JobValueList.read(file))
        }
        guard let node = table["value"] else {
            guard [.none, .optional].contains(operation.operands) else {
                throw JobFileError(.missing, place, "\(operation.rawValue) needs a value", cure: "add value: …")
            }
            return try operand(operation, [], find: find, at: JobNode(.text("", isQuoted: true), place))
        }
        switch operation.operands {
        case .none:
            throw JobFileError(
                .key, table.place(of: "value"), "\(operation.rawValue) takes no value", cure: "leave value out")
        case .list:
            var values: [String] = []
            for element in try node.texts("value") { values.append(try element.text("value")) }
            return try operand(operation, values, find: find, at: node)
        case .one, .optional:
            if case .text("", isQuoted: true) = node.content {
                return try operand(operation, [""], find: find, at: node)
            }
            return try operand(operation, [try node.text("value")], find: find, at: node)
        }
    }

    private static func operand(
        _ operation: ScopingOperator, _ values: [String], find: Bool, at node: JobNode
    ) throws(JobFileError) -> ScopingOperand {
        do { return try ScopingOperand(operation, values, find: find) } catch {
            throw JobFileError(
                .value, error.column.map(node.place(ofCharacter:)) ?? node.place, error.detail, cure: error.cure)
        }
    }
}
