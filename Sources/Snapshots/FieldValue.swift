import JSONBytes
import Reconciliation

/// What fills one attribute of a record: values of the export, changed by steps in their order.
package struct FieldValue: Sendable, Hashable {
    package indirect enum Source: Sendable, Hashable {
        /// The values of all paths, one after another.
        case paths([FieldPath])
        /// The first that has a value.
        case firstOf([FieldValue])
        case constant(String)
        /// A template or an expression of the mapping language; its names are paths.
        case expression(MappingExpression, [String: FieldPath])
    }

    package var source: Source
    package var steps: [FieldStep]

    package init(_ source: Source, steps: [FieldStep] = []) {
        self.source = source
        self.steps = steps
    }

    package init(_ path: FieldPath, steps: [FieldStep] = []) { self.init(.paths([path]), steps: steps) }

    /// Every path that it reads.
    package var paths: [FieldPath] {
        switch source {
        case .paths(let paths): paths
        case .firstOf(let values): values.flatMap(\.paths)
        case .constant: []
        case .expression(_, let paths): Array(paths.values)
        }
    }
}

/// Why a field cannot be worked out for one record: the record is set aside.
package struct FieldFailure: Error, Sendable, Hashable {
    package var detail: String
    package init(_ detail: String) { self.detail = detail }
}

/// What a field has in one record.
package struct FieldOutcome: Sendable, Hashable {
    /// Neither null nor empty.
    package var values: [JSONValue] = []
    /// The export has the field here, perhaps without a value.
    package var isPresent = false

    /// The one value as text; `nil` for none.
    ///
    /// - Throws: ``FieldFailure`` for several values or a structure.
    package func text() throws(FieldFailure) -> String? {
        guard let first = values.first else { return nil }
        guard values.count == 1 else {
            throw FieldFailure(
                "there are \(values.count) values where one is meant; add the step first, or a narrower path")
        }
        guard let text = first.plainText else {
            throw FieldFailure("the path leads to a structure; name one of its parts")
        }
        return text
    }

    /// All values as texts.
    package func texts() throws(FieldFailure) -> [String] {
        var texts: [String] = []
        for value in values {
            guard let text = value.plainText else {
                throw FieldFailure("the path leads to a structure; name one of its parts")
            }
            texts.append(text)
        }
        return texts
    }
}

extension FieldValue {
    /// Works the field out.
    package func outcome(in view: RecordView) throws(FieldFailure) -> FieldOutcome {
        var outcome = try sourceOutcome(view)
        outcome.values.removeAll(where: Self.isEmpty)
        for step in steps {
            outcome.values = try step.apply(to: outcome.values)
            outcome.values.removeAll(where: Self.isEmpty)
        }
        return outcome
    }

    private static func isEmpty(_ value: JSONValue) -> Bool { value.isNull || value == .string("") }

    private func sourceOutcome(_ view: RecordView) throws(FieldFailure) -> FieldOutcome {
        switch source {
        case .paths(let paths):
            let values = paths.count == 1 ? view.values(paths[0]) : paths.flatMap(view.values)
            return FieldOutcome(values: values, isPresent: !values.isEmpty)
        case .firstOf(let choices):
            var isPresent = false
            for choice in choices {
                let outcome = try choice.outcome(in: view)
                if !outcome.values.isEmpty { return outcome }
                isPresent = isPresent || outcome.isPresent
            }
            return FieldOutcome(isPresent: isPresent)
        case .constant(let text): return FieldOutcome(values: [.string(text)], isPresent: true)
        case .expression(let expression, let paths):
            return try Self.outcome(expression, paths, view)
        }
    }

    private static func outcome(
        _ expression: MappingExpression, _ paths: [String: FieldPath], _ view: RecordView
    ) throws(FieldFailure) -> FieldOutcome {
        var found: [String: [JSONValue]] = [:]
        for (name, path) in paths { found[name] = view.values(path) }
        let context = ExpressionContext { [found] name in ExpressionValue(.array(found[name] ?? [])) }
        let isPresent = found.values.contains { !$0.isEmpty }
        do {
            let value = try expression.value(context)
            return FieldOutcome(values: value.values.map(\.json), isPresent: isPresent || !value.isEmpty)
        } catch {
            throw FieldFailure("\(expression.text): \(error)")
        }
    }
}

extension ExpressionValue {
    fileprivate var json: JSONValue {
        switch self {
        case .empty: .null
        case .text(let text): .string(text)
        case .bool(let bool): .bool(bool)
        case .number(let number): .integer(number)
        case .list(let values): .array(values.map(\.json))
        case .object(let object): .object(object)
        }
    }
}
