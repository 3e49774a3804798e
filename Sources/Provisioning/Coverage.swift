import Reconciliation

/// What may be concluded from a source's silence about somebody.
enum Coverage: Sendable, Equatable {
    /// Whoever is not named is not there.
    case complete
    /// Silence means nothing; what is said counts.
    case silent(String)
    /// The source itself says that it is a part: it takes nothing from anybody, not even what it names.
    case partialSource(String)

    var text: String {
        switch self {
        case .complete: "complete"
        case .silent(let reason): "partial (\(reason))"
        case .partialSource(let reason): "partial (\(reason))"
        }
    }

    /// Judges one kind of a source.
    ///
    /// - Parameter accepted: how many records the last accepted snapshot had.
    /// - Throws: ``RunError`` `.sourceRefused` for a partial source that the job does not accept as such.
    static func judge(
        kind: Kind, completeness: Completeness, count: Int, job: Job, accepted: Int?, unreadable: Bool
    ) throws -> Coverage {
        if job.source.kind == .delta { return .silent("a delta says nothing about the rest") }
        if case .partial(let reason) = completeness {
            guard job.acceptsPartial else {
                throw RunError(
                    .sourceRefused,
                    "\(files(of: kind, job)): the \(kind.rawValue)s are only a part of the directory: \(reason); export them whole, or say "
                        + "'accept: partial' under source to take creates and updates from it")
            }
            return .partialSource(reason)
        }
        if let range = job.expect[kind], !range.contains(count) {
            throw RunError(
                .sourceRefused,
                "\(files(of: kind, job)): the source has \(count) \(kind.rawValue)s, expected are \(range.lowerBound)..\(range.upperBound); check the "
                    + "export, or change 'expect' under source")
        }
        if unreadable { return .silent("the anchor of a record could not be read") }
        if case .proven = completeness { return .complete }
        if job.expect[kind] != nil { return .complete }
        if let accepted, abs(count - accepted) * 100 <= 20 * accepted { return .complete }
        return .silent("nothing proves that the source is whole; say how many records are plausible with 'expect'")
    }

    /// The files or patterns that the job names for a kind.
    private static func files(of kind: Kind, _ job: Job) -> String {
        (kind == .group && !job.source.groups.isEmpty ? job.source.groups : job.source.users).joined(separator: ", ")
    }
}
