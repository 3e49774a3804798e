import JSONBytes
import Reconciliation
import Snapshots
import Testing

private let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"

@Suite struct MappingTests {
    private func read(
        _ text: String, _ preset: Preset, kind: Kind = .user, overrides: [MappingLine] = [], source: [String] = []
    ) throws -> Reading {
        let scratch = try Scratch()
        let path = try scratch.write("file", text)
        return try Reading(
            SourceSpecification(
                preset: preset, users: kind == .user ? [path] : [], groups: kind == .group ? [path] : [],
                overrides: overrides, sourceAttributes: source))
    }

    private func entry(_ attributes: [(String, [String])], dn: String = "uid=a,dc=x", type: String = "person") -> String
    {
        let all = [("objectClass", [type])] + attributes
        let text = all.map { name, values in
            "<attr name=\"\(name)\">" + values.map { "<value>\($0)</value>" }.joined() + "</attr>"
        }
        return "<batchResponse><searchResponse><searchResultEntry dn=\"\(dn)\">" + text.joined()
            + "</searchResultEntry><searchResultDone><resultCode code=\"0\"/></searchResultDone></searchResponse></batchResponse>"
    }

    @Test("a Graph user becomes the record that Entra would push")
    func graphUser() throws {
        let record = try read(
            """
            [{"@odata.type":"#microsoft.graph.user","id":"7d","userPrincipalName":"a@x","accountEnabled":false,"displayName":"A B",
            "givenName":"A","surname":"B","jobTitle":"T","mail":"a@x","proxyAddresses":["smtp:b@x","SMTP:A@X","x500:/o=x","smtp:c@x"],
            "businessPhones":["+1","+2"],"mobilePhone":"+3","preferredLanguage":"sv","employeeId":"00017","department":"R&D",
            "companyName":"C","employeeOrgData":{"costCenter":"42","division":"D"},"manager":{"id":"9e"},"city":"Göteborg",
            "country":"SE","streetAddress":null,"userType":"Guest","officeLocation":null}]
            """, .entraGraph, source: ["usertype", "absent", "employeeOrgData.costCenter"]
        ).records[0]
        #expect(record.anchor == Anchor("7d"))
        #expect(record.reference == "7d")
        #expect(record.name == "a@x")
        #expect(record.active == false)
        #expect(record.references == [.init(path: enterprise + "manager.value", key: "9e")])
        #expect(record.source == ["usertype": "Guest", "employeeOrgData.costCenter": "42"])
        #expect(
            record.attributes
                == Attributes([
                    .init(path: "userName", value: "a@x"), .init(path: "displayName", value: "A B"),
                    .init(path: "name.givenName", value: "A"), .init(path: "name.familyName", value: "B"),
                    .init(path: "title", value: "T"), .init(path: "preferredLanguage", value: "sv"),
                    .init(path: #"emails[type eq "work"]"#, value: ["primary": true, "value": "a@x"]),
                    .init(path: #"emails[type eq "other"]"#, value: [["value": "b@x"], ["value": "c@x"]]),
                    .init(path: #"phoneNumbers[type eq "work"]"#, value: [["value": "+1"], ["value": "+2"]]),
                    .init(path: #"phoneNumbers[type eq "mobile"]"#, value: ["value": "+3"]),
                    .init(path: #"addresses[type eq "work"]"#, value: ["country": "SE", "locality": "Göteborg"]),
                    .init(path: enterprise + "employeeNumber", value: "00017"),
                    .init(path: enterprise + "department", value: "R&D"),
                    .init(path: enterprise + "organization", value: "C"),
                    .init(path: enterprise + "costCenter", value: "42"),
                    .init(path: enterprise + "division", value: "D"),
                ]))
        #expect(record.attributes == Attributes(resource: record.attributes.resource))
    }

    @Test("a SCIM user keeps its attributes as they are, its id is the anchor and its manager a reference")
    func scimUser() throws {
        let record = try read(
            """
            [{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","externalId":"10001","userName":"a","active":true,
            "emails":[{"value":"a@x","type":"work","primary":true},{"value":"b@x","type":"home"}],"title":null,"nickName":"",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"D",
            "manager":{"value":"2","$ref":"../Users/2","displayName":"M"}},"groups":[{"value":"g"}],"password":"secret"}]
            """, .scim
        ).records[0]
        #expect(record.anchor == Anchor("1"))
        #expect(record.references == [.init(path: enterprise + "manager.value", key: "2")])
        #expect(
            record.attributes.slots.map(\.path) == [
                #"emails[type eq "home"]"#, #"emails[type eq "work"]"#, enterprise + "department", "userName",
            ])
        #expect(record.attributes[#"emails[type eq "work"]"#] == ["primary": true, "value": "a@x"])
    }

    @Test("an LDAP entry becomes a record, whatever the case of its names")
    func ldapUser() throws {
        let record = try read(
            entry([
                ("UID", ["a"]), ("entryUUID", ["3f"]), ("CN", ["A B"]), ("sn", ["B"]), ("givenName", ["A"]),
                ("mail", ["a@x", "b@x"]), ("telephoneNumber", ["+1"]), ("ou", ["Sales"]), ("employeeNumber", ["00017"]),
                ("manager", ["UID=M , DC=X"]), ("employeeType", ["Member"]), ("l", ["Oslo"]), ("cn;lang-ja", ["え"]),
            ]), .dsml, source: ["employeetype", "dn"]
        ).records[0]
        #expect(record.anchor == Anchor("3f"))
        #expect(record.reference == "uid=a,dc=x")
        #expect(record.active == true)
        #expect(record.references.map(\.key) == ["uid=m,dc=x"])
        #expect(record.source == ["employeetype": "Member", "dn": "uid=a,dc=x"])
        #expect(record.attributes["displayName"] == "A B")
        #expect(record.attributes[#"emails[type eq "other"]"#] == ["value": "b@x"])
        #expect(record.attributes[enterprise + "department"] == "Sales")
    }

    @Test(
        "whoever is locked for good is inactive, and a lock that ends is none",
        arguments: [
            ("nsAccountLock", "TRUE", false), ("nsAccountLock", "false", true), ("userAccountControl", "514", false),
            ("userAccountControl", "512", true), ("userAccountControl", "66050", false),
            ("pwdAccountLockedTime", "000001010000Z", false), ("pwdAccountLockedTime", "20260114221000Z", true),
            ("loginDisabled", "TRUE", false), ("description", "TRUE", true),
        ])
    func locks(name: String, value: String, active: Bool) throws {
        #expect(try read(entry([("uid", ["a"]), (name, [value])]), .dsml).records[0].active == active)
    }

    @Test("an objectGUID in base64 is the GUID that Active Directory shows")
    func objectGUID() throws {
        let text = entry([("sAMAccountName", ["a"])]).replacing(
            "</searchResultEntry>",
            with:
                "<attr name=\"objectGUID\"><value xsi:type=\"xsd:base64Binary\">kKunjlnEIF6segq5JAraXA==</value></attr></searchResultEntry>"
        )
        #expect(try read(text, .dsml).records[0].anchor == Anchor("8ea7ab90-c459-5e20-ac7a-0ab9240ada5c"))
    }

    @Test("base64 text is text")
    func base64() throws {
        let text = entry([("uid", ["a"])]).replacing(
            "</searchResultEntry>",
            with: "<attr name=\"title\"><value xsi:type=\"xsd:base64Binary\">w4Q=</value></attr></searchResultEntry>")
        #expect(try read(text, .dsml).records[0].attributes["title"] == "Ä")
    }

    @Test(
        "a distinguished name has one spelling",
        arguments: [
            ("uid=a,dc=x", "uid=a,dc=x"), ("UID = A , DC = X", "uid=a,dc=x"),
            (#"cn=Works Council\, Stockholm,dc=x"#, #"cn=works council\, stockholm,dc=x"#),
            (#"cn=Works Council\2C Stockholm,dc=x"#, #"cn=works council\, stockholm,dc=x"#),
            (#"cn="Works Council, Stockholm",dc=x"#, #"cn=works council\, stockholm,dc=x"#),
            ("cn=a  b,dc=x", "cn=a b,dc=x"), ("sn=b+cn=a,dc=x", "cn=a+sn=b,dc=x"), (#"cn=\C3\84,dc=x"#, "cn=ä,dc=x"),
            ("cn=A\u{308},dc=x", "cn=ä,dc=x"), ("cn=a;dc=x", "cn=a,dc=x"), (#"cn=a\ ,dc=x"#, "cn=a ,dc=x"),
            ("not a name", "not a name"),
        ])
    func distinguishedNames(name: String, spelled: String) throws {
        let escaped = name.replacing("\"", with: "&quot;")
        #expect(try read(entry([("uid", ["a"])], dn: escaped), .dsml).records[0].reference == spelled)
    }

    @Test("what a group says of its members: some, none or nothing")
    func members() throws {
        func ldap(_ attributes: [(String, [String])], _ type: String) throws -> [String]? {
            try read(entry([("cn", ["G"])] + attributes, type: type), .dsml, kind: .group).records[0].members?.map(
                \.key)
        }
        #expect(try ldap([("member", ["UID=a,dc=x", "uid=b, dc=x"])], "groupOfNames") == ["uid=a,dc=x", "uid=b,dc=x"])
        #expect(try ldap([("uniqueMember", ["uid=a,dc=x#'0101'B"])], "groupOfUniqueNames") == ["uid=a,dc=x"])
        #expect(try ldap([], "groupOfNames") == [])
        #expect(try ldap([("member;range=0-1499", ["uid=a,dc=x"])], "group") == nil)
        #expect(try ldap([("memberUid", ["a"])], "posixGroup") == nil)
        func json(_ rest: String, _ preset: Preset) throws -> [String]? {
            try read("[{\"id\":\"g\",\"displayName\":\"G\"\(rest)}]", preset, kind: .group).records[0].members?.map(
                \.key)
        }
        #expect(try json("", .scim) == nil)
        #expect(try json(#","members":null"#, .scim) == nil)
        #expect(try json(#","members":[]"#, .scim) == [])
        #expect(try json(#","members":[{"value":"1"},{"value":"2","type":"Group"}]"#, .scim) == ["1", "2"])
        #expect(try json("", .entraGraph) == nil)
        #expect(
            try json(##","members":[{"id":"1"},{"@odata.type":"#microsoft.graph.device","id":"2"}]"##, .entraGraph) == [
                "1"
            ])
        #expect(try json(#","members":[{"id":"1"}],"members@odata.nextLink":"more""#, .entraGraph) == nil)
        let twenty = (0..<20).map { "{\"id\":\"\($0)\"}" }.joined(separator: ",")
        #expect(try json(",\"members\":[\(twenty)]", .entraGraph) == nil)
    }

    @Test(
        "a record that cannot be mapped is rejected with its reason, and the others go on",
        arguments: [
            (#"{"id":"1"}"#, "noUserName"), (#"{"id":"1","userName":""}"#, "noUserName"),
            (#"{"userName":"a"}"#, "noAnchor"),
            (#"{"id":"1","userName":17}"#, "badName"), (#"{"id":"1","userName":["a"]}"#, "badName"),
            (#"{"id":"1","userName":"a\u0000b"}"#, "badName"), (#"{"id":"1","userName":"a\u202eb"}"#, "badName"),
            (#"{"id":"1","userName":"a","active":1.5}"#, "badActive"),
            (#"{"id":"1","userName":"a","active":1e400}"#, "badActive"),
            (#"{"id":"1","userName":"a","active":"perhaps"}"#, "badActive"), ("17", "notAnObject"),
            ("null", "notAnObject"),
            (#"{"id":"1","userName":"a","meta":{"resourceType":"Group"}}"#, "wrongKind"),
        ])
    func rejected(record: String, code: String) throws {
        let reading = try read("[\(record),{\"id\":\"2\",\"userName\":\"b\"}]", .scim)
        #expect(reading.rejections.map(\.code) == [code])
        #expect(reading.records.map(\.name) == ["b"])
        #expect(reading.verdict.counts == [.user: 2])
    }

    @Test("booleans are read as exports write them, and absent is unknown")
    func active() throws {
        for (text, active) in [
            ("true", true), ("\"True\"", true), ("\"1\"", true), ("0", false), ("\"FALSE\"", false), ("null", nil),
        ] as [(String, Bool?)] {
            let record = try read("[{\"id\":\"1\",\"userName\":\"a\",\"active\":\(text)}]", .scim).records[0]
            #expect(record.active == active)
        }
    }

    @Test("a job's mapping fills a slot from elsewhere, or empties it")
    func overrides() throws {
        let text = """
            [{"id":"1","userPrincipalName":"a@x","accountEnabled":true,"jobTitle":"T","mail":"m@x","onPremisesImmutableId":"imm",
            "onPremisesExtensionAttributes":{"extensionAttribute1":"e1"},"leaver":"Y","boss":"9"}]
            """
        func record(_ lines: (String, MappingLine.Source)...) throws -> MappedRecord {
            let lines = try lines.map { MappingLine(target: try MappingTarget(parsing: $0.0, kind: .user), from: $0.1) }
            return try read(text, .entraGraph, overrides: lines).records[0]
        }
        #expect(
            try record(("title", .attribute("onPremisesExtensionAttributes.extensionAttribute1"))).attributes["title"]
                == "e1")
        #expect(try record(("title", .attribute("absent"))).attributes["title"] == nil)
        #expect(try record(("title", .constant("c"))).attributes["title"] == "c")
        #expect(try record(("department", .constant("c"))).attributes[enterprise + "department"] == "c")
        #expect(try record(("externalId", .attribute("onPremisesImmutableId"))).anchor == Anchor("imm"))
        #expect(try record(("userName", .attribute("mail"))).name == "m@x")
        #expect(try record(("active", .attribute("leaver"))).active == true)
        #expect(try record(("manager", .attribute("boss"))).references.map(\.key) == ["9"])
        let mail = try record((#"emails[type eq "work"].value"#, .attribute("userPrincipalName"))).attributes
        #expect(mail[#"emails[type eq "work"]"#] == ["primary": true, "value": "a@x"])
    }
}

@Suite struct CompletenessTests {
    private func verdict(_ files: [String], _ preset: Preset) throws -> SnapshotVerdict {
        let scratch = try Scratch()
        let paths = try files.enumerated().map { try scratch.write("\($0.offset)", $0.element) }
        return try Reading(SourceSpecification(preset: preset, users: paths)).verdict
    }

    private func graph(_ ids: Range<Int>, _ marks: String) -> String {
        let users = ids.map { "{\"id\":\"\($0)\",\"userPrincipalName\":\"u\($0)\",\"accountEnabled\":true}" }
        return "{\(marks)\"value\":[\(users.joined(separator: ","))]}"
    }

    private func scim(_ ids: Range<Int>, _ marks: String) -> String {
        let users = ids.map { "{\"id\":\"\($0)\",\"userName\":\"u\($0)\"}" }
        return "{\(marks)\"Resources\":[\(users.joined(separator: ","))]}"
    }

    @Test("pages in several files are judged as a set")
    func pages() throws {
        let next = #""@odata.nextLink":"https://x","#
        func word(_ files: String...) throws -> String? { try verdict(files, .entraGraph).completeness[.user]?.word }
        #expect(try word(graph(0..<2, #""@odata.count":3,"# + next), graph(2..<3, "")) == "proven")
        #expect(try word(graph(0..<2, #""@odata.count":4,"# + next), graph(2..<3, "")) == "partial")
        #expect(try word(graph(0..<2, #""@odata.count":3,"# + next)) == "partial")
        #expect(try word(graph(0..<2, next), graph(2..<3, next)) == "partial")
        #expect(try word(graph(0..<2, next), graph(2..<3, "")) == "plausible")
        #expect(try word(graph(0..<2, #""@odata.context":"c","#)) == "proven")
        #expect(try word(graph(0..<100, #""@odata.context":"c","#)) == "plausible")
        #expect(try word(graph(0..<2, "")) == "plausible")
        #expect(try word(graph(0..<2, #""@odata.count":2,"#), graph(2..<3, #""@odata.count":1,"#)) == "proven")
        #expect(try word(graph(0..<2, #""@odata.count":2,"#), graph(2..<3, #""@odata.count":2,"#)) == "partial")
        func scimWord(_ files: String...) throws -> String? { try verdict(files, .scim).completeness[.user]?.word }
        #expect(try scimWord(scim(0..<2, #""totalResults":3,"#), scim(2..<3, #""totalResults":3,"#)) == "proven")
        #expect(try scimWord(scim(0..<2, #""totalResults":3,"#)) == "partial")
        #expect(try scimWord(scim(0..<2, #""totalResults":1,"#)) == "partial")
        #expect(try scimWord(#"{"totalResults":5}"#) == "partial")
        #expect(try scimWord(scim(0..<2, "")) == "plausible")
    }

    @Test("a kind without files has no verdict")
    func absentKind() throws {
        let verdict = try verdict([scim(0..<1, #""totalResults":1,"#)], .scim)
        #expect(verdict.completeness.keys.map(\.self) == [.user])
        #expect(verdict.counts == [.user: 1])
    }

    @Test("a file with only the other kind is refused, not empty")
    func wrongKind() throws {
        let scratch = try Scratch()
        let path = try scratch.write("file", HostileFileTests.dsml)
        let error = #expect(throws: SnapshotError.self) {
            try Reading(SourceSpecification(preset: .dsml, groups: [path]))
        }
        #expect(error?.code == .wrongKind)
    }

    @Test("a group whose members file is missing, cut or an error stops the snapshot")
    func membersFiles() throws {
        let scratch = try Scratch()
        let groups = try scratch.write("groups", #"[{"id":"g","displayName":"Sales"}]"#)
        let specification = SourceSpecification(
            preset: .entraGraph, groups: [groups], members: scratch.path + "/{group}.json")
        let missing = #expect(throws: SnapshotError.self) { try Reading(specification) }
        #expect(missing?.code == .members)
        #expect(missing?.detail.contains("Sales") == true)
        for (text, members) in [
            (#"{"value":[]}"#, []), (#"{"value":[{"id":"1"}]}"#, ["1"]),
            (#"{"@odata.nextLink":"more","value":[{"id":"1"}]}"#, nil),
        ] as [(String, [String]?)] {
            try scratch.write("g.json", text)
            #expect(try Reading(specification).records[0].members?.map(\.key) == members)
        }
        for text in [#"{"value":["#, #"{"error":{"code":"x"}}"#, #"{}"#, "", #"{"value":[17]}"#] {
            try scratch.write("g.json", text)
            #expect(throws: SnapshotError.self) { try Reading(specification) }
        }
    }

    @Test("a group's hash follows its members file")
    func membersHash() throws {
        let scratch = try Scratch()
        let groups = try scratch.write("groups", #"[{"id":"g","displayName":"G"}]"#)
        try scratch.write("g.json", #"{"value":[]}"#)
        let specification = SourceSpecification(
            preset: .entraGraph, groups: [groups], members: scratch.path + "/{group}.json")
        let before = try Reading(specification)
        try scratch.write("g.json", #"{"value":[{"id":"1"}]}"#)
        let after = try Reading(specification)
        #expect(before.hashes != after.hashes)
        #expect(before.verdict.digest != after.verdict.digest)
    }

    @Test("a group's id never leads out of the members' folder")
    func membersPath() throws {
        let scratch = try Scratch()
        for id in ["../secret", "..", "", "a/b"] {
            let groups = try scratch.write("groups", "[{\"id\":\"\(id)\",\"displayName\":\"G\"}]")
            let error = #expect(throws: SnapshotError.self) {
                try Reading(
                    SourceSpecification(preset: .entraGraph, groups: [groups], members: scratch.path + "/m/{group}"))
            }
            #expect(error?.code == .members)
        }
    }

    @Test("one file that is named for both kinds gives both, in its order")
    func bothKinds() throws {
        let scratch = try Scratch()
        let path = try scratch.write(
            "all",
            """
            {"id":"1","userName":"a"}
            {"id":"g","displayName":"G","meta":{"resourceType":"Group"}}
            {"id":"2","userName":"b"}
            """)
        let reading = try Reading(SourceSpecification(preset: .scim, users: [path], groups: [path]))
        #expect(reading.records.map(\.name) == ["a", "G", "b"])
        #expect(reading.verdict.counts == [.user: 2, .group: 1])
        #expect(reading.verdict.files.count == 1)
    }

    @Test("a delta says nothing about silence")
    func delta() throws {
        let scratch = try Scratch()
        let path = try scratch.write(
            "users",
            #"{"@odata.deltaLink":"x","value":[{"id":"1","userPrincipalName":"a","accountEnabled":true},{"id":"2","@removed":{}}]}"#
        )
        let reading = try Reading(SourceSpecification(preset: .entraGraph, users: [path], kind: .delta))
        #expect(reading.verdict.completeness[.user]?.word == "partial")
        #expect(reading.rejections.isEmpty && reading.removals.map(\.anchor.value) == ["2"])
        let error = #expect(throws: SnapshotError.self) {
            try Reading(SourceSpecification(preset: .entraGraph, users: [path]))
        }
        #expect(error?.code == .delta)
    }

    @Test("a delta says what changed of somebody, who is gone, and which members and managers came and went")
    func deltaEntries() throws {
        let scratch = try Scratch()
        let users = try scratch.write(
            "users",
            #"""
            {"@odata.deltaLink":"x","value":[{"id":"1","jobTitle":"t"},{"id":"2","@removed":{"reason":"changed"}},
             {"id":"3","manager@delta":[{"id":"1"},{"id":"2","@removed":{"reason":"deleted"}}]},
             {"id":"4","manager@delta":[{"id":"2","@removed":{"reason":"deleted"}}]}]}
            """#)
        let groups = try scratch.write(
            "groups",
            #"""
            {"@odata.deltaLink":"x","value":[{"id":"g","members@delta":[{"@odata.type":"#microsoft.graph.user","id":"1"},
             {"id":"2","@removed":{"reason":"deleted"}},{"@odata.type":"#microsoft.graph.device","id":"9"}]}]}
            """#)
        let reading = try Reading(
            SourceSpecification(preset: .entraGraph, users: [users], groups: [groups], kind: .delta))
        #expect(reading.rejections.isEmpty && reading.removals.map(\.how) == ["changed"])
        #expect(
            reading.records.map(\.name) == ["", "", "", ""] && reading.records.map(\.active) == [nil, nil, nil, nil])
        #expect(reading.records[0].attributes["title"] == "t")
        #expect(reading.records[1].references.map(\.key) == ["1"] && reading.records[1].cleared.isEmpty)
        #expect(reading.records[2].references.isEmpty && reading.records[2].cleared == [DirectoryRecord.managerPath])
        #expect(
            reading.records[3].memberChanges
                == MemberChanges(added: [MemberReference(key: "1")], removed: [MemberReference(key: "2")]))
    }

    @Test("a delta whose last page is missing is refused, since the next one does not repeat it")
    func cutDelta() throws {
        let scratch = try Scratch()
        let first = try scratch.write(
            "1", #"{"@odata.nextLink":"https://x/users/delta?$skiptoken=1","value":[{"id":"1","jobTitle":"t"}]}"#)
        let last = try scratch.write("2", #"{"@odata.deltaLink":"x","value":[{"id":"2","jobTitle":"t"}]}"#)
        let error = #expect(throws: SnapshotError.self) {
            try Reading(SourceSpecification(preset: .entraGraph, users: [first], kind: .delta))
        }
        #expect(error?.code == .delta)
        let whole = try Reading(SourceSpecification(preset: .entraGraph, users: [first, last], kind: .delta))
        #expect(whole.records.count == 2)
    }

    @Test("an entry without objectClass is what its file is named for, or what its attributes say, and never nobody")
    func withoutObjectClass() throws {
        func attribute(_ name: String, _ value: String) -> String {
            "<attr name=\"\(name)\"><value>\(value)</value></attr>"
        }
        let person =
            "<searchResultEntry dn=\"uid=a,dc=x\">" + attribute("uid", "a") + attribute("entryUUID", "1")
            + "</searchResultEntry>"
        let group =
            "<searchResultEntry dn=\"cn=g,dc=x\">" + attribute("cn", "G") + attribute("member", "uid=a,dc=x")
            + attribute("entryUUID", "2") + "</searchResultEntry>"
        func document(_ entries: String) -> String {
            "<batchResponse xmlns=\"urn:oasis:names:tc:DSML:2:0:core\"><searchResponse>" + entries
                + "<searchResultDone><resultCode code=\"0\"/></searchResultDone></searchResponse></batchResponse>"
        }
        let scratch = try Scratch()
        let users = try scratch.write("users", document(person))
        let groups = try scratch.write("groups", document(group))
        let both = try scratch.write("both", document(person + group))
        let apart = try Reading(SourceSpecification(preset: .dsml, users: [users], groups: [groups]))
        let together = try Reading(SourceSpecification(preset: .dsml, users: [both], groups: [both]))
        for reading in [apart, together] {
            #expect(reading.verdict.counts == [.user: 1, .group: 1] && reading.rejections.isEmpty)
            #expect(reading.records.map(\.kind) == [.user, .group])
        }
    }
}
