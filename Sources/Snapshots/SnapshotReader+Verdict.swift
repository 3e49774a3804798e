import Reconciliation

extension SnapshotReader {
    /// Judges the snapshot as a whole; to be called when ``next()`` has returned `nil`.
    ///
    /// - Throws: ``SnapshotError`` `.changed` when a file changed since it was first looked at, `.wrongKind` when a
    ///   file has only records of the kind that it was not named for, `.columnMissing` when nobody's state can be
    ///   known, `.delta` for a delta whose last page is missing.
    package func finish() throws(SnapshotError) -> SnapshotVerdict {
        precondition(isEnded, "finish() before next() returned nil")
        for tally in tallies { try tally.file.checkUnchanged() }
        for file in membersFiles { try file.checkUnchanged() }
        for tally in tallies where tally.otherKind > 0 && tally.counts.isEmpty {
            let (named, other) = tally.kinds.contains(.user) ? ("users", "groups") : ("groups", "users")
            throw SnapshotError(
                .wrongKind, file: tally.file.path,
                detail: "the file is named under \(named) and has only \(other); name it there")
        }
        var verdict = SnapshotVerdict(
            completeness: [:], counts: [:], digest: digest.hex, unmapped: unmapped.counts,
            columns: fieldMapping?.columns ?? [:], files: files)
        for kind in Kind.allCases {
            let own = tallies.filter { $0.kinds.contains(kind) }
            if own.isEmpty { continue }
            verdict.counts[kind] = own.reduce(0) { $0 + ($1.counts[kind] ?? 0) }
            verdict.completeness[kind] = completeness(own, kind)
        }
        if specification.kind == .full { try checkColumns(verdict) } else { try refuseCutDelta() }
        return verdict
    }

    private func completeness(_ tallies: [Tally], _ kind: Kind) -> Completeness {
        if specification.kind == .delta { return .partial("a delta says nothing about who is not in it") }
        var pages: [JSONFileMarks] = []
        var verdict: Completeness?
        for tally in tallies {
            switch tally.marks {
            case .json(let marks): pages.append(marks)
            case .dsml(let completeness): verdict = verdict?.worse(completeness) ?? completeness
            case .defined(let documents): pages += documents.map { $0.marks(of: kind) }
            case nil: break
            }
        }
        let rules = specification.preset.definition?.complete
        let judged = verdict ?? JSONCompleteness.judge(pages, pageSizes: rules?.pageSizes ?? [])
        return kind == .user ? withNote(judged) : judged
    }

    /// Of people who left, a list of active people says nothing; that they are not in it says that they are not active.
    private func withNote(_ judged: Completeness) -> Completeness {
        guard fieldMapping?.takenForActive ?? 0 > 0, case .plausible(let reason) = judged else { return judged }
        return .plausible(reason + "; it lists only active people")
    }

    /// A delta whose last page is missing would be taken for all that changed, and the next one does not repeat it.
    private func refuseCutDelta() throws(SnapshotError) {
        for kind in Kind.allCases {
            let own = tallies.filter { $0.kinds.contains(kind) }
            let open = own.filter(\.saysThatMoreFollows)
            guard let last = open.last, open.count == own.count else { continue }
            throw SnapshotError(
                .delta, file: last.file.path,
                detail:
                    "the delta says that more pages follow; get them all, and name them together: the next delta does not "
                    + "repeat them")
        }
    }

    private var files: [PlanHeader.SourceFile] {
        var files = tallies.map {
            PlanHeader.SourceFile(
                path: $0.file.path, bytes: $0.file.status.size, records: $0.counts.values.reduce(0, +),
                sha256: $0.file.sha256)
        }
        if let template = specification.members, !membersFiles.isEmpty {
            files.append(
                PlanHeader.SourceFile(
                    path: template, bytes: membersFiles.reduce(0) { $0 + $1.status.size }, records: membersFiles.count))
        }
        return files
    }

    /// Graph leaves out accountEnabled unless it is asked for, and writes null where the caller may not read it.
    /// Where users were skipped as unchanged, an earlier run has seen the column.
    private func checkColumns(_ verdict: SnapshotVerdict) throws(SnapshotError) {
        guard let users = verdict.counts[.user], users > 0, census.users >= users, census.withActive == 0 else {
            return
        }
        let detail: String
        switch specification.preset {
        case .entraGraph:
            detail =
                "no user has accountEnabled, so nobody can be known to be active; export with "
                + "$select=id,userPrincipalName,displayName,accountEnabled and whatever else the mapping needs"
        case .defined(let definition):
            guard let active = definition.fields[.user]?.active, !active.paths.isEmpty else { return }
            let paths = active.paths.map(\.text).joined(separator: ", ")
            detail =
                "no user has a value at \(paths), so nobody can be known to be active; export it, or say under source.fields "
                + "where else it is"
        case .scim, .dsml: return
        }
        throw SnapshotError(.columnMissing, file: tallies[0].file.path, detail: detail)
    }
}

extension SnapshotReader.Tally {
    fileprivate var saysThatMoreFollows: Bool {
        switch marks {
        case .json(let marks): marks.hasNext
        case .defined(let documents): documents.last?.hasNext ?? false
        default: false
        }
    }
}
