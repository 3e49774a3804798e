import JSONBytes

extension ExpressionFunction {
    static let lists: [ExpressionFunction] = [
        ExpressionFunction(
            "AppRoleAssignmentsComplex", "[appRoleAssignments]", 1...1,
            "All assigned roles, for the target `roles`; a role that is taken away at the source leaves, as with the assertive function."
        ) { call throws(ExpressionFailure) in try AppRoles.all(call) },
        ExpressionFunction(
            "AssertiveAppRoleAssignmentsComplex", "[appRoleAssignments]", 1...1,
            "All assigned roles, for the target `roles`. With `whenEmpty: clear` the last one leaves, too."
        ) { call throws(ExpressionFailure) in try AppRoles.all(call) },
        ExpressionFunction("Count", "source", 1...1, "How many values there are.") {
            call throws(ExpressionFailure) in .number(Int64(try call.value(0).values.count))
        },
        ExpressionFunction(
            "Item", "source, index", 2...2, "One of several values, from 1; empty when there are fewer."
        ) { call throws(ExpressionFailure) in
            let (values, index) = (try call.value(0).values, try call.position(1))
            guard index >= 1 else { throw call.failure("the index is \(index); the first value is 1") }
            return index <= values.count ? values[index - 1] : .empty
        },
        ExpressionFunction(
            "Join", "separator, source1, source2, …", 2...many,
            "The values, also those of lists, with the separator between them. Empty ones leave no separator."
        ) { call throws(ExpressionFailure) in
            let separator = try call.text(0)
            var parts: [String] = []
            for index in 1..<call.count {
                for value in try call.value(index).values { parts.append(try call.text(of: value)) }
            }
            return .of(parts.joined(separator: separator))
        },
        ExpressionFunction(
            "RemoveDuplicates", "source", 1...1, "The values, each once, in their order; letter case counts."
        ) {
            call throws(ExpressionFailure) in
            var seen: Set<ExpressionValue> = []
            return .of(try call.value(0).values.filter { seen.insert($0).inserted })
        },
        ExpressionFunction(
            "SingleAppRoleAssignment", "[appRoleAssignments]", 1...1,
            "The one assigned role's name. Several are an error: Entra itself does not say which one it takes."
        ) { call throws(ExpressionFailure) in
            let roles = try call.value(0).values
            guard roles.count <= 1 else {
                throw call.failure(
                    "there are \(roles.count) roles; assign one, or use AssertiveAppRoleAssignmentsComplex")
            }
            return try roles.first.map { role throws(ExpressionFailure) in .of(try AppRoles.name(role, call)) }
                ?? .empty
        },
        ExpressionFunction(
            "Split", "source, delimiter", 2...2,
            "A list of what stands between the delimiters, without white space around it."
        ) { call throws(ExpressionFailure) in
            let (text, delimiter) = (try call.text(0), try call.text(1))
            guard !delimiter.isEmpty else { throw call.failure("the delimiter is empty") }
            return .of(text.split(separator: delimiter).map { .of(String($0).trimmingSpaces) })
        },
    ]
}

/// Entra's application roles: objects with `value` and `displayName`, the same as JSON text, or names.
private enum AppRoles {
    static func name(_ role: ExpressionValue, _ call: ExpressionCall) throws(ExpressionFailure) -> String {
        if let object = object(role) {
            for key in ["value", "displayName"] {
                if let name = object[key]?.string, !name.isEmpty { return name }
            }
            throw call.failure("a role assignment has neither value nor displayName")
        }
        return try call.text(of: role)
    }

    /// Roles as SCIM values, in the form that Entra sends.
    static func all(_ call: ExpressionCall) throws(ExpressionFailure) -> ExpressionValue {
        var roles: [ExpressionValue] = []
        for role in try call.value(0).values {
            let name = try name(role, call)
            let display = object(role)?["displayName"]?.string ?? name
            roles.append(
                .object([
                    "display": .string(display), "primary": false, "type": "WindowsAzureActiveDirectoryRole",
                    "value": .string(name),
                ]))
        }
        return .of(roles)
    }

    /// Entra writes a role as JSON inside a text when it patches.
    private static func object(_ role: ExpressionValue) -> JSONObject? {
        switch role {
        case .object(let object): object
        case .text(let text) where text.hasPrefix("{"): (try? JSONValue(parsing: Array(text.utf8)))?.object
        default: nil
        }
    }
}
