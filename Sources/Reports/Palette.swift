import Reconciliation

/// Colours of a terminal, or none.
struct Palette {
    enum Ink: String {
        case add = "32", change = "33", rename = "36", remove = "31", warn = "35", bold = "1", dim = "2"
        case alarm = "1;31"
    }

    var isOn: Bool

    func paint(_ text: String, _ ink: Ink) -> String { isOn ? "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m" : text }
}

/// How a class of change looks and reads.
extension ChangeClass {
    var sign: String {
        switch self {
        case .create, .restore, .reactivate, .memberAdd: "+"
        case .link, .unlink: "="
        case .rename: "»"
        case .update: "~"
        case .attributeClear: "~"
        case .deactivate, .groupDisable, .memberRemove: "-"
        case .delete: "x"
        }
    }

    var ink: Palette.Ink {
        switch self {
        case .create, .restore, .reactivate, .memberAdd: .add
        case .link, .unlink, .rename: .rename
        case .update, .attributeClear: .change
        case .deactivate, .groupDisable, .memberRemove, .delete: .remove
        }
    }

    /// The class as a reader's word.
    var word: String {
        switch self {
        case .attributeClear: "clear"
        case .memberAdd, .memberRemove: "member"
        case .groupDisable: "disable"
        default: rawValue
        }
    }

    /// `4 to create`, `2 memberships to add`.
    func toDo(_ count: Int) -> String {
        switch self {
        case .memberAdd: "\(Count.of(count, "membership")) to add"
        case .memberRemove: "\(Count.of(count, "membership")) to remove"
        case .attributeClear: "\(Count.text(count)) with attributes to clear"
        case .groupDisable: "\(Count.of(count, "group")) to disable"
        default: "\(Count.text(count)) to \(rawValue)"
        }
    }

    /// `4 created`, `2 memberships added`.
    func done(_ count: Int) -> String {
        switch self {
        case .create: "\(Count.text(count)) created"
        case .link: "\(Count.text(count)) linked"
        case .reactivate: "\(Count.text(count)) reactivated"
        case .rename: "\(Count.text(count)) renamed"
        case .update: "\(Count.text(count)) updated"
        case .attributeClear: "\(Count.text(count)) with attributes cleared"
        case .memberAdd: "\(Count.of(count, "membership")) added"
        case .memberRemove: "\(Count.of(count, "membership")) removed"
        case .deactivate: "\(Count.text(count)) deactivated"
        case .groupDisable: "\(Count.of(count, "group")) disabled"
        case .delete: "\(Count.text(count)) deleted"
        case .restore: "\(Count.text(count)) restored"
        case .unlink: "\(Count.text(count)) unlinked"
        }
    }
}

/// Numbers for a reader.
enum Count {
    /// `1,234,567`.
    static func text(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: index)
            index -= 3
        }
        return (number < 0 ? "-" : "") + String(digits)
    }

    /// `1 record`, `2 records`.
    static func of(_ number: Int, _ noun: String) -> String { text(number) + " " + noun + (number == 1 ? "" : "s") }

    /// `812 B`, `47.3 kB`, `1.2 GB`.
    static func bytes(_ count: Int) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var tenths = count * 10
        var unit = 0
        while tenths >= 10_000 && unit < units.count - 1 {
            tenths = (tenths + 500) / 1000
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
