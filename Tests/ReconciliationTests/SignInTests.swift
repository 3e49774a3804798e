import Testing

@testable import Reconciliation

@Suite("Sign-in")
struct SignInTests {
    private static let okta = SSOReference(id: "s-1", name: "okta", isActive: true)
    private static let entra = SSOReference(id: "s-2", name: "entra", isActive: true)
    private static let retired = SSOReference(id: "s-3", name: "retired", isActive: false)

    private static func account(
        _ state: SignInAccount.State = .active, sso: SSOReference? = nil, departure: SignInAccount.Departure? = nil
    ) -> SignInAccount {
        SignInAccount(id: "a-1", userName: "ann@acme.example", state: state, departure: departure, sso: sso)
    }

    struct Row: Sendable {
        var account: SignInAccount?
        var restricts = false
        var asked = AskedSSO.unsaid
        var active = [okta]
        var reason: SignInReason
        var sso: SSOReference?
    }

    @Test(
        "who may sign in, through what, and why not",
        arguments: [
            // Somebody whom the connection of okta owns.
            Row(account: account(sso: okta), reason: .accountActive, sso: okta),
            Row(account: account(sso: okta), restricts: true, reason: .accountActive, sso: okta),
            Row(account: account(sso: okta), asked: .configuration(okta), reason: .accountActive, sso: okta),
            Row(account: account(sso: okta), asked: .configuration(entra), reason: .ssoMismatch, sso: okta),
            Row(account: account(sso: okta), asked: .configuration(retired), reason: .ssoInactive, sso: retired),
            Row(account: account(sso: okta), asked: .unknown, reason: .ssoUnknown, sso: okta),
            Row(account: account(sso: retired), reason: .ssoInactive, sso: retired),
            Row(account: account(sso: retired), asked: .configuration(okta), reason: .ssoMismatch, sso: retired),
            // Somebody whom nobody owns comes in by any active one.
            Row(account: account(), restricts: true, reason: .accountActive, sso: okta),
            Row(account: account(), active: [okta, entra], reason: .accountActive, sso: nil),
            Row(
                account: account(), asked: .configuration(entra), active: [okta, entra], reason: .accountActive,
                sso: entra),
            Row(account: account(), active: [], reason: .ssoMissing),
            // Nobody.
            Row(reason: .creationAllowed, sso: okta), Row(active: [okta, entra], reason: .creationAllowed, sso: nil),
            Row(asked: .configuration(entra), active: [okta, entra], reason: .creationAllowed, sso: entra),
            Row(asked: .configuration(retired), reason: .ssoInactive, sso: retired),
            Row(asked: .unknown, reason: .ssoUnknown), Row(active: [], reason: .ssoMissing),
            Row(restricts: true, reason: .creationRestricted, sso: okta),
            Row(restricts: true, active: [], reason: .creationRestricted),
            Row(
                restricts: true, asked: .configuration(entra), active: [okta, entra], reason: .creationRestricted,
                sso: entra),
            // Deactivation comes first, however they come.
            Row(account: account(.deactivatedByDirectory, sso: okta), reason: .deactivatedByDirectory, sso: okta),
            Row(
                account: account(.deactivatedByDirectory, sso: okta), asked: .configuration(entra),
                reason: .deactivatedByDirectory, sso: okta),
            Row(account: account(.deactivatedByAdministrator), asked: .unknown, reason: .deactivatedByAdministrator),
        ])
    func table(_ row: Row) {
        let question = SignInQuestion(
            restrictsCreation: row.restricts, account: row.account, asked: row.asked, active: row.active)
        #expect(question.verdict == SignInVerdict(reason: row.reason, sso: row.sso), "\(row)")
    }

    @Test("over every question, nobody comes in against the account, the policy or an SSO configuration")
    func laws() {
        let own: [SSOReference?] = [nil, Self.okta, Self.retired]
        var accounts: [SignInAccount?] = [nil]
        for state in SignInAccount.State.allCases {
            for departure in [nil] + SignInAccount.Departure.allCases.map(Optional.some) {
                accounts += own.map { Self.account(state, sso: $0, departure: departure) }
            }
        }
        let asked: [AskedSSO] = [
            .unsaid, .unknown, .configuration(Self.okta), .configuration(Self.entra), .configuration(Self.retired),
        ]
        var reasons: Set<SignInReason> = []
        for account in accounts {
            for asked in asked {
                for active in [[], [Self.okta], [Self.okta, Self.entra]] {
                    for restricts in [false, true] {
                        let question = SignInQuestion(
                            restrictsCreation: restricts, account: account, asked: asked, active: active)
                        check(question)
                        reasons.insert(question.verdict.reason)
                    }
                }
            }
        }
        #expect(reasons == Set(SignInReason.allCases))
    }

    private func check(_ question: SignInQuestion) {
        let verdict = question.verdict
        #expect(verdict.notice == (verdict.isAllowed ? question.account?.departure : nil), "\(question)")
        if let account = question.account, account.state != .active {
            #expect(verdict.reason.rawValue == account.state.rawValue && !verdict.isAllowed, "\(question)")
            return
        }
        guard verdict.isAllowed else { return }
        #expect(question.account != nil || !question.restrictsCreation, "\(question)")
        #expect(verdict.sso?.isActive != false && question.asked != .unknown, "\(question)")
        if let own = question.account?.sso { #expect(verdict.sso == own, "\(question)") }
        if case .configuration(let asked) = question.asked { #expect(verdict.sso == asked, "\(question)") }
    }

    @Test(
        "a deactivation that waits or is held is told, and has not happened",
        arguments: SignInAccount.Departure.allCases)
    func notices(_ departure: SignInAccount.Departure) {
        let question = SignInQuestion(
            restrictsCreation: true, account: Self.account(sso: Self.okta, departure: departure), asked: .unsaid,
            active: [Self.okta])
        #expect(question.verdict == SignInVerdict(reason: .accountActive, sso: Self.okta, notice: departure))
    }
}
