//! The faults of a world, and the faults that are planted to check that each rule finds one.

use clap::ValueEnum;

/// A fault of the platform, which lasts for a time. The first ones are faults of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum PlatformFault {
    KvDown,
    /// The day's KV writes are spent.
    KvDaySpent,
    R2Down,
    /// Writes take seconds.
    R2Slow,
    /// Objects cannot write.
    StorageDown,
    /// An object's write succeeds but returns an error.
    StorageAnswerLost,
    /// Objects die just before or just after a write is on disk.
    CrashAtCommit,
    /// Calls between Workers and to objects are lost, or their answers, or the answer never comes.
    CallsLost,
    /// Alarms are late, and some run twice.
    AlarmsLate,
    /// Alarms fail before they run.
    AlarmsFail,
}

/// How many faults, from the first on, are faults of a store.
pub const STORE_FAULTS: usize = 6;

/// Faults of a provider: a rule of the emulators' control API without its `{"provider":"…",`.
pub const PROVIDER_FAULTS: [&str; 14] = [
    r#""fault":"status","status":503}"#,
    r#""fault":"status","status":500,"percent":60}"#,
    r#""fault":"status","status":429,"retryAfter":"7"}"#,
    r#""fault":"status","status":429,"scope":"day"}"#,
    r#""fault":"timeout"}"#,
    r#""fault":"hang","percent":50}"#,
    r#""fault":"reset"}"#,
    r#""fault":"none","latencyMs":6000}"#,
    r#""fault":"cut_body"}"#,
    r#""fault":"bad_json"}"#,
    r#""fault":"html"}"#,
    r#""fault":"moved"}"#,
    r#""fault":"odd_record"}"#,
    r#""fault":"wrong_book"}"#,
];
/// The providers' names in that API.
pub const PROVIDERS: [&str; 3] = ["google", "openlibrary", "isbndb"];

/// What a port does wrong on purpose. The product's own code is never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlantedFault {
    /// A call is sent twice.
    SentTwice,
    /// The Workers' config has ten times a provider's daily quota.
    DayMisread,
    /// The units of a call are not stored.
    CountNotStored,
    /// A limiter that starts again does not read its stored count.
    CountForgotten,
    /// A call of an anonymous client is sent as the owner's.
    PublicIsInteractive,
    /// A found entry is stored as an absence.
    AbsenceStored,
    /// A failure is answered as an internal error.
    FailureUntyped,
    /// A partial answer is kept as long as a complete one.
    PartialIsKept,
    /// A book is stored under the ISBN of another.
    WrongBookStored,
    /// Each alarm is set to the next moment.
    AlarmAtOnce,
    /// A call has no time limit.
    DeadlineIgnored,
    /// A large change of the ledger loses its first row.
    RowLost,
    /// The last line of a file is read as a blank one.
    LineLost,
    /// R2 confirms most writes without storing them.
    EntriesLost,
    /// An answer leaves ten seconds late.
    AnswerLate,
    /// Code that reads KV panics.
    ReadPanics,
    /// A token goes over a binding.
    SecretSent,
    /// Each provider request contains the id of its cause.
    RequestInQuestion,
    /// Calls to providers are lost on their way.
    ProvidersUnreachable,
    /// R2 does not find stored entries.
    ColdEntryUnseen,
    /// A purge does not reach KV.
    PurgeLeavesKv,
}

/// Every rule, and the planted fault that it must find.
pub const RULES: [(&str, PlantedFault); 23] = [
    ("pace_is_kept", PlantedFault::SentTwice),
    ("day_is_kept", PlantedFault::DayMisread),
    ("counted_before_sent", PlantedFault::CountNotStored),
    ("counted_before_sent", PlantedFault::CountForgotten),
    ("public_share_is_kept", PlantedFault::PublicIsInteractive),
    ("no_failure_as_an_absence", PlantedFault::AbsenceStored),
    ("no_absence_of_a_known_book", PlantedFault::AbsenceStored),
    ("failures_are_typed", PlantedFault::FailureUntyped),
    ("partial_is_short_lived", PlantedFault::PartialIsKept),
    ("no_wrong_book", PlantedFault::WrongBookStored),
    ("done_is_warm", PlantedFault::EntriesLost),
    ("calls_end_in_time", PlantedFault::DeadlineIgnored),
    ("answered_in_time", PlantedFault::AnswerLate),
    ("rows_add_up", PlantedFault::LineLost),
    ("states_add_up", PlantedFault::RowLost),
    ("no_panic", PlantedFault::ReadPanics),
    ("no_secret_leaves_its_worker", PlantedFault::SecretSent),
    ("one_key_is_one_question", PlantedFault::RequestInQuestion),
    ("breakers_open_only_for_failing_providers", PlantedFault::ProvidersUnreachable),
    ("fresh_entries_are_served", PlantedFault::ColdEntryUnseen),
    ("a_purge_holds", PlantedFault::PurgeLeavesKv),
    ("no_endless_alarms", PlantedFault::AlarmAtOnce),
    ("nothing_is_stuck", PlantedFault::RowLost),
];
