//! The lists below a record: an author's works, a work's editions.

use serde_json::{Value, json};

use super::records_by_key::{edition_record, has_editions, parse_key_number, work_record};
use super::{error_replies, works};
use crate::emulator_context::EmulatorReplyContext;
use crate::emulator_reply::EmulatorReply;
use crate::emulator_request::EmulatorRequest;

/// `limit` (50, at most 1,000) and `offset` of the lists below a record.
fn page_bounds(incoming: &EmulatorRequest) -> Result<(usize, usize), EmulatorReply> {
    let limit = error_replies::whole_number(incoming, "limit", (0, Some(1_000)))?.unwrap_or(50);
    let offset = error_replies::whole_number(incoming, "offset", (0, None))?.unwrap_or(0);
    Ok((limit, offset))
}

fn list_reply(
    parent: (&str, &str),
    list: &str,
    (limit, offset): (usize, usize),
    all: &[Value],
) -> EmulatorReply {
    let (name, key) = parent;
    let path = format!("{key}/{list}.json");
    let mut links = json!({ "self": path, name: key });
    if let Some(links) = links.as_object_mut() {
        if offset > 0 {
            let before = offset.saturating_sub(limit);
            links.insert("prev".to_owned(), json!(format!("{path}?limit={limit}&offset={before}")));
        }
        if offset + limit < all.len() {
            let after = offset + limit;
            links.insert("next".to_owned(), json!(format!("{path}?limit={limit}&offset={after}")));
        }
    }
    let shown: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
    EmulatorReply::with_json_body(
        200,
        &json!({ "links": links, "size": all.len(), "entries": shown }),
    )
}

pub(super) fn works_of_author(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
    key: &str,
) -> EmulatorReply {
    let found = parse_key_number(key, 'A').and_then(|n| context.catalogue.by_author_number(n));
    let Some(author) = found.and_then(|at| context.catalogue.authors.get(at)) else {
        return EmulatorReply::with_json_body(404, &json!({ "detail": "Not Found" }));
    };
    let all: Vec<Value> = author
        .works
        .iter()
        .filter(|at| has_editions(context, **at))
        .map(|at| work_record(context, *at))
        .collect();
    match page_bounds(incoming) {
        Ok(window) => list_reply(("author", &format!("/authors/{key}")), "works", window, &all),
        Err(refused) => refused,
    }
}

pub(super) fn editions_of_work(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
    key: &str,
) -> EmulatorReply {
    let found =
        parse_key_number(key, 'W').and_then(|number| context.catalogue.by_work_number(number));
    let Some(work) = found.and_then(|at| context.catalogue.works.get(at)) else {
        return EmulatorReply::with_json_body(404, &json!({ "detail": "Not Found" }));
    };
    let all: Vec<Value> = works::known_editions(context, work)
        .into_iter()
        .map(|edition| edition_record(context, edition))
        .collect();
    match page_bounds(incoming) {
        Ok(window) => list_reply(("work", &format!("/works/{key}")), "editions", window, &all),
        Err(refused) => refused,
    }
}
