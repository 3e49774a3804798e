import JSONBytes
import Reconciliation

/// The answer to a sign-in question as JSON: the same on the command line and over HTTP.
package enum SignInAnswer {
    package static func json(_ verdict: SignInVerdict, _ account: SignInAccount?) -> JSONObject {
        [
            "allowed": .bool(verdict.isAllowed), "reason": .string(verdict.reason.rawValue),
            "detail": .string(verdict.reason.sentence),
            "sso": verdict.sso.map { ["id": .string($0.id), "name": .string($0.name), "active": .bool($0.isActive)] }
                ?? .null,
            "account": account.map {
                [
                    "id": .string($0.id), "userName": .string($0.userName), "active": .bool($0.state == .active),
                ]
            } ?? .null,
            "notice": verdict.notice.map { .string($0.rawValue) } ?? .null,
        ]
    }
}
