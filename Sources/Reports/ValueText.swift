import JSONBytes
import Reconciliation

/// Attribute paths and values as a reader wants them: short, quoted, on one line.
package enum ValueText {
    /// Longer values are cut, and say so.
    static let shownCharacters = 160
    private static let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"

    /// `emails[type eq "work"]` reads `emails[work]`; the enterprise extension's URN is left out,
    /// and a manager is the person, not the reference's `value`.
    static func path(_ path: String) -> String {
        var short = path.hasPrefix(enterprise) ? String(path.dropFirst(enterprise.count)) : path
        if short == "manager.value" { short = "manager" }
        if let typed = Attributes.typedSlot(short) { short = typed.attribute + "[" + typed.type + "]" }
        return SafeText.line(short)
    }

    static func before(_ change: AttributeChange) -> String {
        shown(change.before, label: change.beforeLabel, beside: change.after)
    }

    static func after(_ change: AttributeChange) -> String {
        shown(change.after, label: change.afterLabel, beside: change.before)
    }

    /// As ``after(_:)``, for somebody new, whose first address need not be called the primary one.
    static func new(_ change: AttributeChange) -> String {
        shown(change.after, label: change.afterLabel, beside: ["primary": true])
    }

    /// A sentence with the enterprise extension's URN left out.
    package static func shortened(_ text: String) -> String {
        text.utf8.count > enterprise.utf8.count ? text.replacing(enterprise, with: "") : text
    }

    /// What the value says that its counterpart does not: an address that stays the primary one need not say so.
    private static func shown(_ value: JSONValue?, label: String?, beside other: JSONValue?) -> String {
        if let label { return cut(SafeText.line(label)) }
        guard let value, !value.isNull else { return "(none)" }
        guard case .object(var object) = value, let main = object["value"] else { return cut(text(value)) }
        if let others = other?.object {
            for member in others.members where member.key != "value" && object[member.key] == member.value {
                object[member.key] = nil
            }
        }
        object["value"] = nil
        var details = object.members.filter { $0.key != "primary" || $0.value != true }.map { member in
            SafeText.line(member.key) + " " + text(member.value)
        }
        if object["primary"] == true { details.insert("primary", at: 0) }
        return cut(text(main) + (details.isEmpty ? "" : " (" + details.joined(separator: ", ") + ")"))
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let string): "\"" + SafeText.line(string).replacing("\"", with: "\\\"") + "\""
        case .array(let values): "[" + values.map { shown($0, label: nil, beside: nil) }.joined(separator: ", ") + "]"
        default: SafeText.json(value.text)
        }
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > shownCharacters, text.count > shownCharacters else { return text }
        return text.prefix(shownCharacters) + "… (\(Count.text(text.count)) characters)"
    }
}
