import JSONBytes
import SCIM

/// One line of a job's `mapping`: what an attribute is filled from, over the preset's own mapping.
///
/// There are two kinds. A line that names **fields of the export** (`jobTitle`) is worked out when the export is read, and
/// its result is what the directory holds. A line that names **attributes of the record** (`record.title`), a constant
/// and a default are worked out each time when the record is judged: so they hold for a pushed record as for one from a
/// snapshot, and the directory keeps what the source said.
package struct MappingLine: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        /// What the preset or the push put there: the line is about empty values alone.
        case itself
        /// A field's or attribute's name.
        case attribute(String)
        case constant(String)
        case expression(MappingExpression)
    }

    package enum Apply: String, Sendable, CaseIterable { case always, onCreate }

    /// What an empty result means.
    package enum WhenEmpty: Sendable, Hashable {
        /// The source says nothing: the account keeps its value.
        case keep
        /// The account's value is cleared.
        case clear
        /// The record is undecided.
        case ignore
        /// This value stands in its place.
        case value(String)
    }

    package var kind: Kind
    package var target: MappingTarget
    package var source: Source
    package var apply: Apply
    package var whenEmpty: WhenEmpty
    /// Results for which the record is undecided; exact, letter case counts.
    package var ignoring: [String]

    package init(
        kind: Kind = .user, target: MappingTarget, from source: Source, apply: Apply = .always,
        whenEmpty: WhenEmpty = .keep, ignoring: [String] = []
    ) {
        self.kind = kind
        self.target = target
        self.source = source
        self.apply = apply
        self.whenEmpty = whenEmpty
        self.ignoring = ignoring
    }

    /// What a record's attributes begin with in a source.
    package static let recordPrefix = "record."
    /// What a field of the export may begin with, to tell it from a record's attribute.
    package static let fieldPrefix = "source."

    /// Every name that the line reads.
    package var names: [String] {
        switch source {
        case .itself, .constant: []
        case .attribute(let name): [name]
        case .expression(let expression): expression.attributes.map(\.name)
        }
    }

    /// The groups whose members the line asks for.
    package var groups: [String] {
        if case .expression(let expression) = source { expression.groups } else { [] }
    }

    /// The fields of the export among them, without prefix.
    package var fields: [String] { names.compactMap(Self.field) }

    /// The field's name; `nil` for an attribute of the record.
    package static func field(_ name: String) -> String? {
        if name.hasPrefix(recordPrefix) { return nil }
        return name.hasPrefix(fieldPrefix) ? String(name.dropFirst(fieldPrefix.count)) : name
    }

    /// Whether the line is worked out when a record is judged, and not when an export is read.
    package var isOfRecord: Bool {
        switch source {
        case .constant: return true
        // Only a snapshot leaves things out: a push says what is empty.
        case .itself: return whenEmpty != .clear
        case .attribute, .expression: return fields.isEmpty
        }
    }

    /// The line in one spelling, for the rules' hash and for readers.
    package var text: String {
        var text = target.path
        switch source {
        case .itself: break
        case .attribute(let name): text += " <- " + name
        case .constant(let constant): text += " = " + constant
        case .expression(let expression):
            text += (expression.form == .template ? " <- template " : " <- ") + expression.text
        }
        if apply == .onCreate { text += " onCreate" }
        switch whenEmpty {
        case .keep: break
        case .clear: text += " (empty: clear)"
        case .ignore: text += " (empty: ignore)"
        case .value(let value): text += " (empty: \(JSONValue.string(value).text))"
        }
        if !ignoring.isEmpty {
            text += " (ignoring \(ignoring.map { JSONValue.string($0).text }.joined(separator: ", ")))"
        }
        return kind == .group ? "group " + text : text
    }
}

/// What a line makes of one record.
package enum MappingResult: Sendable, Hashable {
    /// A value in the form of the target.
    case value(JSONValue)
    /// What stands there is right.
    case unchanged
    /// Nothing is said.
    case unsaid
    case cleared
    /// Nothing may change for the record, and why.
    case undecided(String)
}

extension MappingLine {
    /// Works the line out.
    ///
    /// - Parameters:
    ///   - own: what stands at the target already, for lines without a source.
    ///   - isCleared: whether the source cleared one of the attributes that the line reads.
    package func result(_ context: ExpressionContext, own: JSONValue?, isCleared: Bool = false) -> MappingResult {
        do {
            let value = try value(context, own)
            if value.isEmpty { return whenEmpty(isCleared: isCleared) }
            if let hit = try ignored(value) {
                return .undecided("\(text): the value \(JSONValue.string(hit).text) is to be ignored")
            }
            if source == .itself { return .unchanged }
            guard let formed = try target.form(value) else { return whenEmpty(isCleared: isCleared) }
            return .value(formed)
        } catch {
            return .undecided("\(text): \(error)")
        }
    }

    private func value(_ context: ExpressionContext, _ own: JSONValue?) throws(ExpressionFailure) -> ExpressionValue {
        switch source {
        case .itself: ExpressionValue(own)
        case .attribute(let name): context.attribute(name)
        case .constant(let text): .of(text)
        case .expression(let expression): try expression.value(context)
        }
    }

    private func ignored(_ value: ExpressionValue) throws(ExpressionFailure) -> String? {
        if ignoring.isEmpty { return nil }
        for item in value.values {
            let text: String
            if case .object(let object) = item {
                text = object["value"]?.scalarText ?? ""
            } else {
                text = try item.text()
            }
            if ignoring.contains(where: { $0 == text }) { return text }
        }
        return nil
    }

    private func whenEmpty(isCleared: Bool) -> MappingResult {
        switch whenEmpty {
        case .keep: return isCleared ? .cleared : .unsaid
        case .clear: return .cleared
        case .ignore: return .undecided("\(text): there is no value")
        case .value(let text):
            do { return try target.form(.of(text)).map(MappingResult.value) ?? .unsaid } catch {
                return .undecided("\(self.text): \(error)")
            }
        }
    }
}
