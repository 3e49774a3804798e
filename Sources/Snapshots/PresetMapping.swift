import Reconciliation

extension Preset {
    /// Name and version of the preset's mapping, for the rules' hash: a new mapping makes every record new to the
    /// planner.
    package var mappingText: String {
        switch self {
        case .defined(let definition): name + " " + definition.fingerprint
        default: name + " 1"
        }
    }

    /// The slots that the preset fills for users; what else there is comes by a job's own mapping. For ``scim`` these
    /// are the usual ones: it takes every attribute as it is.
    package var mappedAttributes: Set<String> {
        let common: Set<String> = [
            "userName", "displayName", "name.givenName", "name.familyName", "title", "preferredLanguage",
            Slots.workMail,
            Slots.otherMail, Slots.workPhone, Slots.mobilePhone, Slots.workAddress, Slots.employeeNumber,
            Slots.department,
            Slots.organization, Slots.manager,
        ]
        switch self {
        case .defined(let definition): return Set(definition.fields[.user]?.attributes.map(\.target.slot) ?? [])
        case .dsml: return common
        case .entraGraph: return common.union([Slots.costCenter, Slots.division])
        case .scim: return common.union([Slots.costCenter, Slots.division, "userType", "name.formatted", "nickName"])
        }
    }

    /// The raw attributes that an export can have; `nil` when any name is allowed, as in all formats so far:
    /// directories have schemas of their own.
    package var knownSourceAttributes: Set<String>? { nil }
}
