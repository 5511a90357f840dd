//! Answers with odd records in them.

use serde_json::Value;

use crate::hash::FakeDataSeed;

/// Values that are no title, name, number or list; JSON's own reader refuses some of them.
const VALUES: [&str; 10] = [
    "null",
    "-1",
    "1e400",
    "\"xii, 300\"",
    "\"\\ud800\"",
    "[null]",
    "[-1]",
    "{}",
    "true",
    "{\"a\":[[1]]}",
];
/// The placeholder in the body that is replaced by the odd value's text.
const PLACEHOLDER: &str = "@odd@";
/// The members that identify a record: without one, a caller cannot match the record to a book.
const KEPT: [&str; 8] =
    ["title", "title_long", "isbn", "isbn13", "isbn10", "identifiers", "industryIdentifiers", "id"];

/// The answer with every second record made odd, or, with `whole`, replaced by an odd value.
pub(crate) fn with_odd_records(body: &[u8], whole: bool, nonce: u64) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    let seed = FakeDataSeed::of(&["odd", &nonce.to_string()]);
    for record in answer_records_mut(&mut answer).into_iter().skip(1).step_by(2) {
        let inside = if record.get("volumeInfo").is_some() { "/volumeInfo" } else { "" };
        let odd = Value::String(PLACEHOLDER.to_owned());
        match record.pointer_mut(inside) {
            Some(Value::Object(members)) if !whole => {
                let mut names: Vec<String> = members.keys().cloned().collect();
                names.retain(|name| !KEPT.contains(&name.as_str()));
                let at = seed.seeded_index("field", names.len());
                names.get(at).and_then(|name| members.insert(name.clone(), odd));
            }
            _ => *record = odd,
        }
    }
    let odd = if whole { "null" } else { seed.seeded_choice("value", &VALUES) };
    answer.to_string().replace(&format!("\"{PLACEHOLDER}\""), odd).into_bytes()
}

/// The records of a list, or of a look-up by keys.
fn answer_records_mut(answer: &mut Value) -> Vec<&mut Value> {
    let Value::Object(members) = answer else { return Vec::new() };
    let list = ["items", "docs", "data", "books"]
        .into_iter()
        .find(|name| members.get(*name).is_some_and(Value::is_array));
    match list {
        Some(name) => members
            .get_mut(name)
            .and_then(Value::as_array_mut)
            .map(|list| list.iter_mut().collect())
            .unwrap_or_default(),
        None => members.values_mut().filter(|value| value.is_object()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_second_record_is_odd() {
        for body in [
            json!({"totalItems":3,"items":[{"id":"a","volumeInfo":{"title":"A","pageCount":1}},
                {"id":"b","volumeInfo":{"title":"B","pageCount":2}}]}),
            json!({"docs":[{"title":"A","x":1},{"title":"B","x":2}]}),
            json!({"ISBN:1":{"title":"A","x":1},"ISBN:2":{"title":"B","x":2}}),
        ] {
            for (whole, nonce) in [(false, 1), (false, 2), (false, 3), (true, 1)] {
                let odd = with_odd_records(body.to_string().as_bytes(), whole, nonce);
                let odd = String::from_utf8(odd).unwrap();
                assert_ne!(odd, body.to_string());
                assert!(odd.contains("\"A\""), "{odd}");
                assert_eq!(odd.contains("\"B\""), !whole, "{odd}");
                assert!(!odd.contains(PLACEHOLDER), "{odd}");
            }
        }
    }
}
