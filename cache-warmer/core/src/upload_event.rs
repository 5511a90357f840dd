//! R2's event notifications: which of them may mean a new library.

use serde_json::Value;

use crate::warming_engine::bucket_scan::UPLOADS_PREFIX;

/// Actions that create an object or a new version of it.
/// <https://developers.cloudflare.com/r2/buckets/event-notifications/>
const WRITES: [&str; 3] = ["PutObject", "CopyObject", "CompleteMultipartUpload"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum R2EventRelevance {
    Uploaded,
    Nothing,
    Malformed,
}

pub fn parse_event(message: Option<&str>) -> R2EventRelevance {
    let event = message.and_then(|text| serde_json::from_slice::<Value>(text.as_bytes()).ok());
    let member = |path| event.as_ref()?.pointer(path)?.as_str();
    match (member("/action"), member("/object/key")) {
        (Some(action), Some(key))
            if WRITES.contains(&action) && key.starts_with(UPLOADS_PREFIX) =>
        {
            R2EventRelevance::Uploaded
        }
        (Some(_), Some(_)) => R2EventRelevance::Nothing,
        _ => R2EventRelevance::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(action: &str, key: &str) -> String {
        format!(
            r#"{{"account":"a","action":"{action}","bucket":"personal-library-data","object":
            {{"key":"{key}","size":65536,"eTag":"c846ff7a18f28c2e262116d6e8719ef0"}},
            "eventTime":"2026-11-21T08:00:00.000Z","copySource":{{"bucket":"b","object":"o"}}}}"#
        )
    }

    #[test]
    fn only_a_new_file_under_uploads_causes_a_scan() {
        for (action, key, detail) in [
            ("PutObject", "uploads/books.csv", R2EventRelevance::Uploaded),
            ("CopyObject", "uploads/a/b.csv", R2EventRelevance::Uploaded),
            ("CompleteMultipartUpload", "uploads/large.csv", R2EventRelevance::Uploaded),
            ("PutObject", "results/books-1.json", R2EventRelevance::Nothing),
            ("PutObject", "api-cache/v1/any/uploads/x", R2EventRelevance::Nothing),
            ("DeleteObject", "uploads/books.csv", R2EventRelevance::Nothing),
            ("LifecycleDeletion", "uploads/books.csv", R2EventRelevance::Nothing),
            ("SomethingNew", "uploads/books.csv", R2EventRelevance::Nothing),
        ] {
            assert_eq!(parse_event(Some(&notification(action, key))), detail, "{action} {key}");
        }
    }

    #[test]
    fn malformed_events_differ_from_unrelated_ones() {
        let delete = r#"{"action":"DeleteObject","object":{"key":"uploads/x.csv"}}"#;
        assert_eq!(parse_event(Some(delete)), R2EventRelevance::Nothing, "a deletion has no size");
        for text in ["", "null", "[]", "{}", "uploads/books.csv", r#"{"action":"PutObject"}"#] {
            assert_eq!(parse_event(Some(text)), R2EventRelevance::Malformed, "{text}");
        }
        assert_eq!(parse_event(None), R2EventRelevance::Malformed);
    }
}
