import JSONBytes
import Reconciliation

/// Which files make a snapshot and how they are to be read: the `source` and `mapping` part of a job.
package struct SourceSpecification: Sendable, Equatable {
    package var preset: Preset
    /// Paths or globs, relative to the process's current folder (a job file's folder is already in front).
    package var users: [String]
    package var groups: [String]
    /// A path with `{group}`, for formats that keep members apart; `{group}` is the group's reference.
    package var members: String?
    package var kind: SnapshotKind
    /// When the export began; `nil`: the oldest file's modification time less ``exportDuration``.
    package var takenAt: Instant?
    package var exportDuration: Duration
    /// The lines of the job's mapping that read fields of the export, and no others.
    package var overrides: [MappingLine]
    /// Raw attributes that the scoping filters name as `source.NAME`; they are kept in ``MappedRecord/source``.
    package var sourceAttributes: [String]

    package enum SnapshotKind: String, Sendable, CaseIterable { case full, delta }

    package init(
        preset: Preset, users: [String] = [], groups: [String] = [], members: String? = nil, kind: SnapshotKind = .full,
        takenAt: Instant? = nil, exportDuration: Duration = .seconds(3600), overrides: [MappingLine] = [],
        sourceAttributes: [String] = []
    ) {
        self.preset = preset
        self.users = users
        self.groups = groups
        self.members = members
        self.kind = kind
        self.takenAt = takenAt
        self.exportDuration = exportDuration
        self.overrides = overrides
        self.sourceAttributes = sourceAttributes
    }
}

/// A known kind of export.
package enum Preset: String, Sendable, CaseIterable {
    /// Microsoft Graph: `/users`, `/groups`, `/groups/{id}/members` as JSON.
    case entraGraph = "entra-graph"
    /// A SCIM 2.0 ListResponse (RFC 7644 3.4.2).
    case scim
    /// DSML v2 search response (OASIS), as LDAP tools write it.
    case dsml
}
