import JSONBytes
import SCIM
import Testing

@testable import PushEndpoint

/// The published schemas beside RFC 7643 8.7.1.
@Suite("RFC 7643 8.7.1: the published schemas") struct PublishedSchemaTests {
    /// `name type multiValued required caseExact mutability returned uniqueness canonical,values reference,types`, as the
    /// RFC has them; sub-attributes follow their attribute with a dot in front.
    static let user = """
        userName string - required - readWrite default server
        name complex - - - readWrite default none
        .formatted .familyName .givenName .middleName .honorificPrefix .honorificSuffix string - - - readWrite default none
        displayName nickName string - - - readWrite default none
        profileUrl reference - - - readWrite default none refs=external
        title userType preferredLanguage locale timezone string - - - readWrite default none
        active boolean - - - readWrite default none
        password string - - - writeOnly never none
        emails complex multi - - readWrite default none
        .value .display string - - - readWrite default none
        .type string - - - readWrite default none values=work,home,other
        .primary boolean - - - readWrite default none
        phoneNumbers complex multi - - readWrite default none
        .value .display string - - - readWrite default none
        .type string - - - readWrite default none values=work,home,mobile,fax,pager,other
        .primary boolean - - - readWrite default none
        ims complex multi - - readWrite default none
        .value .display string - - - readWrite default none
        .type string - - - readWrite default none values=aim,gtalk,icq,xmpp,msn,skype,qq,yahoo
        .primary boolean - - - readWrite default none
        photos complex multi - - readWrite default none
        .value reference - - - readWrite default none refs=external
        .display string - - - readWrite default none
        .type string - - - readWrite default none values=photo,thumbnail
        .primary boolean - - - readWrite default none
        addresses complex multi - - readWrite default none
        .formatted .streetAddress .locality .region .postalCode .country string - - - readWrite default none
        .type string - - - readWrite default none values=work,home,other
        groups complex multi - - readOnly default none
        .value string - - - readOnly default none
        .$ref reference - - - readOnly default none refs=User,Group
        .display string - - - readOnly default none
        .type string - - - readOnly default none values=direct,indirect
        entitlements complex multi - - readWrite default none
        .value .display .type string - - - readWrite default none
        .primary boolean - - - readWrite default none
        roles complex multi - - readWrite default none
        .value .display .type string - - - readWrite default none
        .primary boolean - - - readWrite default none
        x509Certificates complex multi - - readWrite default none
        .value binary - - - readWrite default none
        .display .type string - - - readWrite default none
        .primary boolean - - - readWrite default none
        """
    static let group = """
        displayName string - - - readWrite default none
        members complex multi - - readWrite default none
        .value string - - - immutable default none
        .$ref reference - - - immutable default none refs=User,Group
        .type string - - - immutable default none values=User,Group
        """
    static let enterprise = """
        employeeNumber costCenter organization division department string - - - readWrite default none
        manager complex - - - readWrite default none
        .value string - - - readWrite default none
        .$ref reference - - - readWrite default none refs=User
        .displayName string - - - readOnly default none
        """

    /// Where the endpoint publishes something else than 8.7.1, and why.
    static let deviations = [
        "profileUrl": "reference - - exact readWrite default none refs=external",  // 2.3.7: a reference is case exact
        "photos.value": "reference - - exact readWrite default none refs=external",  // 2.3.7
        "groups.$ref": "reference - - exact readOnly default none refs=User,Group",  // 2.3.7
        "groups.value": "string - - exact readOnly default none",  // an id, which is case exact (3.1)
        "x509Certificates.value": "binary - - exact readWrite default none",  // 2.3.6, erratum 6000
        "addresses.primary": "boolean - - - readWrite default none",  // 2.4 gives it to every list; 8.2 uses it
        "manager.value": "string - - exact readWrite default none",  // an id (3.1)
        "manager.$ref": "reference - - exact readOnly default none refs=User",  // made from value
        "members.value": "string - - exact immutable default none",  // an id (3.1)
        "members.$ref": "reference - - exact readOnly default none refs=User,Group",  // made from value
        "members.type": "string - - - readOnly default none values=User,Group",  // what the member is
        "members.display": "string - - - readOnly default none",  // 2.4; 8.4 shows it
        "displayName": "string - required - readWrite default none",  // of a group: 4.2 says REQUIRED
    ]

    @Test(
        "every attribute is published as the RFC has it, or deviates on purpose",
        arguments: [(Schemas.userURN, user), (Schemas.groupURN, group), (Schemas.enterpriseURN, enterprise)])
    func published(_ urn: String, _ table: String) async throws {
        let answer = await (try World()).call("GET", "/Schemas/" + urn)
        var found: [String: String] = [:]
        for attribute in answer.body["attributes"]?.array ?? [] {
            let object = try #require(attribute.object)
            let name = object["name"]?.string ?? ""
            found[name] = Self.text(object)
            for sub in object["subAttributes"]?.array ?? [] {
                let inner = try #require(sub.object)
                found[name + "." + (inner["name"]?.string ?? "")] = Self.text(inner)
            }
        }
        var wanted = Self.rows(table)
        let isOurs = { (path: String) in wanted[path] != nil || found[path] != nil }
        for (path, row) in Self.deviations where isOurs(path) && (path != "displayName" || urn == Schemas.groupURN) {
            #expect(wanted[path] != row, "\(path) does not deviate")
            wanted[path] = row
        }
        for path in Set(wanted.keys).union(found.keys) { #expect(found[path] == wanted[path], "\(path)") }
    }

    private static func rows(_ table: String) -> [String: String] {
        var rows: [String: String] = [:]
        var parent = ""
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            let start = words.firstIndex { ["string", "complex", "boolean", "reference", "binary"].contains($0) }!
            let row = words[start...].joined(separator: " ")
            for name in words[..<start] {
                if !name.hasPrefix(".") { parent = name }
                rows[name.hasPrefix(".") ? parent + name : name] = row
            }
        }
        return rows
    }

    private static func text(_ object: JSONObject) -> String {
        func list(_ key: String) -> String? {
            object[key]?.array.map { $0.compactMap(\.string).joined(separator: ",") }
        }
        var words = [object["type"]?.string ?? "?"]
        words.append(object["multiValued"] == true ? "multi" : "-")
        words.append(object["required"] == true ? "required" : "-")
        words.append(object["caseExact"] == true ? "exact" : "-")
        for key in ["mutability", "returned", "uniqueness"] { words.append(object[key]?.string ?? "?") }
        if let values = list("canonicalValues") { words.append("values=" + values) }
        if let types = list("referenceTypes") { words.append("refs=" + types) }
        return words.joined(separator: " ")
    }
}
