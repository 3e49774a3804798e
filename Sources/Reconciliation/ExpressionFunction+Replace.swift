extension ExpressionFunction {
    /// The modes of Entra's Replace by which arguments are there.
    static let replace = ExpressionFunction(
        "Replace",
        "source, [oldValue], [regexPattern], [regexGroupName], [replacementValue], [replacementAttribute], [template]",
        2...7,
        "With oldValue and replacementValue: the source with each old value replaced. With oldValue and template: the template with the source in place of each old value.",
        check: { nodes in
            func has(_ index: Int) -> Bool { index < nodes.count && nodes[index] != .omitted }
            if has(2) || has(3) || has(5) { return "regular expressions are not supported" }
            if has(1) && nodes[1] == .text("") { return "oldValue is empty" }
            return has(1) && has(4) != has(6) ? nil : "it needs oldValue, and replacementValue or template"
        }
    ) { call throws(ExpressionFailure) in
        let (source, old) = (try call.text(0), try call.text(1))
        if old.isEmpty { throw call.failure("oldValue is empty") }
        if call.isOmitted(6) { return .of(try replaced(old, in: source, by: try call.text(4), call)) }
        return source.isEmpty ? .empty : .of(try replaced(old, in: try call.text(6), by: source, call))
    }

    /// Exactly these code points, from left to right, never beyond the limit.
    private static func replaced(
        _ old: String, in text: String, by new: String, _ call: ExpressionCall
    ) throws(ExpressionFailure) -> String {
        let pieces = text.split(separator: old, omittingEmptySubsequences: false)
        let bytes = text.utf8.count + (pieces.count - 1) * new.utf8.count
        guard bytes <= 2 * ExpressionLimits.resultBytesMax else {
            throw call.failure("the result is longer than \(ExpressionLimits.resultBytesMax) bytes")
        }
        return pieces.joined(separator: new)
    }
}
