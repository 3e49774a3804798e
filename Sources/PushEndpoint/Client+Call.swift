import JSONBytes
import Reconciliation
import SCIM

extension EndpointCall {
    /// The client that the SCIM configuration names.
    ///
    /// - Throws: ``SCIMError`` 503 for a name that a newer program set: to answer by other rules could disable the wrong people.
    var client: Client {
        get throws(SCIMError) { try Client.named(scope.client) }
    }
}

extension Client {
    /// - Throws: ``SCIMError`` 503 for a name that this program does not know.
    static func named(_ name: String) throws(SCIMError) -> Client {
        guard let client = Client(named: name) else {
            throw SCIMError(
                status: 503, "The endpoint is set up for a client that this server does not know; nothing was changed.")
        }
        return client
    }

    /// A resource as it is stored over the record that was there: with the name that they had where the client's new one only
    /// says that they were deleted.
    func settlingName(_ resource: JSONObject, of record: DirectoryRecord) -> JSONObject {
        guard policies.nameOfDeleted == .isIgnored, record.kind == .user else { return resource }
        return EntraQuirks.keepingName(resource, of: record.name)
    }
}

extension MemberChange {
    /// Who shall be a member afterwards, as far as the request names them.
    var added: [String] {
        switch self {
        case .delta(let add, _): add
        case .replace(let ids): ids
        }
    }
}
