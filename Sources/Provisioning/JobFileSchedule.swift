/// The `schedule` of a job.
enum JobSchedule {
    static func read(_ node: JobNode) throws(JobFileError) -> Schedule {
        let table = try Table(node, called: "schedule", keys: ["cron", "timeZone"])
        let cron = try expression(try table.required("cron"))
        guard let zone = table["timeZone"] else { return Schedule(cron: cron) }
        return Schedule(cron: cron, clock: try clock(zone))
    }

    private static func expression(_ node: JobNode) throws(JobFileError) -> CronExpression {
        let text = try node.text("cron")
        do { return try CronExpression(text) } catch {
            throw JobFileError(.value, place(of: error.column, in: node), "cron: " + error.detail, cure: error.cure)
        }
    }

    /// Where a column of a value stands in the file.
    private static func place(of column: Int, in node: JobNode) -> JobPlace {
        var place = node.place
        guard case .text(_, let isQuoted) = node.content, let start = place.column else { return place }
        place.column = start + column - (isQuoted ? 0 : 1)
        return place
    }

    private static func clock(_ node: JobNode) throws(JobFileError) -> ZoneClock {
        let name = try node.text("timeZone")
        if let clock = ZoneClock(name) { return clock }
        let similar = ZoneClock.similar(to: name).map { "did you mean \($0)?" }
        throw JobFileError(
            .value, node.place, "there is no time zone \(Shown.text(name))",
            cure: similar ?? "say an IANA name of a place, such as Europe/Berlin, or UTC")
    }
}
