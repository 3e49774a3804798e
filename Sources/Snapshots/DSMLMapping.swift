import JSONBytes
import Reconciliation

/// LDAP entries (inetOrgPerson, Active Directory, 389, eDirectory) as records.
struct DSMLMapping {
    private enum Field: Sendable {
        case entryUUID, objectGUID, userPrincipalName, samAccountName, uid, displayName, commonName, surname, givenName
        case title, mail, proxyAddresses, telephone, mobile, employeeNumber, department, departmentNumber, unit, company
        case preferredLanguage, manager, city, country, region, street, postalCode
        case accountLock, accountControl, lockedTime, loginDisabled
        case member, memberRange, memberUid, objectClass
    }

    private static let fields: [String: Field] = [
        "entryuuid": .entryUUID, "nsuniqueid": .entryUUID, "ipauniqueid": .entryUUID, "objectguid": .objectGUID,
        "userprincipalname": .userPrincipalName, "samaccountname": .samAccountName, "uid": .uid,
        "displayname": .displayName, "cn": .commonName, "commonname": .commonName, "sn": .surname, "surname": .surname,
        "givenname": .givenName, "title": .title, "mail": .mail, "proxyaddresses": .proxyAddresses,
        "telephonenumber": .telephone, "mobile": .mobile, "mobiletelephonenumber": .mobile,
        "employeenumber": .employeeNumber, "employeeid": .employeeNumber, "department": .department,
        "departmentnumber": .departmentNumber, "ou": .unit, "company": .company, "o": .company,
        "preferredlanguage": .preferredLanguage, "manager": .manager, "l": .city, "c": .country, "st": .region,
        "street": .street, "streetaddress": .street, "postalcode": .postalCode, "nsaccountlock": .accountLock,
        "useraccountcontrol": .accountControl, "pwdaccountlockedtime": .lockedTime, "logindisabled": .loginDisabled,
        "member": .member, "uniquemember": .member, "memberuid": .memberUid, "objectclass": .objectClass,
    ]

    /// What a person's and a group's attributes are read, for the census of those that are not.
    static let names: [Kind: Set<String>] = {
        let members: Set<Field> = [.member, .memberRange, .memberUid]
        let group: Set<Field> = [.entryUUID, .objectGUID, .displayName, .commonName, .samAccountName, .objectClass]
        return [
            .user: Set(fields.filter { !members.contains($0.value) }.keys),
            .group: Set(fields.filter { group.union(members).contains($0.value) }.keys),
        ]
    }()

    /// The time that means "locked for ever" (draft-behera-ldap-password-policy 5.3.3); any other is a lock that ends.
    static let lockedForEver = "000001010000Z"

    private var index = FieldIndex(fields)

    mutating func draft(_ entry: DirectoryEntry, kind: Kind, place: Place) -> RecordDraft {
        var found = Found()
        for (position, attribute) in entry.attributes.enumerated() {
            let name = entry.text(attribute.name)
            if let field = index.field(of: name, at: position) {
                found.take(field, entry, attribute)
            } else if name.hasPrefix("member;range=") || name.hasPrefix("uniquemember;range=") {
                found.isRanged = true
            }
        }
        var draft = RecordDraft(kind: kind, place: place)
        draft.reference = DistinguishedName.normalised(entry.text(entry.name))
        draft.anchor = found.anchor.map(Anchor.init)
        if kind == .user { found.fillUser(&draft) } else { found.fillGroup(&draft) }
        return draft
    }

    /// What an entry says, by meaning.
    private struct Found {
        var anchor: String?
        var isRanged = false
        private var texts: [Field: [String]] = [:]

        mutating func take(_ field: Field, _ entry: DirectoryEntry, _ attribute: DirectoryEntry.Attribute) {
            switch field {
            case .objectGUID: anchor = anchor ?? ObjectGUID.text(entry, attribute)
            case .entryUUID: anchor = entry.texts(attribute).first ?? anchor
            default: texts[field, default: []] += entry.texts(attribute)
            }
        }

        private func first(_ field: Field) -> String? { texts[field]?.first }

        func fillUser(_ draft: inout RecordDraft) {
            draft.name = first(.userPrincipalName) ?? first(.samAccountName) ?? first(.uid)
            draft.add("userName", draft.name)
            draft.active = active
            draft.add("displayName", first(.displayName) ?? first(.commonName))
            draft.add("name.familyName", first(.surname))
            draft.add("name.givenName", first(.givenName))
            draft.add("title", first(.title))
            draft.add("preferredLanguage", first(.preferredLanguage))
            draft.add(Slots.workPhone, values: (texts[.telephone] ?? []).map(Slots.value))
            draft.add(Slots.mobilePhone, values: (texts[.mobile] ?? []).map(Slots.value))
            draft.add(Slots.employeeNumber, first(.employeeNumber))
            draft.add(Slots.department, first(.department) ?? first(.departmentNumber) ?? first(.unit))
            draft.add(Slots.organization, first(.company))
            draft.add(manager: first(.manager).map(DistinguishedName.normalised))
            fillMail(&draft)
            fillAddress(&draft)
        }

        private func fillMail(_ draft: inout RecordDraft) {
            var mail = MailAddresses()
            for address in texts[.mail] ?? [] { mail.add(address) }
            for proxy in texts[.proxyAddresses] ?? [] { mail.add(proxy: proxy) }
            mail.place(into: &draft)
        }

        private func fillAddress(_ draft: inout RecordDraft) {
            var address = JSONObject()
            for (key, field) in [
                ("country", Field.country), ("locality", .city), ("postalCode", .postalCode), ("region", .region),
                ("streetAddress", .street),
            ] {
                if let text = first(field) { address[key] = .string(text) }
            }
            if !address.isEmpty { draft.add(Slots.workAddress, values: [.object(address)]) }
        }

        /// Active unless the entry says otherwise: directories express it by the absence of a lock.
        private var active: Bool {
            if let control = first(.accountControl).flatMap(Int.init), control & 2 != 0 { return false }
            if first(.accountLock).flatMap(LooseBoolean.read) == true { return false }
            if first(.loginDisabled).flatMap(LooseBoolean.read) == true { return false }
            return first(.lockedTime) != DSMLMapping.lockedForEver
        }

        func fillGroup(_ draft: inout RecordDraft) {
            draft.name = first(.displayName) ?? first(.commonName) ?? first(.samAccountName)
            draft.add("displayName", draft.name)
            draft.members = members
        }

        /// AD cuts long lists of members and renames them `member;range=0-1499`: then nothing is said about members,
        /// as in a posixGroup, whose members are user ids and not names of entries.
        private var members: [MemberReference]? {
            if isRanged { return nil }
            if let names = texts[.member] {
                return names.map { MemberReference(key: DistinguishedName.normalised(Self.withoutUniqueId($0))) }
            }
            if texts[.memberUid] != nil { return nil }
            let classes = (texts[.objectClass] ?? []).map { $0.lowercased() }
            return classes.contains("posixgroup") && !classes.contains(where: { $0.hasPrefix("groupof") }) ? nil : []
        }

        /// `uniqueMember` may end in a bit string that tells namesakes apart (RFC 4517 3.3.21).
        private static func withoutUniqueId(_ name: String) -> String {
            guard name.hasSuffix("'B"), let mark = name.lastIndex(of: "#") else { return name }
            return String(name[..<mark])
        }
    }
}

/// Active Directory's objectGUID: 16 bytes of which the first three fields are little-endian (MS-DTYP 2.3.4).
enum ObjectGUID {
    static func text(_ entry: DirectoryEntry, _ attribute: DirectoryEntry.Attribute) -> String? {
        guard let bytes = entry.firstBytes(attribute) else { return nil }
        if bytes.count == 16 { return text(bytes) }
        return entry.texts(attribute).first?.lowercased()
    }

    static func text(_ bytes: [UInt8]) -> String {
        let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (position, index) in order.enumerated() {
            if [4, 6, 8, 10].contains(position) { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(bytes[index] >> 4)])
            text.append(digits[Int(bytes[index] & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
