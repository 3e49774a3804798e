import JSONBytes
import Testing

@testable import SCIM

@Suite struct PatchMembersTests {
    private static let members: [JSONObject] = [
        ["value": "a", "type": "User", "display": "Ann"], ["value": "b", "type": "User"],
        ["value": "g", "type": "Group"],
    ]

    private func resolved(_ operations: [MemberOperation]) -> [MemberOperation] {
        MemberOperation.resolved(operations) { Self.members }
    }

    private func matching(_ filter: String) throws -> MemberOperation { .removeMatching(try Filter(parsing: filter)) }

    @Test(
        "a filter becomes the ids that it chooses",
        arguments: [
            (#"type eq "User""#, ["a", "b"]), (#"display eq "ANN""#, ["a"]), (#"not (type eq "Group")"#, ["a", "b"]),
            (#"value ne "a""#, ["b", "g"]), (#"type eq "x""#, []),
        ])
    func chooses(_ filter: String, _ ids: [String]) throws {
        #expect(resolved([try matching(filter)]) == [.remove(ids)])
    }

    @Test("a filter sees what the operations before it left")
    func order() throws {
        let users = try matching(#"type eq "User""#)
        #expect(resolved([.remove(["a"]), users])[1] == .remove(["b"]))
        #expect(resolved([.replace(["a", "new"]), users])[1] == .remove(["a"]))
        #expect(resolved([.removeAll, users])[1] == .remove([]))
        #expect(resolved([users, .add(["a"]), users]) == [.remove(["a", "b"]), .add(["a"]), .remove(["a"])])
        #expect(resolved([.add(["new"]), try matching(#"value sw "n""#)])[1] == .remove(["new"]))
    }

    @Test("without a filter nobody asks for the members")
    func unasked() {
        let operations: [MemberOperation] = [.add(["a"]), .remove(["b"]), .removeAll]
        var asked = false
        let same = MemberOperation.resolved(operations) {
            asked = true
            return []
        }
        #expect(same == operations && !asked)
    }
}

@Suite struct PatchValueFormTests {
    @Test(
        "Base64 in either alphabet, with or without padding",
        arguments: ["QQ==", "QQ", "QUI=", "QUI", "QUJD", "-_-_", "+/+/", "QUJD\r\nREVG"])
    func base64(_ text: String) { #expect(Base64.isValid(text)) }

    @Test(
        "what is no Base64",
        arguments: ["", "Q", "QQ=", "QQ===", "=QQ=", "Q Q=", "QUJD=", "QUJDé", "-----BEGIN X-----"])
    func noBase64(_ text: String) { #expect(!Base64.isValid(text)) }

    @Test(
        "a name that comes twice in different letter case is found at any depth",
        arguments: [
            (#"{"a":1,"A":2}"#, "A"), (#"{"x":{"b":1,"B":2}}"#, "B"), (#"{"x":[{"c":1},{"c":2,"C":3}]}"#, "C"),
            (#"{"a":{"b":1},"B":{"a":1},"x":[{"a":1},{"A":1}]}"#, nil),
        ] as [(String, String?)])
    func repeatedName(_ text: String, _ name: String?) throws {
        #expect(try JSONValue(parsing: text).repeatedName == name)
    }
}
