import ArgumentParser
import JSONBytes
import Provisioning
import Reconciliation
import Reports
import Storage

/// What is still open: pushes that wait, changes that are held, records that were set aside.
struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "What waits, is held for approval or quarantined, and why.",
        discussion: """
              rollcall queue list                        everything that is open
              rollcall queue approve DIGEST --by Ana     carry out exactly the held changes with this digest
              rollcall queue show jdoe@acme.example      one record: what is wrong, and what would cure it
              rollcall queue retry jdoe@acme.example     decide it again now
              rollcall queue discard jdoe@acme.example --reason "leaves in May"

            WHO is a userName (a group's name), an externalId or a record's id.
            """,
        subcommands: [List.self, Show.self, Retry.self, Discard.self, Approve.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List everything that is open.")

        @Option(help: "Only what is waiting, held or quarantined.")
        var state: QueueItem.State?
        @OptionGroup var selection: QueueOptions

        func run() throws {
            try selection.reading { store, out in
                let items = try store.queueItems(selection.selection).filter { state == nil || $0.state == state }
                let jobs = state == nil ? try store.quarantinedJobs(selection.selection) : []
                if out.isJSON {
                    for job in jobs { try out.json(job.json) }
                    for item in items { try out.json(item.json) }
                    for set in try HeldSet.all(in: store, selection.selection) { try out.json(set.json) }
                    return
                }
                if items.isEmpty && jobs.isEmpty { return try out.line("nothing is open") }
                for job in jobs { try out.line(job.line) }
                if !items.isEmpty { try out.table(QueueItem.heading, items.map(\.cells)) }
                for set in try HeldSet.all(in: store, selection.selection) { try out.line(set.line) }
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what is open about one record.")

        @Argument(help: "The userName, the group's name, the externalId or the record's id.")
        var who: String
        @OptionGroup var selection: QueueOptions

        func run() throws {
            try selection.reading { store, out in
                let items = try store.queueItems(selection.selection).filter { $0.isCalled(who) }
                guard !items.isEmpty else { throw QueueOptions.nobody(who) }
                for item in items {
                    if out.isJSON {
                        try out.json(item.json)
                    } else {
                        for line in item.lines { try out.line(line) }
                    }
                }
            }
        }
    }

    struct Retry: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide a record again at the next drain, or all of them.")

        @Argument(help: "Who.")
        var who: String?
        @Flag(help: "Everybody who is quarantined.")
        var all = false
        @Option(help: "Who decides it. Default: the user who is logged in.")
        var by: String?
        @OptionGroup var selection: QueueOptions

        func validate() throws {
            guard (who == nil) == all else { throw ValidationError("Name one record, or say --all.") }
            _ = try Approver.name(by)
        }

        func run() throws {
            let name = try Approver.name(by)
            try selection.writing { store, out in
                let tried = try store.retry(
                    selection.selection,
                    where: { item in who.map(item.isCalled) ?? (item.state == .quarantined) }, by: name,
                    now: Machine.now)
                if tried.isEmpty, let who { throw QueueOptions.nobody(who) }
                for (item, isQueued) in tried {
                    if out.isJSON {
                        try out.json(item.json(action: isQueued ? "retry" : "none"))
                    } else {
                        try out.line(
                            item.title
                                + (isQueued
                                    ? ": queued again; the worker decides it next"
                                    : ": not in the directory; the next run of its job looks at it again"))
                    }
                }
                if !out.isJSON && tried.isEmpty { try out.line("nobody is quarantined") }
            }
        }
    }

    struct Discard: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close what is open about a record, with a reason that is kept.",
            discussion: """
                What waits is not carried out, what is held is not done, what was set aside is forgotten. The record stays as the
                source said it; it is decided again when it is pushed again or a snapshot names it.
                """)

        @Argument(help: "Who.")
        var who: String
        @Option(help: "Why. It is kept.")
        var reason: String
        @Option(help: "Who decides it. Default: the user who is logged in.")
        var by: String?
        @OptionGroup var selection: QueueOptions

        func validate() throws {
            guard !reason.allSatisfy(\.isWhitespace), reason.count <= 1000 else {
                throw ValidationError("Say why with --reason TEXT (up to 1000 characters).")
            }
            _ = try Approver.name(by)
        }

        func run() throws {
            let name = try Approver.name(by)
            try selection.writing { store, out in
                let items = try store.discard(
                    selection.selection, where: { $0.isCalled(who) }, reason: reason, by: name, now: Machine.now)
                guard !items.isEmpty else { throw QueueOptions.nobody(who) }
                for item in items {
                    if out.isJSON {
                        try out.json(item.json(action: "discard"))
                    } else {
                        try out.line("\(item.title): discarded (\(item.state.rawValue))")
                    }
                }
            }
        }
    }
}

extension QueueItem.State: ExpressibleByArgument {}

/// Which part of which queue, and how it is printed.
struct QueueOptions: ParsableArguments {
    @Option(help: "Only this organization.")
    var organization: String?
    @Option(help: "Only this connection.")
    var connection: String?
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    var selection: QueueSelection { QueueSelection(organization: organization, connection: connection) }

    func reading(_ body: (Store, inout StandardOutput) throws -> Void) throws {
        try CommandFailure.translating {
            var out = StandardOutput(output.format)
            try body(try Store(path: store.path, mode: .readOnly), &out)
            try out.flush()
        }
    }

    func writing(_ body: (Store, inout StandardOutput) throws -> Void) throws {
        try CommandFailure.translating {
            let store = try Store(path: store.path, mode: .readWrite)
            var out = StandardOutput(output.format)
            try body(store, &out)
            try store.close()
            try out.flush()
        }
    }

    static func nobody(_ who: String) -> CommandFailure {
        CommandFailure(.configuration, "nothing is open about '\(SafeText.line(who))'; see: rollcall queue list")
    }
}
