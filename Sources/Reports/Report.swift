import Reconciliation

/// Lays out what a plan or run says, event by event, for one kind of reader.
///
/// A report sees nothing but events, so a plan that is being made, one that is being applied and one that is read again from
/// its file look alike. Memory does not grow with the number of rows.
package protocol Report {
    /// The text for the next event, whole lines with their line ends; empty where the reader need not see anything.
    mutating func text(for event: PlanEvent) -> String
}
