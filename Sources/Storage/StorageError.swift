import GRDB

/// The database could not do what was asked. Nothing was half-written: every write is one transaction.
package struct StorageError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The file is not a database of this program, or it is damaged. It is left as it is.
        case notADatabase
        /// A newer version of the program wrote it.
        case newerSchema
        /// An older version wrote it, and this command may only read: a command that writes brings it up to date.
        case olderSchema
        /// No space, or the file may not grow. Writes work again once there is space.
        case full
        /// The file or its folder may not be written or opened.
        case notPermitted
        /// Another process kept the database busy for longer than the program waits.
        case busy
        /// A constraint refused a row.
        case constraint
        /// Anything else that SQLite or the system reports.
        case failed
    }

    package var code: Code
    package var detail: String

    package init(code: Code, detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { detail }

    /// Translates what SQLite said.
    package init(_ error: DatabaseError, path: String) {
        let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            self.init(
                code: .notADatabase,
                detail:
                    "\(path): this is not a Rollcall database (\(message)); name another file with --db, or restore it from a backup"
            )
        case .SQLITE_FULL:
            self.init(code: .full, detail: "\(path): no space left for the database; free some and run again")
        case .SQLITE_IOERR:
            self.init(
                code: .full,
                detail: "\(path): the database cannot be written (\(message)); check space and limits, then run again")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
            self.init(
                code: .notPermitted,
                detail:
                    "\(path): the database cannot be opened for this (\(message)); check the path and the rights of file and folder"
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(code: .busy, detail: "\(path): another process keeps the database busy; run again")
        case .SQLITE_CONSTRAINT: self.init(code: .constraint, detail: "\(path): \(message)")
        default: self.init(code: .failed, detail: "\(path): \(message)")
        }
    }
}
