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
            completeness: [:], counts: [:], digest: digest.hex, unmapped: unmapped.counts, files: files)
        for kind in Kind.allCases {
            let own = tallies.filter { $0.kinds.contains(kind) }
            if own.isEmpty { continue }
            verdict.counts[kind] = own.reduce(0) { $0 + ($1.counts[kind] ?? 0) }
            verdict.completeness[kind] = completeness(own)
        }
        if specification.kind == .full { try checkColumns(verdict) } else { try refuseCutDelta() }
        return verdict
    }

    private func completeness(_ tallies: [Tally]) -> Completeness {
        if specification.kind == .delta { return .partial("a delta says nothing about who is not in it") }
        var pages: [JSONFileMarks] = []
        var verdict: Completeness?
        for tally in tallies {
            switch tally.marks {
            case .json(let marks): pages.append(marks)
            case .dsml(let completeness): verdict = verdict?.worse(completeness) ?? completeness
            case nil: break
            }
        }
        return verdict ?? JSONCompleteness.judge(pages)
    }

    /// A delta whose last page is missing would be taken for all that changed, and the next one does not repeat it.
    private func refuseCutDelta() throws(SnapshotError) {
        for kind in Kind.allCases {
            let own = tallies.filter { $0.kinds.contains(kind) }
            let open = own.filter { if case .json(let marks) = $0.marks { marks.hasNext } else { false } }
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
        guard specification.preset == .entraGraph, let users = verdict.counts[.user], users > 0, census.users >= users,
            census.withActive == 0
        else { return }
        throw SnapshotError(
            .columnMissing, file: tallies[0].file.path,
            detail: "no user has accountEnabled, so nobody can be known to be active; export with "
                + "$select=id,userPrincipalName,displayName,accountEnabled and whatever else the mapping needs")
    }
}
