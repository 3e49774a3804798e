import Foundation
import GRDB
import JSONBytes
import SCIM

/// What filters and sorting need of SQL beyond what SQLite has: pure functions of their arguments, so that a text folds in a
/// query as it does everywhere else. No index and no trigger uses them: other programs open the file, too.
///
/// Values of a document come as their JSON text, because SQLite cuts a decoded text at a NUL and rounds numbers; texts go in and
/// out as bytes, which SQLite compares as bytes.
enum FilterFunctions {
    static func register(in db: Database) {
        for function in [fold, jsonText, compareNumbers, instantText, sortKey] { db.add(function: function) }
    }

    /// `rollcall_fold(bytes)`: the folded text.
    private static let fold = DatabaseFunction("rollcall_fold", argumentCount: 1, pure: true) { values in
        text(values[0]).map { Data(KeyFolding.fold($0).utf8) }
    }

    /// `rollcall_text(json, exact)`: a JSON text that is not empty, folded unless `exact`; NULL for any other value.
    private static let jsonText = DatabaseFunction("rollcall_text", argumentCount: 2, pure: true) { values in
        guard case .string(let text)? = json(values[0]), !text.isEmpty else { return nil }
        return Data((isTrue(values[1]) ? text : KeyFolding.fold(text)).utf8)
    }

    /// `rollcall_number(json, number)`: -1, 0 or 1, as the JSON number is less, equal or greater; NULL for any other value.
    private static let compareNumbers = DatabaseFunction("rollcall_number", argumentCount: 2, pure: true) { values in
        guard case .number(let left)? = json(values[0]), let right = String.fromDatabaseValue(values[1]) else {
            return nil
        }
        return Filter.Literal.compare(number: left, with: right)
    }

    /// `rollcall_instant(milliseconds)`: the date-time as resources show it.
    private static let instantText = DatabaseFunction("rollcall_instant", argumentCount: 1, pure: true) { values in
        Int64.fromDatabaseValue(values[0]).map { DateTime.text(milliseconds: $0) }
    }

    /// `rollcall_sortKey(json, order)`: the bytes of the ``SortKey``, that of no value for NULL.
    private static let sortKey = DatabaseFunction("rollcall_sortKey", argumentCount: 2, pure: true) { values in
        let order = Int.fromDatabaseValue(values[1]).flatMap(AttributePath.TextOrder.init) ?? .folded
        return Data(SortKey(json(values[0]), order).bytes)
    }

    private static func isTrue(_ value: DatabaseValue) -> Bool { Bool.fromDatabaseValue(value) ?? false }

    private static func text(_ value: DatabaseValue) -> String? {
        switch value.storage {
        case .blob(let data): String(decoding: data, as: UTF8.self)
        case .string(let text): text
        default: nil
        }
    }

    private static func json(_ value: DatabaseValue) -> JSONValue? {
        guard let text = text(value) else { return nil }
        return plainText(text) ?? (try? JSONValue(parsing: text))
    }

    /// A JSON text without escapes, which nearly all are: what stands between the quotes.
    private static func plainText(_ json: String) -> JSONValue? {
        let bytes = json.utf8
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""), !bytes.contains(UInt8(ascii: "\\")) else {
            return nil
        }
        return .string(String(json.dropFirst().dropLast()))
    }
}
