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
    /// What tells exports of known presets apart, for the error about a file of another one.
    package var hints: [FormatHint] = []

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

/// A text near the beginning of exports of a preset.
package struct FormatHint: Sendable, Hashable {
    package var text: String
    /// What has it: a preset's name.
    package var name: String

    package init(text: String, name: String) {
        self.text = text
        self.name = name
    }

    /// How much of a file is looked at, in bytes.
    static let bytesMax = 16 << 10
}

/// A known kind of export, or one that a job describes.
package enum Preset: Sendable, Equatable {
    /// Microsoft Graph: `/users`, `/groups`, `/groups/{id}/members` as JSON.
    case entraGraph
    /// A SCIM 2.0 ListResponse (RFC 7644 3.4.2).
    case scim
    /// DSML v2 search response (OASIS), as LDAP tools write it.
    case dsml
    /// A preset that is data.
    case defined(PresetDefinition)

    /// The presets that are read by code of their own, by name.
    package static let coded: [(name: String, preset: Preset)] = [
        ("dsml", .dsml), ("entra-graph", .entraGraph), ("scim", .scim),
    ]

    /// The name that a job says.
    package var name: String {
        switch self {
        case .entraGraph: "entra-graph"
        case .scim: "scim"
        case .dsml: "dsml"
        case .defined(let definition): definition.name
        }
    }

    package var definition: PresetDefinition? {
        if case .defined(let definition) = self { definition } else { nil }
    }
}
