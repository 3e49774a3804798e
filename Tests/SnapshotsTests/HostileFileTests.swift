import Foundation
import Reconciliation
import Snapshots
import Testing

@Suite struct HostileFileTests {
    static let graph = """
        {"@odata.context":"c","@odata.count":2,"value":[
          {"id":"1","userPrincipalName":"ä@x","accountEnabled":true,"displayName":"Ä \\"1\\""},
          {"id":"2","userPrincipalName":"b@x","accountEnabled":false}
        ]}
        """
    static let scim = """
        {"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":2,"Resources":[
          {"id":"1","userName":"ä@x","active":true,"emails":[{"value":"a@x","type":"work"}]},
          {"id":"2","userName":"b@x","active":false}]}
        """
    static let dsml = """
        <?xml version="1.0" encoding="UTF-8"?>
        <batchResponse xmlns="urn:oasis:names:tc:DSML:2:0:core"><searchResponse>
        <searchResultEntry dn="uid=ä,dc=x"><attr name="objectClass"><value>person</value></attr>
        <attr name="uid"><value>ä</value></attr></searchResultEntry>
        <searchResultEntry dn="uid=b,dc=x"><attr name="objectClass"><value>person</value></attr>
        <attr name="uid"><value>b</value></attr></searchResultEntry>
        <searchResultDone><resultCode code="0"/></searchResultDone></searchResponse></batchResponse>
        """

    private func refusal(
        _ bytes: some Collection<UInt8>, _ preset: Preset, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> SnapshotError? {
        let scratch = try Scratch()
        let path = try scratch.write("users", bytes)
        let error = #expect(throws: SnapshotError.self, sourceLocation: sourceLocation) {
            try Reading(SourceSpecification(preset: preset, users: [path]))
        }
        #expect(error?.description.unicodeScalars.allSatisfy { $0.value >= 0x20 } == true)
        return error
    }

    @Test(
        "a file cut at any byte is never a smaller snapshot",
        arguments: [(Preset.entraGraph, graph), (.scim, scim), (.dsml, dsml)])
    func truncation(preset: Preset, text: String) throws {
        let scratch = try Scratch()
        let whole = Array(text.utf8)
        for length in 0...whole.count {
            let path = try scratch.write("users", whole[..<length])
            let specification = SourceSpecification(preset: preset, users: [path])
            if length == whole.count {
                #expect(try Reading(specification).verdict.completeness[.user]?.word == "proven")
                continue
            }
            let error = #expect(throws: SnapshotError.self) { try Reading(specification) }
            #expect([.truncated, .empty, .encoding, .syntax].contains(error?.code), "\(length): \(error!)")
        }
    }

    @Test("a bare array cut at any byte is refused")
    func truncatedArray() throws {
        let scratch = try Scratch()
        let whole = Array(#"[{"id":"1","userPrincipalName":"a","accountEnabled":true} , {"id":"2"} ]"#.utf8)
        for length in 0..<whole.count {
            let path = try scratch.write("users", whole[..<length])
            #expect(throws: SnapshotError.self) {
                try Reading(SourceSpecification(preset: .entraGraph, users: [path]))
            }
        }
    }

    @Test(
        "what is not JSON around the records is refused, with its place",
        arguments: [
            (#"{"value":[]} x"#, 1, 14), (#"{"value":[],}"#, 1, 13), (#"{"value":[{}{}]}"#, 1, 13),
            (#"{"value":[,]}"#, 1, 11),
            (#"{"value":[{},]}"#, 1, 14), ("{\"value\":[\n{\"id\":\"é\"}\n\u{1}]}", 3, 1), (#"{"value":[]"#, 1, 12),
            (#"{"value":[],"value":[]}"#, 1, 13), (#"{"a":1,"\u0061":2,"value":[]}"#, 1, 8),
            (#"{"a":01,"value":[]}"#, 1, 6),
            ("\u{0}\u{0}\u{0}\u{0}", 1, 1), (#"{"value":[]}{"value":[]}"#, 1, 13), ("  \n ", 2, 2),
            (#"{"value" []}"#, 1, 10),
            (#"{value:[]}"#, 1, 2), (#"{"value":[}]}"#, 1, 11), ("nonsense", 1, 1),
        ])
    func strictFrame(text: String, line: Int, column: Int) throws {
        let error = try refusal(text.utf8, .entraGraph)
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    @Test(
        "what is not JSON within a record is refused, with its place",
        arguments: [
            (#"{"id":"1","id":"2"}"#, 11), (#"{"id":"1","i\u0064":"2"}"#, 11), (#"{"id":"1",}"#, 11),
            (#"{"id":'1'}"#, 7),
            (#"{"id":"\ud800"}"#, 8), (#"{"id":1.}"#, 7), (#"{"id":[1}}"#, 9), (#"{"id":NaN}"#, 7),
            ("{\"id\":\"\u{0}\"}", 8),
        ])
    func strictRecord(record: String, column: Int) throws {
        let error = try refusal(("{\"value\":[\n" + record + "\n]}").utf8, .entraGraph)
        #expect(error?.line == 2)
        #expect(error?.column == column)
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xFF], [0xC3]] as [[UInt8]])
    func invalidUTF8(bad: [UInt8]) throws {
        let json = Array(#"{"value":[{"id":""#.utf8) + bad + Array(#""}]}"#.utf8)
        #expect(try refusal(json, .entraGraph)?.code == .encoding)
        #expect(try refusal(Array("<a>".utf8) + bad + Array("</a>".utf8), .dsml)?.code == .encoding)
    }

    @Test("UTF-16 is read, with or without a byte order mark in JSON")
    func utf16() throws {
        for (mark, littleEndian) in [([0xFF, 0xFE] as [UInt8], true), ([0xFE, 0xFF], false), ([], true), ([], false)] {
            func encoded(_ text: String) -> [UInt8] {
                mark
                    + text.utf16.flatMap { unit -> [UInt8] in
                        let bytes = [UInt8(unit & 0xFF), UInt8(unit >> 8)]
                        return littleEndian ? bytes : bytes.reversed()
                    }
            }
            let scratch = try Scratch()
            let plain = try Reading(
                SourceSpecification(preset: .entraGraph, users: [try scratch.write("plain", Self.graph)]))
            let file = try scratch.write("graph", encoded(Self.graph))
            let json = try Reading(SourceSpecification(preset: .entraGraph, users: [file]))
            #expect(!plain.records.isEmpty && json.records.map(\.name) == plain.records.map(\.name))
            #expect(json.hashes == plain.hashes && json.verdict.files[0].sha256 != plain.verdict.files[0].sha256)
            let line = try SourceText.lineAndColumn(offset: json.places[1].bytes.lowerBound, file: file)
            #expect(
                line
                    == (try SourceText.lineAndColumn(
                        offset: plain.places[1].bytes.lowerBound, file: scratch.path + "/plain")))
            if mark.isEmpty { continue }
            for text in [Self.dsml, String(Self.dsml.drop { $0 != "\n" }.dropFirst())] {
                let path = try scratch.write("users", encoded(text))
                let reading = try Reading(SourceSpecification(preset: .dsml, users: [path]))
                #expect(reading.records.map(\.name) == ["ä", "b"])
            }
        }
    }

    @Test(
        "a byte order mark and Windows line ends change nothing",
        arguments: [(Preset.entraGraph, graph), (.scim, scim), (.dsml, dsml)])
    func byteOrderMark(preset: Preset, text: String) throws {
        let scratch = try Scratch()
        let plain = try scratch.write("plain", text)
        let marked = try scratch.write("marked", [0xEF, 0xBB, 0xBF] + Array(text.replacing("\n", with: "\r\n").utf8))
        let first = try Reading(SourceSpecification(preset: preset, users: [plain]))
        let second = try Reading(SourceSpecification(preset: preset, users: [marked]))
        #expect(first.records.map(\.attributes) == second.records.map(\.attributes))
        #expect(second.verdict.completeness[.user]?.word == "proven")
    }

    @Test("compressed files and other formats are refused with the cure")
    func otherFormats() throws {
        #expect(try refusal([0x1F, 0x8B, 8, 0, 0, 0, 0, 0], .entraGraph)?.code == .encoding)
        #expect(try refusal([0x1F, 0x8B, 8, 0, 0, 0, 0, 0], .dsml)?.code == .encoding)
        #expect(try refusal(Self.dsml.utf8, .entraGraph)?.code == .noRecords)
        #expect(try refusal("<!DOCTYPE html><html></html>".utf8, .scim)?.code == .noRecords)
        #expect(try refusal(Self.graph.utf8, .dsml)?.code == .noRecords)
        #expect(try refusal("<html><body>Sign in</body></html>".utf8, .dsml)?.code == .noRecords)
        #expect(try refusal(#"{"values":[]}"#.utf8, .entraGraph)?.code == .noRecords)
        #expect(try refusal(#"{"value":{}}"#.utf8, .entraGraph)?.code == .noRecords)
        #expect(try refusal(#"{"value":[]}"#.utf8, .scim)?.code == .noRecords)
    }

    @Test(
        "entities are refused, never loaded and never dropped",
        arguments: [
            #"<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>"#,
            #"<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:1/x">]><a>&x;</a>"#,
            #"<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>"#, #"<!DOCTYPE a [%p;]><a/>"#,
            #"<!DOCTYPE a [<!ENTITY x "y">]><a/>"#, "<a>&x;</a>", #"<a b="&x;"/>"#,
            #"<!DOCTYPE a SYSTEM "x.dtd"><a>&x;</a>"#,
            #"<!DOCTYPE a SYSTEM "x.dtd"><a b="&x;"/>"#, #"<!DOCTYPE a [<!ATTLIST a b CDATA "c">]><a/>"#,
            #"<!DOCTYPE a [<!ENTITY a "&b;"><!ENTITY b "&a;">]><a>&a;</a>"#, #"<!DOCTYPE a [<!ELEMENT a ANY>]><a/>"#,
            #"<!DOCTYPE a [<!NOTATION n SYSTEM "x">]><a/>"#,
        ])
    func entities(text: String) throws {
        let error = try refusal(text.utf8, .dsml)
        #expect(error?.code == .entity)
        #expect(error?.line == 1)
        #expect(error?.description.contains("root:") == false)
    }

    @Test("a bare DOCTYPE is passed over")
    func bareDoctype() throws {
        let scratch = try Scratch()
        let text = Self.dsml.replacing(
            "?>\n", with: "?>\n<!DOCTYPE batchResponse PUBLIC \"-//X//EN\" \"http://127.0.0.1:1/x.dtd\">\n")
        let path = try scratch.write("users", text)
        #expect(try Reading(SourceSpecification(preset: .dsml, users: [path])).records.count == 2)
    }

    @Test("a billion laughs end at once")
    func billionLaughs() throws {
        var text = "<!DOCTYPE a [<!ENTITY e0 \"ha\">"
        for level in 1..<30 {
            text += "<!ENTITY e\(level) \"" + String(repeating: "&e\(level - 1);", count: 10) + "\">"
        }
        #expect(try refusal((text + "]><a>&e29;</a>").utf8, .dsml)?.code == .entity)
    }

    @Test("comments and CDATA within a value never cut it")
    func commentWithinValue() throws {
        let scratch = try Scratch()
        let text = Self.dsml.replacing("<value>b</value>", with: "<value>b<!-- x > -->o<![CDATA[<b>]]>b</value>")
        let path = try scratch.write("users", text)
        #expect(try Reading(SourceSpecification(preset: .dsml, users: [path])).records.last?.name == "bo<b>b")
        let nested = Self.dsml.replacing("<value>b</value>", with: "<value>b<x/>ob</value>")
        #expect(try refusal(nested.utf8, .dsml)?.code == .syntax)
    }

    @Test("depth, attributes and lengths have limits")
    func limits() throws {
        let deep = String(repeating: "[", count: 200_000)
        #expect(try refusal("{\"value\":[\(deep)".utf8, .entraGraph)?.code == .limit)
        #expect(try refusal("{\"other\":\(deep)".utf8, .entraGraph)?.code == .limit)
        #expect(try refusal(String(repeating: "<a>", count: 100_000).utf8, .dsml)?.code == .limit)
        let attributes = (0..<300_000).map { " a\($0)='>'" }.joined()
        #expect(try refusal("<a\(attributes)/>".utf8, .dsml)?.code == .limit)
        let member = String(repeating: "x", count: 2 << 20)
        #expect(try refusal("{\"note\":\"\(member)\",\"value\":[]}".utf8, .entraGraph)?.code == .limit)
    }

    @Test("a record of sixteen mebibytes is refused, and one just below is read")
    func elementLimit() throws {
        let frame = #"{"id":"1","userPrincipalName":"a","accountEnabled":true,"note":""}"#.utf8.count
        for (excess, passes) in [(0, true), (1, false)] {
            let note = String(repeating: "n", count: (16 << 20) - frame + excess)
            let text = #"[{"id":"1","userPrincipalName":"a","accountEnabled":true,"note":""# + note + "\"}]"
            let scratch = try Scratch()
            let path = try scratch.write("users", text)
            let specification = SourceSpecification(preset: .entraGraph, users: [path])
            if passes {
                #expect(try Reading(specification).records.count == 1)
            } else {
                #expect(throws: SnapshotError.self) { try Reading(specification) }
            }
        }
    }
}
