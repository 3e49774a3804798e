import Foundation
import Provisioning
import Reconciliation
import Testing

private let minimal = "organization: acme\nsource: {preset: entra-graph, users: u.json}\n"

private func load(_ text: String, _ options: [JobOption] = []) throws -> Job {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("jobs-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try! FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("job.yaml").path
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    return try JobFile.load(path: file, options: options)
}

/// What is said about a job that cannot be, without its folder.
private func complaint(_ text: String, _ options: [JobOption] = []) -> String {
    do { _ = try load(text, options) } catch {
        let said = "\(error)"
        return said.firstRange(of: "job.yaml").map { "JOB" + said[$0.upperBound...] } ?? said
    }
    return "accepted"
}

private func lines(_ mapping: String, _ options: [JobOption] = []) throws -> [String] {
    let job = try load(minimal + mapping, options)
    return job.source.overrides.map { "field " + $0.text } + job.rules.recordMapping.map { "record " + $0.text }
}

@Suite("The mapping of a job")
struct JobFileMappingTests {
    @Test("lines that read the export and lines that read the record go their own ways")
    func kinds() throws {
        let found = try lines(
            """
            mapping:
              title: {from: jobTitle, apply: onCreate}
              nickName: {from: record.displayName}
              department: {constant: NO}
              displayName: {template: "{givenName} {surname}", whenEmpty: clear}
              userName: {expression: 'ToLower([mail])'}
              active: {expression: 'Not([IsSoftDeleted])'}
              preferredLanguage: {default: en}
              locale: {whenEmpty: clear, ignoreValues: [xx, yy]}
              roles: {expression: 'Split([source.record.roles], ";")', whenEmpty: ignore}
              emails[type eq "work"].value: {expression: 'Append([record.userName], "@acme.example")'}
            """)
        #expect(
            found == [
                "field title <- jobTitle onCreate",
                "field displayName <- template {givenName} {surname} (empty: clear)",
                "field userName <- ToLower([mail])", "field active <- Not([IsSoftDeleted])",
                "field locale (empty: clear)", #"field roles <- Split([source.record.roles], ";") (empty: ignore)"#,
                "record nickName <- record.displayName",
                "record urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department = NO",
                #"record preferredLanguage (empty: "en")"#, #"record locale (ignoring "xx", "yy")"#,
                #"record emails[type eq "work"].value <- Append([record.userName], "@acme.example")"#,
            ])
    }

    @Test("users and groups have tables of their own, and a flat table is about users")
    func tables() throws {
        let both = """
            mapping:
              users: {title: {from: jobTitle}}
              groups: {displayName: {template: "app-{record.displayName}"}}
            """
        #expect(
            try lines(both) == [
                "field title <- jobTitle", "record group displayName <- template app-{record.displayName}",
            ])
        let options = [
            JobOption("mapping.title", "{from: other}"),
            JobOption("mapping.groups.displayName", "{from: mailNickname}"),
            JobOption("mapping.users.nickName", "{constant: n}"),
        ]
        #expect(
            try lines(both, options) == [
                "field title <- other", "field group displayName <- mailNickname", "record nickName = n",
            ])
        #expect(try lines("", [JobOption("mapping.title", "{from: other}")]) == ["field title <- other"])
        #expect(
            try lines("mapping: {title: {from: jobTitle}}", [JobOption("mapping.title", "{expression: \"Trim([a])\"}")])
                == ["field title <- Trim([a])"])
    }

    /// What is written, and what is said about it.
    static let complaints: [(String, String)] = [
        ("{title: {from: a, constant: b}}", "JOB:3:18: a mapping has one of from, constant, template and expression"),
        (
            "{title: {from: a, whenEmpty: never}}",
            "JOB:3:39: whenEmpty cannot be \"never\"; say keep or clear or ignore"
        ),
        ("{title: {from: a, whenEmpty: keep, default: b}}", "JOB:3:45: whenEmpty and default are two answers"),
        ("{title: {from: a, ignoreValues: []}}", "JOB:3:42: ignoreValues is an empty list"),
        ("{title: {fron: a}}", "JOB:3:19: a mapping has no key \"fron\"; did you mean from?"),
        ("{active: {constant: perhaps}}", "JOB:3:30: active cannot be \"perhaps\"; say true or false"),
        ("{active: {from: a, default: perhaps}}", "JOB:3:38: active cannot be \"perhaps\""),
        ("{title: {expression: 'Lower([a])'}}", "JOB:3:32: expression, column 1: there is no function Lower"),
        ("{title: {expression: 'ToLower(Lower([a]))'}}", "JOB:3:40: expression, column 9: there is no function Lower"),
        (
            "{title: {expression: \"Join(\\\" \\\", Lower([a]))\"}}",
            "JOB:3:44: expression, column 11: there is no function Lower"
        ),
        ("{title: {expression: 'Join(''x'', [a])'}}", "JOB:3:37: expression, column 6: ''' begins no value"),
        ("\n  title:\n    expression: Lower([a])", "JOB:5:17: expression, column 1: there is no function Lower"),
        (
            "\n  title:\n    expression: |\n      Lower([a])",
            "JOB:5:17: expression, column 1: there is no function Lower"
        ),
        (
            "{title: {expression: 'Join(\" \", [a], [record.title])'}}",
            "JOB:3:31: the line mixes record.title and the field a"
        ),
        ("{title: {expression: '[record.shoeSize]'}}", "JOB:3:32: no mapping can read \"record.shoeSize\""),
        ("{title: {from: record.manager}}", "JOB:3:25: no mapping can read \"record.manager\""),
        ("{title: {from: record.name}}", "JOB:3:25: no mapping can read \"record.name\""),
        ("{title: {from: source.}}", "JOB:3:25: source. names no field"),
        ("{title: {template: 'x{'}}", "JOB:3:31: template, column 2: the field that begins here has no closing brace"),
        ("{title: {expression: 'Now()'}}", "JOB:3:32: expression, column 1: Now is not allowed"),
        ("{userName: {constant: x}}", "JOB:3:11: userName can only be filled from fields of the export"),
        ("{userName: {default: x}}", "JOB:3:11: userName can only be filled from fields of the export"),
        ("{externalId: {from: record.title}}", "JOB:3:11: externalId can only be filled from fields of the export"),
        (
            "{manager: {from: record.title}}",
            "JOB:3:11: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value can only"
        ),
        ("{members: {from: x}}", "JOB:3:11: no user has an attribute \"members\""),
        (
            "{groups: {members: {from: x}}}",
            "JOB:3:20: members.value cannot be mapped; members are taken from the groups"
        ),
        ("{groups: {title: {from: x}}}", "JOB:3:20: no group has an attribute \"title\""),
        ("{name: {from: x}}", "JOB:3:11: name has parts; map one of them: name.formatted"),
        ("{roles.display: {from: x}}", "JOB:3:11: roles.display can have several values"),
        ("{'emails[value eq \"x\"].value': {from: x}}", "JOB:3:11: a mapping cannot fill emails[value eq \"x\"]"),
        ("{users: {title: {from: x}}, title: {from: y}}", "JOB:3:38: \"title\" stands beside users or groups"),
        ("{users: x}", "JOB:3:18: users is text; it must be a table of attributes"),
        ("{users: {title: {from: x}, Title: {from: y}}}", "JOB:3:37: \"title\" is mapped twice"),
        ("x", "JOB:3:10: mapping is text; it must be a table of attributes"),
    ]

    @Test("a mapping that cannot be is refused with line, column and cure", arguments: complaints)
    func refused(mapping: String, expected: String) throws {
        let said = complaint(minimal + "mapping: " + mapping + "\n")
        #expect(said.hasPrefix(expected) && said.contains("; "), "\(said)")
    }

    @Test("an option that cannot be is named")
    func refusedOption() throws {
        let said = complaint(minimal, [JobOption("mapping.title", "{expression: \"Lower([a])\"}")])
        #expect(said.hasPrefix("option for mapping.title: expression, column 1: there is no function Lower"), "\(said)")
    }
}
