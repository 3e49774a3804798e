import JSONBytes

// A line of the mapping as it is kept with a connection's rules.

extension MappingLine {
    package var json: JSONValue {
        var object: JSONObject = ["kind": .string(kind.rawValue), "target": .string(target.path)]
        switch source {
        case .itself: break
        case .attribute(let name): object["from"] = .string(name)
        case .constant(let text): object["constant"] = .string(text)
        case .expression(let expression): object[expression.form.rawValue] = .string(expression.text)
        }
        if apply != .always { object["apply"] = .string(apply.rawValue) }
        switch whenEmpty {
        case .keep: break
        case .clear: object["whenEmpty"] = "clear"
        case .ignore: object["whenEmpty"] = "ignore"
        case .value(let text): object["default"] = .string(text)
        }
        if !ignoring.isEmpty { object["ignoreValues"] = .array(ignoring.map(JSONValue.string)) }
        return .object(object)
    }

    package init(json value: JSONValue) throws(CodingFailure) {
        guard let object = value.object else { throw CodingFailure(key: "recordMapping") }
        let kind = try object.value("kind", as: Kind.self)
        let target: MappingTarget
        do { target = try MappingTarget(parsing: try object.text("target"), kind: kind) } catch {
            throw CodingFailure(key: "target")
        }
        self.init(
            kind: kind, target: target, from: try Self.source(object),
            apply: object["apply"] == nil ? .always : try object.value("apply", as: Apply.self),
            whenEmpty: try Self.whenEmpty(object),
            ignoring: (object["ignoreValues"]?.array ?? []).compactMap(\.string))
    }

    private static func source(_ object: JSONObject) throws(CodingFailure) -> Source {
        if let name = object.optionalText("from") { return .attribute(name) }
        if let text = object.optionalText("constant") { return .constant(text) }
        for form in [MappingExpression.Form.expression, .template] {
            guard let text = object.optionalText(form.rawValue) else { continue }
            do { return .expression(try MappingExpression(parsing: text, form: form)) } catch {
                throw CodingFailure(key: form.rawValue)
            }
        }
        return .itself
    }

    private static func whenEmpty(_ object: JSONObject) throws(CodingFailure) -> WhenEmpty {
        if let text = object.optionalText("default") { return .value(text) }
        switch object.optionalText("whenEmpty") {
        case nil: return .keep
        case "clear": return .clear
        case "ignore": return .ignore
        default: throw CodingFailure(key: "whenEmpty")
        }
    }
}
