import SCIM

extension ExpressionFunction {
    static let dates: [ExpressionFunction] = [
        ExpressionFunction(
            "CDate", "source", 1...1,
            "A date as `M/d/yyyy h:mm:ss tt` in UTC, from ISO 8601 or from that form. Without an offset it is UTC."
        ) { call throws(ExpressionFailure) in
            try call.text(0).isEmpty ? .empty : .text(try call.date(0).entraText)
        },
        ExpressionFunction(
            "DateAdd", "interval, value, date", 3...3,
            "A date so many intervals later: yyyy, m, d, ww, h, n (minute) or s.", check: Self.intervalProblem
        ) { call throws(ExpressionFailure) in
            if try call.text(2).isEmpty { return .empty }
            let (date, number) = (try call.date(2), try call.integer(1))
            guard let interval = DateInterval(rawValue: try call.text(0)),
                let later = date.adding(number, interval)
            else { throw call.failure("the date lies outside the years 1 to 9999") }
            return .text(later.entraText)
        },
        ExpressionFunction(
            "DateDiff", "interval, date1, date2", 3...3,
            "How many borders between intervals lie between two dates, as Entra counts: yyyy, m, d, ww, h, n or s.",
            check: Self.intervalProblem
        ) { call throws(ExpressionFailure) in
            for index in 1...2 where try call.text(index).isEmpty { return .empty }
            let interval = DateInterval(rawValue: try call.text(0)) ?? .day
            return .number(try call.date(2).count(interval) - call.date(1).count(interval))
        },
        ExpressionFunction(
            "DateFromNum", "value", 1...1, "A date from Active Directory's number of 100 ns since 1601."
        ) { call throws(ExpressionFailure) in
            if try call.text(0).isEmpty { return .empty }
            let date = ExpressionDate(milliseconds: try call.integer(0) / 10_000 - ExpressionDate.fileTimeOffset)
            guard date.isInRange else { throw call.failure("the date lies outside the years 1 to 9999") }
            return .text(date.entraText)
        },
        ExpressionFunction(
            "FormatDateTime", "source, [styles], inputFormat, outputFormat", 4...4,
            "A date from one .NET format in another: y M d H h m s f tt z K, texts in quotes. Without an offset it is UTC; styles are not supported.",
            check: { nodes in
                if case .omitted = nodes[1] {
                } else if nodes[1] != .text("") {
                    return "styles are not supported; leave them out"
                }
                for node in nodes[2...] {
                    guard case .text(let format) = node else { continue }
                    if let problem = DatePattern.problem(format) { return problem }
                }
                return nil
            }
        ) { call throws(ExpressionFailure) in
            let text = try call.text(0).trimmingSpaces
            if text.isEmpty { return .empty }
            let format = try call.text(2)
            guard let date = DatePattern(format).date(from: text) else {
                throw call.failure("the value is no date of the form \(format)")
            }
            return .of(DatePattern(try call.text(3)).text(of: date))
        },
        ExpressionFunction(
            "NumFromDate", "value", 1...1, "Active Directory's number of 100 ns since 1601, from an ISO 8601 date."
        ) { call throws(ExpressionFailure) in
            if try call.text(0).isEmpty { return .empty }
            return .number((try call.date(0).milliseconds + ExpressionDate.fileTimeOffset) * 10_000)
        },
    ]

    private static let intervalProblem: @Sendable ([MappingExpression.Node]) -> String? = { nodes in
        guard case .text(let name) = nodes[0] else { return "the interval must be a text in quotes" }
        return DateInterval(rawValue: name) == nil ? "there is no interval \(name); say yyyy, m, d, ww, h, n or s" : nil
    }
}

extension ExpressionCall {
    func date(_ index: Int) throws(ExpressionFailure) -> ExpressionDate {
        let text = try text(index).trimmingSpaces
        guard let date = ExpressionDate(text), date.isInRange else {
            throw failure("argument \(index + 1) is no date; use FormatDateTime for other forms")
        }
        return date
    }
}

enum DateInterval: String, Sendable {
    case year = "yyyy"
    case month = "m"
    case day = "d"
    case week = "ww"
    case hour = "h"
    case minute = "n"
    case second = "s"

    /// `nil` for those whose length differs.
    var milliseconds: Int64? {
        switch self {
        case .year, .month: nil
        case .day: 86_400_000
        case .week: 7 * 86_400_000
        case .hour: 3_600_000
        case .minute: 60_000
        case .second: 1000
        }
    }
}
