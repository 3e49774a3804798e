import Foundation
import Reconciliation
import Storage

/// A job file of a worker: read when it is first seen, whenever it changes, and before each run.
struct ScheduledJob {
    let path: String
    /// The job as it last could be read; stays while the file is broken, so that somebody can be told.
    private(set) var job: Job?
    /// What is wrong with the file as it is now.
    private(set) var failure: JobFileError?
    /// Before this the job is left alone: it was tried and another run was under way.
    var notBefore: Instant?
    private var stamp: FileStamp?

    init(path: String) { self.path = path }

    /// Reads the file again if it changed.
    ///
    /// - Returns: whether it was read.
    mutating func refresh(always: Bool = false) -> Bool {
        let now = FileStamp(path)
        guard always || stamp == nil || now != stamp else { return false }
        stamp = now
        do throws(JobFileError) {
            let job = try JobFile.load(path: path)
            guard job.schedule != nil else {
                throw JobFileError(
                    .missing, JobPlace(file: path),
                    "the job has no schedule, and the worker cannot know when to run it",
                    cure: "add schedule: {cron: \"0 2 * * *\", timeZone: Europe/Berlin}, or call rollcall run")
            }
            self.job = job
            failure = nil
        } catch {
            failure = error
        }
        return true
    }

    mutating func refuse(_ error: JobFileError) { failure = error }

    var key: ScheduleKey? {
        job.map { ScheduleKey(organization: $0.organization, connection: $0.connection, job: $0.name) }
    }
}

/// What tells that a file was written or replaced.
private struct FileStamp: Equatable {
    private var size: Int = -1
    private var seconds = 0
    private var nanoseconds = 0
    private var inode: UInt64 = 0

    init(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        size = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
        inode = UInt64(status.st_ino)
    }
}
