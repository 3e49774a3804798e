import Foundation

/// Writes the export of a made-up company: every person is a function of seed and number, so the same arguments give the
/// same bytes on every machine, and nothing is held in memory.
struct CompanyGenerator {
    enum Format: String, CaseIterable { case scim, dsml }

    let people: Int
    let seed: UInt64
    /// How many of a thousand people have another title than without mutation.
    var changedPerMille = 0

    private static let given = [
        "Ada", "Boris", "Chiara", "Dagmara", "Emil", "Fatima", "Grace", "Hương", "Ines", "José", "Kwame", "Łukasz",
        "Мария",
        "Nadia", "Søren", "Zoë",
    ]
    private static let family = [
        "Adams", "Björk", "Çelik", "Dubois", "Evans", "García", "Horváth", "Ito", "Jensen", "Kowalski", "Müller",
        "Nguyễn",
        "O'Brien", "Petrov", "Şahin", "Tanaka",
    ]
    private static let titles = [
        "Engineer", "Analyst", "Account Manager", "Nurse", "Head of \"R&D\"", "Technician <II>",
    ]
    private static let departments = ["Engineering", "Sales", "Finance", "People & Culture", "Support", "Operations"]

    /// SplitMix64 (Steele, Lea, Flood 2014) of the person's number.
    private func random(_ number: Int, _ stream: UInt64) -> UInt64 {
        var state = seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15 &+ stream &* 0xD1B5_4A32_D192_ED03
        state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
        return state ^ (state >> 31)
    }

    private struct Person {
        var id: String
        var userName: String
        var given: String
        var family: String
        var title: String
        var department: String
        var number: String
        var active: Bool
        var manager: String?
    }

    private func identifier(_ number: Int) -> String {
        let digits = String(random(number, 1), radix: 16) + String(random(number, 2), radix: 16)
        let padded = Array((String(repeating: "0", count: 32) + digits).suffix(32))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(padded[$0]) }.joined(separator: "-")
    }

    private func person(_ number: Int) -> Person {
        let bits = random(number, 3)
        let changed = Int(random(number, 4) % 1000) < changedPerMille
        let title = Self.titles[Int(bits >> 8) % Self.titles.count]
        return Person(
            id: identifier(number), userName: "user\(number)@bench.example",
            given: Self.given[Int(bits % 16)], family: Self.family[Int(bits >> 4) % 16],
            title: changed ? "Senior " + title : title, department: Self.departments[Int(bits >> 16) % 6],
            number: String(100_000 + number), active: bits >> 24 & 31 != 0,
            manager: number == 0 ? nil : identifier(number / 10))
    }

    /// Writes the file.
    ///
    /// - Returns: its size in bytes.
    func write(_ format: Format, to path: String) throws -> Int {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw CocoaError(.fileWriteUnknown) }
        var buffer = format == .scim ? scimHead : Self.dsmlHead
        var bytes = 0
        for number in 0..<people {
            buffer += format == .scim ? scim(person(number), isLast: number == people - 1) : dsml(person(number))
            if buffer.utf8.count > 1 << 20 {
                bytes += buffer.utf8.count
                try handle.write(contentsOf: Data(buffer.utf8))
                buffer = ""
            }
        }
        buffer += format == .scim ? "]}\n" : Self.dsmlTail
        bytes += buffer.utf8.count
        try handle.write(contentsOf: Data(buffer.utf8))
        try handle.close()
        return bytes
    }

    private var scimHead: String {
        #"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":\#(people),"Resources":["#
            + "\n"
    }

    private func scim(_ person: Person, isLast: Bool) -> String {
        let title = person.title.replacing("\"", with: "\\\"")
        let manager = person.manager.map { #","manager":{"value":"\#($0)"}"# } ?? ""
        return """
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",\
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"\(person.id)",\
            "externalId":"\(person.number)","userName":"\(person.userName)","name":{"givenName":"\(person.given)",\
            "familyName":"\(person.family)","formatted":"\(person.given) \(person.family)"},\
            "displayName":"\(person.given) \(person.family)","title":"\(title)","active":\(person.active),\
            "emails":[{"value":"\(person.userName)","type":"work","primary":true}],\
            "phoneNumbers":[{"value":"+49 30 \(person.number)","type":"work"}],\
            "addresses":[{"type":"work","locality":"Berlin","country":"DE","streetAddress":"Main Street \(person.number)"}],\
            "preferredLanguage":"de-DE","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":\
            {"employeeNumber":"\(person.number)","department":"\(person.department)"\(manager)},\
            "meta":{"resourceType":"User","lastModified":"2026-01-12T16:30:12Z"}}\(isLast ? "" : ",")

            """
    }

    private static let dsmlHead = """
        <?xml version="1.0" encoding="UTF-8"?>
        <batchResponse xmlns="urn:oasis:names:tc:DSML:2:0:core"><searchResponse>

        """

    private static let dsmlTail = """
        <searchResultDone><resultCode code="0" descr="success"/></searchResultDone></searchResponse></batchResponse>

        """

    private func dsml(_ person: Person) -> String {
        func attribute(_ name: String, _ value: String) -> String {
            let escaped = value.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            return "<attr name=\"\(name)\"><value>\(escaped)</value></attr>\n"
        }
        var text = "<searchResultEntry dn=\"uid=user\(person.number),ou=people,dc=bench,dc=example\">\n"
        text +=
            "<attr name=\"objectClass\"><value>top</value><value>person</value><value>inetOrgPerson</value></attr>\n"
        text += attribute("uid", "user" + person.number) + attribute("userPrincipalName", person.userName)
        text +=
            attribute("cn", person.given + " " + person.family)
            + attribute("displayName", person.given + " " + person.family)
        text +=
            attribute("sn", person.family) + attribute("givenName", person.given) + attribute("mail", person.userName)
        text += attribute("employeeNumber", person.number) + attribute("title", person.title)
        text +=
            attribute("departmentNumber", person.department) + attribute("telephoneNumber", "+49 30 " + person.number)
        text += attribute("preferredLanguage", "de-DE") + attribute("l", "Berlin") + attribute("entryUUID", person.id)
        if !person.active { text += attribute("nsAccountLock", "TRUE") }
        return text + "</searchResultEntry>\n"
    }
}
