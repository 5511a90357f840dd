//! The documents that the ledger stores have their recorded forms.

use testkit::RecordedForms;
use warmer_core::ledger::item::{LedgerItem, RejectedRow};
use warmer_core::ledger::job::Job;
use warmer_core::ledger::meta::{BindingCheckHistory, LedgerMeta};
use warmer_core::ledger::search_warming::SearchWarming;

#[test]
fn forms_are_read_and_written_as_recorded() {
    let mut forms = RecordedForms::parse(include_str!("forms.json"));
    forms.check::<Job>("Job");
    forms.check::<LedgerMeta>("Meta");
    forms.check::<BindingCheckHistory>("Checks");
    forms.check::<SearchWarming>("SearchWarming");
    forms.check::<LedgerItem>("Item");
    forms.check::<RejectedRow>("Rejected");
    forms.assert_complete();
}

#[test]
fn rows_of_a_later_version_are_skipped() {
    let row =
        |query: &str| format!(r#"{{"key":"k","query":{query},"timesSearched":2,"lastAskedMs":5}}"#);
    let (known, later) = (row(r#"{"kind":"auto","q":"dune"}"#), row(r#"{"kind":"series"}"#));
    let stored = format!(r#"{{"list":"paused","toLookUp":[{later},{known}],"toWarm":[{later}]}}"#);
    let stored: SearchWarming = serde_json::from_str(&stored).unwrap();
    let written = serde_json::to_value(&stored).unwrap();
    assert_eq!(written["list"], "unknown");
    assert_eq!(written["toLookUp"].as_array().map(Vec::len), Some(1));
    let job: Job = serde_json::from_str(r#"{"number":3,"format":"shelfmark"}"#).unwrap();
    assert_eq!(serde_json::to_value(&job).unwrap()["number"], 3);
}
