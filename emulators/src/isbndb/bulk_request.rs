//! The body of a bulk request, in its two forms.

use serde_json::Value;

use crate::emulator_request::{EmulatorRequest, parse_query_string};

/// The ISBNs a `POST /books` asks for, from JSON or a form.
pub(crate) fn asked_isbns(incoming: &EmulatorRequest) -> Option<Vec<String>> {
    if incoming.method != "POST" || incoming.segments() != ["books"] {
        return None;
    }
    if let Ok(body) = serde_json::from_slice::<Value>(&incoming.body) {
        let list = body.get("isbns")?.as_array()?;
        return Some(
            list.iter().map(|isbn| isbn.as_str().unwrap_or_default().to_owned()).collect(),
        );
    }
    let form = parse_query_string(std::str::from_utf8(&incoming.body).ok()?);
    let (_, list) = form.into_iter().find(|(name, _)| name == "isbns")?;
    Some(list.split(',').map(|isbn| isbn.trim().to_owned()).collect())
}
