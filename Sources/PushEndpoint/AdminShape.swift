import JSONBytes

/// A JSON object of the admin interface, said once: bodies are read by it, and the OpenAPI document describes it.
struct AdminShape: Sendable {
    /// Its name in the document.
    let name: String
    let members: [AdminMember]
    /// Of these members exactly one has to be there.
    var exactlyOne: [String] = []
    /// Whether a body without any member is refused.
    var needsAny = false
}

/// One member of an object.
struct AdminMember: Sendable {
    enum Form: Sendable {
        case text
        /// RFC 3339 in UTC.
        case moment
        case flag
        case number(ClosedRange<Int>)
        case choice([String])
        case object(AdminShape)
        case list(AdminShape)
    }

    enum Presence: Sendable {
        case required, optional
        /// Always there, and possibly null: for answers.
        case nullable
    }

    let name: String
    let form: Form
    let presence: Presence
    let summary: String

    init(_ name: String, _ form: Form, _ presence: Presence = .required, _ summary: String) {
        self.name = name
        self.form = form
        self.presence = presence
        self.summary = summary
    }
}

/// A body that was read by its shape.
struct AdminInput: Sendable {
    private let object: JSONObject

    /// Takes no body.
    init() { object = JSONObject() }

    /// - Throws: ``AdminProblem`` that names the member: unknown, missing, or not what it should be.
    init(_ object: JSONObject, as shape: AdminShape) throws(AdminProblem) {
        for member in object.members {
            guard let known = shape.members.first(where: { $0.name == member.key }) else {
                let names = shape.members.map(\.name).joined(separator: ", ")
                throw AdminProblem(.unknownMember, "there is no member '\(member.key)' here; known: \(names)")
            }
            try known.check(member.value)
        }
        for member in shape.members {
            if case .required = member.presence, object[member.name] == nil {
                throw AdminProblem(.missingMember, "the member '\(member.name)' is missing: \(member.summary)")
            }
        }
        if !shape.exactlyOne.isEmpty, shape.exactlyOne.count(where: { object[$0] != nil }) != 1 {
            throw AdminProblem(
                .missingMember, "exactly one of these members is wanted: " + shape.exactlyOne.joined(separator: ", "))
        }
        if shape.needsAny, object.isEmpty {
            let names = shape.members.map(\.name).joined(separator: ", ")
            throw AdminProblem(.missingMember, "at least one of these members is wanted: \(names)")
        }
        self.object = object
    }

    func text(_ name: String) -> String? { object[name]?.string }
    func flag(_ name: String) -> Bool? { object[name]?.bool }
    func number(_ name: String) -> Int? { object[name]?.integer }
}

extension AdminMember {
    fileprivate func check(_ value: JSONValue) throws(AdminProblem) {
        let isRight =
            switch form {
            case .text, .moment: value.string != nil
            case .flag: value.bool != nil
            case .number(let range): value.integer.map(range.contains) ?? false
            case .choice(let words): value.string.map(words.contains) ?? false
            case .object, .list: false
            }
        guard isRight else { throw AdminProblem(.invalidMember, "the member '\(name)' is not \(form.words)") }
    }
}

extension AdminMember.Form {
    /// What it should be, for a person.
    fileprivate var words: String {
        switch self {
        case .text: "a string"
        case .moment: "a moment as 2026-01-15T01:00:00Z"
        case .flag: "true or false"
        case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words): "one of: " + words.joined(separator: ", ")
        case .object: "an object"
        case .list: "a list"
        }
    }
}
