import Reconciliation
import Storage

extension SnapshotPlanning {
    /// Judges whom the source does not name, where it was whole.
    func planSilence() throws {
        guard !isRestrained else { return }
        let source = try repeatedSource()
        let deletes = job.rules.policies.deleteAfter != nil
        for kind in Kind.allCases where coverage[kind] == .complete {
            for row in try lookup.answerableRows(kind: kind, deletes: deletes) where !wasSeen(row) {
                guard let stored = try lookup.subject(row: row) else { continue }
                try judgeSilent(stored, isRepeat: source)
            }
        }
    }

    /// Whether the source is the file of last time again, which is no new sighting of anybody's absence: its bytes are the
    /// same, and nobody said that they were exported later.
    private func repeatedSource() throws -> Bool {
        guard let digest = verdict?.digest else { return false }
        return try lookup.acceptedSource().digest == digest && job.source.takenAt == nil
    }

    private func judgeSilent(_ stored: StoredSubject, isRepeat: Bool) throws {
        let ordinal = nextOrdinal(.unseen, place: nil)
        var question = Question(
            record: stored.record, stored: stored, presence: .silentCovered,
            note: "not in the snapshot taken at \(takenAt.text)")
        if stored.record.deletedAt != nil {
            question.presence = .deleted
        } else if let pushedAt = stored.record.pushedAt, pushedAt > newerThan {
            question.presence = .silentUncovered
            question.superseded = true
        } else {
            var counting = false
            if case .sightings = job.rules.policies.deactivateAfter { counting = true }
            question.record.miss(takenAt: takenAt, isRepeat: isRepeat, counting: counting)
        }
        question.record.decidedVersion = question.record.version
        let judgement = try judge.judge(question)
        try keep(judgement, question, ordinal: ordinal)
        if stored.record.kind == .group { goneGroups[stored.record.id] = judge.planner.isGone(question.record) }
        if stored.record.missingSince == nil, question.record.missingSince != nil {
            settlement.releaseRecord(stored.record.id, ordinal: ordinal)
        }
    }

    /// Those who are gone already, where this source says nothing about absence: who was deleted explicitly goes on to be
    /// deleted, and everybody else is only told about. A missing person is deactivated, or deleted, by a whole snapshot that
    /// still does not show them, never by the clock alone.
    func planDepartures() throws {
        let deletes = job.rules.policies.deleteAfter != nil
        for kind in Kind.allCases where isRestrained || coverage[kind] != .complete {
            for row in try lookup.goneRows(kind: kind, deletes: deletes) where !wasSeen(row) {
                guard let stored = try lookup.subject(row: row), let account = stored.account else { continue }
                if stored.record.deletedAt != nil, !isRestrained {
                    try judgeSilent(stored, isRepeat: true)
                } else if let due = judge.planner.due(stored.record, account: account) {
                    notices.append(Self.notice(stored, due))
                }
            }
        }
    }

    private static func notice(_ stored: StoredSubject, _ due: Notice.Due) -> Notice {
        let record = stored.record
        let since =
            record.deletedAt.map { "deleted at the source since \($0.text)" }
            ?? "missing since \((record.missingSince ?? due.at).text)"
        return Notice(
            subject: Subject(
                kind: record.kind, anchor: record.anchor, name: record.name,
                displayName: record.kind == .user ? record.attributes["displayName"]?.string : nil,
                recordID: record.id, accountID: stored.account?.id),
            situation: stored.situation ?? .unseen, text: due.sentence,
            reason: "\(since); this source says nothing about who is missing", due: due)
    }
}
