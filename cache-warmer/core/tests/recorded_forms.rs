//! The documents that the ledger stores have their recorded forms.

use testkit::RecordedJsonForms;
use warmer_core::warming_ledger::job::LibraryWarmingJob;
use warmer_core::warming_ledger::search_log_warming::SearchLogWarmingState;
use warmer_core::warming_ledger::warmer_state::{BindingCheckHistory, WarmerState};
use warmer_core::warming_ledger::warming_item::{RejectedRow, WarmingItem};

#[test]
fn forms_are_read_and_written_as_recorded() {
    let mut forms = RecordedJsonForms::parse(include_str!("forms.json"));
    forms.check_round_trip::<LibraryWarmingJob>("Job");
    forms.check_round_trip::<WarmerState>("Meta");
    forms.check_round_trip::<BindingCheckHistory>("Checks");
    forms.check_round_trip::<SearchLogWarmingState>("SearchWarming");
    forms.check_round_trip::<WarmingItem>("Item");
    forms.check_round_trip::<RejectedRow>("Rejected");
    forms.assert_complete();
}

#[test]
fn rows_of_a_later_version_are_skipped() {
    let row =
        |query: &str| format!(r#"{{"key":"k","query":{query},"timesSearched":2,"lastAskedMs":5}}"#);
    let (known, later) = (row(r#"{"kind":"auto","q":"dune"}"#), row(r#"{"kind":"series"}"#));
    let stored = format!(r#"{{"list":"paused","toLookUp":[{later},{known}],"toWarm":[{later}]}}"#);
    let stored: SearchLogWarmingState = serde_json::from_str(&stored).unwrap();
    let written = serde_json::to_value(&stored).unwrap();
    assert_eq!(written["list"], "unknown");
    assert_eq!(written["toLookUp"].as_array().map(Vec::len), Some(1));
    let job: LibraryWarmingJob =
        serde_json::from_str(r#"{"number":3,"format":"shelfmark"}"#).unwrap();
    assert_eq!(serde_json::to_value(&job).unwrap()["number"], 3);
}
