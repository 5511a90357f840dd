//! What can go wrong, and for how long.

/// A fault of the platform; it is on between two moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    KvDown,
    /// The day's KV writes are spent.
    KvDaySpent,
    R2Down,
    /// Writes take seconds.
    R2Slow,
    /// Calls between Workers and to objects are lost, or their answers, or never answered.
    CallsLost,
    /// Objects cannot write.
    StorageDown,
    /// Objects write, and the write returns an error.
    StorageAnswerLost,
    /// Objects die just before or just after a write is on disk.
    CrashAtCommit,
    /// Alarms are late, and some run twice.
    AlarmsLate,
    /// Alarms fail before they do anything.
    AlarmsFail,
}

impl Fault {
    pub const ALL: [Self; 10] = [
        Self::KvDown,
        Self::KvDaySpent,
        Self::R2Down,
        Self::R2Slow,
        Self::CallsLost,
        Self::StorageDown,
        Self::StorageAnswerLost,
        Self::CrashAtCommit,
        Self::AlarmsLate,
        Self::AlarmsFail,
    ];
}

/// A rule that a port breaks on purpose, so that the rules that watch it are seen to find it. The product's
/// own code is never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Planted {
    /// The units of a call are not stored.
    CountNotStored,
    /// A limiter that starts anew does not read what it had counted.
    CountForgotten,
    /// A call of an anonymous client is sent as the owner's.
    PublicIsInteractive,
    /// An answer that lacks a provider is kept as long as a whole one.
    PartialIsKept,
    /// A book is stored under the ISBN of another.
    WrongBookStored,
    /// A purge does not reach KV.
    PurgeLeavesKv,
    /// A large change of the ledger loses its first row.
    RowLost,
    /// The alarm after a step is not set.
    AlarmNotSet,
    /// A call waits for its answer, however long it takes.
    DeadlineIgnored,
    /// A token goes over a binding.
    SecretSent,
}

impl Planted {
    pub const ALL: [Self; 10] = [
        Self::CountNotStored,
        Self::CountForgotten,
        Self::PublicIsInteractive,
        Self::PartialIsKept,
        Self::WrongBookStored,
        Self::PurgeLeavesKv,
        Self::RowLost,
        Self::AlarmNotSet,
        Self::DeadlineIgnored,
        Self::SecretSent,
    ];
}

/// Faults of a provider, as the emulators' control API takes them. `{p}` is the provider's name.
pub const PROVIDER_FAULTS: [&str; 14] = [
    r#"{"provider":"{p}","fault":"status","status":503}"#,
    r#"{"provider":"{p}","fault":"status","status":500,"percent":60}"#,
    r#"{"provider":"{p}","fault":"status","status":429,"retryAfter":"7"}"#,
    r#"{"provider":"{p}","fault":"status","status":429,"scope":"day"}"#,
    r#"{"provider":"{p}","fault":"timeout"}"#,
    r#"{"provider":"{p}","fault":"hang","percent":50}"#,
    r#"{"provider":"{p}","fault":"reset"}"#,
    r#"{"provider":"{p}","fault":"none","latencyMs":6000}"#,
    r#"{"provider":"{p}","fault":"cut_body"}"#,
    r#"{"provider":"{p}","fault":"bad_json"}"#,
    r#"{"provider":"{p}","fault":"html"}"#,
    r#"{"provider":"{p}","fault":"moved"}"#,
    r#"{"provider":"{p}","fault":"odd_record"}"#,
    r#"{"provider":"{p}","fault":"wrong_book"}"#,
];
/// The providers' names there.
pub const PROVIDERS: [&str; 3] = ["google", "openlibrary", "isbndb"];
