import ArgumentParser
import JSONBytes
import Provisioning
import Reconciliation

/// A job: its file, options that describe one, or a file with options that win over it. Every key of a job has an option.
struct JobOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Whose accounts: the organization.", valueName: "name"))
    var organization: String?
    @Option(help: ArgumentHelp("Through which connection the directory speaks. Default: default.", valueName: "name"))
    var connection: String?
    @Option(
        help: ArgumentHelp("reconcile, import (creates and updates only) or plan (never applied).", valueName: "mode"))
    var mode: String?

    @OptionGroup(title: "Source") var source: SourceOptions
    @OptionGroup(title: "Rules") var rules: RuleOptions
    @OptionGroup(title: "Reports") var reports: ReportOptions
    @OptionGroup(title: "Schedule") var schedule: ScheduleOptions

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Any key of a job, dotted, with its value as YAML; repeatable.", valueName: "key=value"))
    var settings: [String] = []

    /// What the options say, as keys of a job.
    func keys() throws -> [JobOption] {
        var keys: [JobOption] = []
        func add(_ key: String, _ value: String?) { if let value { keys.append(JobOption(key, value)) } }
        // First, so that an option of its own wins over a table that contains its key.
        for setting in settings {
            let (key, value) = try Self.pair(setting, option: "--set")
            keys.append(JobOption(key, value))
        }
        add("organization", organization)
        add("connection", connection)
        add("mode", mode)
        source.add(to: &keys)
        try rules.add(to: &keys)
        reports.add(to: &keys)
        schedule.add(to: &keys)
        return keys
    }

    /// Whether the options say where, and nothing about a source.
    var namesNoSource: Bool {
        source.users.isEmpty && source.groups.isEmpty && source.preset == nil && settings.isEmpty
    }

    /// The job of a file, of options, or of both.
    func load(_ path: String?) throws -> Job {
        let keys = try keys()
        guard path != nil || !keys.isEmpty else {
            throw ValidationError(
                "Name a job file, or describe the job: --preset scim --users U.json --groups G.json --organization acme"
            )
        }
        return try JobFile.load(path: path, options: keys)
    }

    /// Limits as a job has them under `gates`, for commands without a job.
    static func limits(_ items: [String]) throws -> GateLimits {
        try JobFile.gates(
            options: try items.map { item in
                let (name, value) = try pair(item, option: "--limit")
                return JobOption(name, value)
            })
    }

    static func pair(_ text: String, option: String) throws -> (String, String) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw ValidationError("\(option) wants NAME=VALUE, not '\(text)'")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}

/// The `source` of a job. Paths are relative to the current folder.
struct SourceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The kind of export; see rollcall preset list.", valueName: "preset"))
    var preset: String?
    @Option(help: ArgumentHelp("A file or glob of users; repeatable.", valueName: "file"))
    var users: [String] = []
    @Option(help: ArgumentHelp("A file or glob of groups; repeatable.", valueName: "file"))
    var groups: [String] = []
    @Option(help: ArgumentHelp("Members' files, {group} standing for the group's id.", valueName: "path"))
    var members: String?
    @Option(help: ArgumentHelp("full, or delta: silence says nothing.", valueName: "kind"))
    var kind: String?
    @Option(help: ArgumentHelp("When the export began, as 2026-01-14T01:00:00Z.", valueName: "time"))
    var takenAt: String?
    @Option(
        help: ArgumentHelp(
            "How long an export takes: its beginning is its file's time less this.", valueName: "duration"))
    var exportDuration: String?
    @Option(help: ArgumentHelp("A plausible number of users, as 900..1300.", valueName: "range"))
    var expectUsers: String?
    @Option(help: ArgumentHelp("A plausible number of groups.", valueName: "range"))
    var expectGroups: String?
    @Option(help: ArgumentHelp("partial: take a partial export for creates and updates.", valueName: "what"))
    var accept: String?

    func add(to keys: inout [JobOption]) {
        let values: [(String, String?)] = [
            ("preset", preset), ("members", members), ("kind", kind), ("takenAt", takenAt),
            ("exportDuration", exportDuration), ("expect.users", expectUsers), ("expect.groups", expectGroups),
            ("accept", accept),
        ]
        for case (let key, let value?) in values { keys.append(JobOption("source." + key, value)) }
        keys += users.map { JobOption("source.users", $0) } + groups.map { JobOption("source.groups", $0) }
    }
}

/// The rules, policies and gates of a job.
struct RuleOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Which users: a SCIM filter, or groups of clauses as YAML.", valueName: "filter"))
    var scopeUsers: String?
    @Option(help: ArgumentHelp("Which groups.", valueName: "filter"))
    var scopeGroups: String?
    @Option(help: ArgumentHelp("Fill an attribute from one of the export; repeatable.", valueName: "title=jobTitle"))
    var map: [String] = []
    @Option(
        help: ArgumentHelp(
            "Fill an attribute by an expression; repeatable.", valueName: "nickName=ToLower([mailNickname])"))
    var mapExpression: [String] = []
    @Option(help: ArgumentHelp("How a new record finds an account. Default: externalId,userName.", valueName: "rules"))
    var matching: String?
    @Option(help: ArgumentHelp("Who leaves the scope: deactivate or keep.", valueName: "policy"))
    var outOfScope: String?
    @Option(
        help: ArgumentHelp(
            "How long somebody may be missing before being deactivated: 0d, 7d, '3 sightings', never.",
            valueName: "grace"))
    var missingDeactivateAfter: String?
    @Option(
        help: ArgumentHelp(
            "How long after that the account of who is gone is deleted: 30d, or never (the default).",
            valueName: "duration"))
    var missingDeleteAfter: String?
    @Option(help: ArgumentHelp("An account that the application removed: quarantine or recreate.", valueName: "policy"))
    var accountMissing: String?
    @Option(help: ArgumentHelp("Groups within groups: keep or flatten.", valueName: "policy"))
    var nestedGroups: String?
    @Option(help: ArgumentHelp("Match by an address that nobody verified: true or false.", valueName: "flag"))
    var allowUnverifiedEmailAccountLinking: String?
    @Option(
        help: ArgumentHelp("How much smaller than the last export this one may be. Default: 20%.", valueName: "percent")
    )
    var shrink: String?
    @Option(
        help: ArgumentHelp(
            "A limit of a class of changes: deactivate=500, memberRemove=20%, 'deactivate={count: 9, percent: 5}'; repeatable.",
            valueName: "class=limit"))
    var limit: [String] = []
    @Option(
        help: ArgumentHelp("How many may leave because the rules were edited, without approval.", valueName: "count"))
    var sameRules: String?
    @Option(help: ArgumentHelp("How many linked people may have another matching key.", valueName: "percent"))
    var keyChurn: String?
    @Option(help: ArgumentHelp("How many of the accounts may be updated at once.", valueName: "percent"))
    var everythingChanged: String?
    @Option(help: ArgumentHelp("Somebody who must be present, in scope and active; repeatable.", valueName: "who"))
    var canary: [String] = []

    func add(to keys: inout [JobOption]) throws {
        let values: [(String, String?)] = [
            ("scope.users", scopeUsers), ("scope.groups", scopeGroups), ("matching", matching),
            ("policies.outOfScope", outOfScope), ("policies.missing.deactivateAfter", missingDeactivateAfter),
            ("policies.missing.deleteAfter", missingDeleteAfter), ("policies.accountMissing", accountMissing),
            ("policies.nestedGroups", nestedGroups),
            ("policies.allowUnverifiedEmailAccountLinking", allowUnverifiedEmailAccountLinking),
            ("gates.shrink", shrink), ("gates.sameRules", sameRules), ("gates.keyChurn", keyChurn),
            ("gates.everythingChanged", everythingChanged),
        ]
        for case (let key, let value?) in values { keys.append(JobOption(key, value)) }
        for item in map {
            let (target, from) = try JobOptions.pair(item, option: "--map")
            keys.append(JobOption("mapping." + target, "{from: \(JSONValue.string(from).text)}"))
        }
        for item in mapExpression {
            let (target, text) = try JobOptions.pair(item, option: "--map-expression")
            keys.append(JobOption("mapping." + target, "{expression: \(JSONValue.string(text).text)}"))
        }
        for item in limit {
            let (name, value) = try JobOptions.pair(item, option: "--limit")
            keys.append(JobOption("gates." + name, value))
        }
        keys += canary.map { JobOption("gates.canaries", $0) }
    }
}
