extension ExpressionFunction {
    static let logic: [ExpressionFunction] = [
        ExpressionFunction(
            "And", "condition1, condition2, …", 2...many, isEntras: false, "Whether all conditions hold."
        ) { call throws(ExpressionFailure) in
            for index in 0..<call.count where try !call.condition(index) { return .bool(false) }
            return .bool(true)
        },
        ExpressionFunction(
            "BitAnd", "value1, value2", 2...2, "The bits that both whole numbers have; `&HF7` is hexadecimal."
        ) { call throws(ExpressionFailure) in .number(try call.integer(0) & call.integer(1)) },
        ExpressionFunction(
            "CBool", "value", 1...1, "Whether a condition holds, or a number is not zero; empty does not hold."
        ) { call throws(ExpressionFailure) in .bool(try call.condition(0)) },
        ExpressionFunction(
            "Coalesce", "source1, source2, …", 1...many, "The first argument that is not empty."
        ) { call throws(ExpressionFailure) in
            for index in 0..<call.count {
                let value = try call.value(index)
                if !value.isEmpty { return value }
            }
            return .empty
        },
        ExpressionFunction(
            "IgnoreFlowIfNullOrEmpty", "value", 1...1,
            "The value. That empty says nothing is so anyway, unless the line has `whenEmpty` or `default`."
        ) { call throws(ExpressionFailure) in try call.value(0) },
        ExpressionFunction(
            "IIF", "condition, valueIfTrue, valueIfFalse", 3...3,
            "One of two values. Conditions are `=`, `<>`, `<`, `<=`, `>`, `>=` or a function; unlike in Entra they may ask for empty values."
        ) { call throws(ExpressionFailure) in try call.condition(0) ? call.value(1) : call.value(2) },
        ExpressionFunction("IsNull", "value", 1...1, "Whether the value is empty; `\"\"` and `[]` are, too.") {
            call throws(ExpressionFailure) in .bool(try call.value(0).isEmpty)
        },
        ExpressionFunction("IsNullOrEmpty", "value", 1...1, "Whether the value is empty.") {
            call throws(ExpressionFailure) in .bool(try call.value(0).isEmpty)
        },
        ExpressionFunction("IsPresent", "value", 1...1, "Whether the value is not empty.") {
            call throws(ExpressionFailure) in .bool(try !call.value(0).isEmpty)
        },
        ExpressionFunction("IsString", "value", 1...1, "Whether the value is a text.") {
            call throws(ExpressionFailure) in
            if case .text = try call.value(0) { return .bool(true) }
            return .bool(false)
        },
        ExpressionFunction(
            "MemberOf", "group", 1...1, isEntras: false,
            "Whether the person is in a group, directly or through groups, by the group's name, externalId or id. Not for fields of the export.",
            check: { nodes in
                if case .text(let group) = nodes[0], !group.isEmpty { return nil }
                return "the group must be a text in quotes"
            }
        ) { call throws(ExpressionFailure) in
            guard let memberOf = call.context.memberOf else { throw call.failure("memberships are not known here") }
            switch memberOf(try call.text(0)) {
            case .yes: return .bool(true)
            case .no: return .bool(false)
            case .error(let why): throw call.failure(why)
            }
        },
        ExpressionFunction(
            "Not", "source", 1...1,
            "The opposite of True or False. Of an empty value it is empty, not True: unknown stays unknown."
        ) { call throws(ExpressionFailure) in
            let value = try call.value(0)
            if value.isEmpty { return .empty }
            return .bool(try !call.condition(0))
        },
        ExpressionFunction(
            "Or", "condition1, condition2, …", 2...many, isEntras: false, "Whether at least one condition holds."
        ) { call throws(ExpressionFailure) in
            for index in 0..<call.count where try call.condition(index) { return .bool(true) }
            return .bool(false)
        },
        ExpressionFunction(
            "Switch", "source, [default], key1, value1, …", 4...many,
            "The value of the first key that the source equals, else the default. Letter case counts; the key `\"\"` means empty.",
            check: { $0.count.isMultiple(of: 2) ? nil : "keys and values come in pairs" }
        ) { call throws(ExpressionFailure) in
            let source = try call.value(0)
            for index in stride(from: 2, to: call.count - 1, by: 2) {
                if try call.equal(source, call.value(index)) { return try call.value(index + 1) }
            }
            return try call.value(1)
        },
    ]
}
