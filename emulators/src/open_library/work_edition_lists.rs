//! The lists below a record: an author's works, a work's editions.

use serde_json::{Value, json};

use super::records_by_key::{edition_record, has_editions, parse_key_number, work_record};
use super::{emulated_error_replies, works};
use crate::emulator_reply::{EmulatorReply, ReplyResult, add_json_members};
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::EmulatorRequest;

/// `limit` (50, at most 1,000) and `offset` of the lists below a record.
fn page_bounds(incoming: &EmulatorRequest) -> Result<(usize, usize), EmulatorReply> {
    let limit =
        emulated_error_replies::whole_number(incoming, "limit", (0, Some(1_000)))?.unwrap_or(50);
    let offset = emulated_error_replies::whole_number(incoming, "offset", (0, None))?.unwrap_or(0);
    Ok((limit, offset))
}

fn no_such_record() -> EmulatorReply {
    EmulatorReply::with_json_body(404, &json!({ "detail": "Not Found" }))
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
    let link = |offset: usize| json!(format!("{path}?limit={limit}&offset={offset}"));
    if offset > 0 {
        add_json_members(&mut links, [("prev", link(offset.saturating_sub(limit)))]);
    }
    if offset + limit < all.len() {
        add_json_members(&mut links, [("next", link(offset + limit))]);
    }
    let shown: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
    EmulatorReply::ok(&json!({ "links": links, "size": all.len(), "entries": shown }))
}

pub(super) fn works_of_author(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
    key: &str,
) -> ReplyResult {
    let found = parse_key_number(key, 'A').and_then(|n| context.catalogue.author_by_number(n));
    let author = found.ok_or_else(no_such_record)?;
    let all: Vec<Value> = author
        .works
        .iter()
        .filter_map(|at| context.catalogue.works.get(*at))
        .filter(|work| has_editions(context, work))
        .map(|work| work_record(context, work))
        .collect();
    let window = page_bounds(incoming)?;
    Ok(list_reply(("author", &format!("/authors/{key}")), "works", window, &all))
}

pub(super) fn editions_of_work(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
    key: &str,
) -> ReplyResult {
    let found = parse_key_number(key, 'W').and_then(|n| context.catalogue.work_by_number(n));
    let work = found.ok_or_else(no_such_record)?;
    let all: Vec<Value> = works::known_editions(context, work)
        .into_iter()
        .map(|edition| edition_record(context, edition))
        .collect();
    let window = page_bounds(incoming)?;
    Ok(list_reply(("work", &format!("/works/{key}")), "editions", window, &all))
}
