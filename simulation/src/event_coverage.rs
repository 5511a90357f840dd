//! Events that must occur in 100 worlds; a rule is untested for an event that never occurs.

use std::collections::BTreeMap;

/// The number of worlds in which all events must occur.
pub const WORLDS: u64 = 100;

/// The events by the names of their counters, one kind of event a line.
const EXERCISED: &str = "
    kv absences after a write, kv values after a change, kv writes too soon, kv writes after the day
    r2 writes too soon, r2 writes refused for a newer one, r2 writes slow
    crashes before a commit, crashes after a commit, evictions, isolates restarted
    alarms late, alarms twice, alarms retried, alarms dropped
    calls lost, answers lost, calls never answered
    platform KvDown, platform KvDaySpent, platform R2Down, platform R2Slow, platform CallsLost
    platform StorageDown, platform StorageAnswerLost, platform CrashAtCommit, platform AlarmsLate, platform AlarmsFail
    provider status, provider timeout, provider hang, provider reset, provider cut_body, provider bad_json
    provider html, provider odd_record, provider moved, provider wrong_book, days spent elsewhere
    owner upload 202, owner replaces a file, owner pause 200, owner resume 200, owner cancel 200, owner retry 200
    owner purge 200, abuser 200, abuser 429
    answers 200 MISS, answers 200 HIT-R2-COLD, answers 200 HIT-KV-HOT, answers 200 HIT-MEMORY, answers 404 -
    answers 429 -, answers 503 -, worlds with large bodies
";

/// The events that occurred in no world.
#[must_use]
pub fn missing_events(totals: &BTreeMap<String, u64>) -> Vec<&'static str> {
    let names = EXERCISED.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty());
    names.filter(|name| totals.get(*name).is_none_or(|count| *count == 0)).collect()
}
