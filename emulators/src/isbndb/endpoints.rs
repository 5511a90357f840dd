//! The endpoints, each as a function of the catalogue and the request.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::isbndb_book_record::{book_record, find_book_by_isbn, prices};
use super::{emulated_error_replies, list_endpoints};
use crate::catalogue::isbn;
use crate::emulator_reply::{EmulatorReply, add_json_members};
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::{EmulatorRequest, Provider, decode_path_segment, parse_query_string};
use crate::hash::FakeDataSeed;

const PATH_LIMIT_CHARS: usize = 150;

pub(super) fn dispatch(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
) -> EmulatorReply {
    let segments = incoming.segments();
    if let [_, name] = segments.as_slice() {
        match decode_path_segment(name) {
            None => return emulated_error_replies::bad_request_reply("The path is not UTF-8"),
            Some(text) if text.chars().count() > PATH_LIMIT_CHARS => {
                return emulated_error_replies::bad_request_reply(
                    "The path parameter must not exceed 150 characters",
                );
            }
            Some(_) => {}
        }
    }
    match segments.as_slice() {
        ["books"] if incoming.method == "POST" => bulk_reply(context, incoming),
        _ if !incoming.is_get_or_head() => emulated_error_replies::not_found(context.settings),
        ["book", isbn] => one_book(context, incoming, isbn),
        ["books", query] => list_endpoints::books_by_words(context, incoming, query),
        ["author", name] => list_endpoints::author_books_reply(context, incoming, name),
        ["authors", query] => list_endpoints::search_authors(context, incoming, query),
        ["search", "books"] => list_endpoints::search_books(context, incoming),
        ["key"] => key_reply(context),
        ["stats"] => stats(context),
        _ => emulated_error_replies::not_found(context.settings),
    }
}

fn one_book(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
    written: &str,
) -> EmulatorReply {
    let written = decode_path_segment(written).unwrap_or_default();
    let digits = isbn::isbn_characters(&written);
    let has_form = isbn::has_form10(&digits) || isbn::has_form13(&digits);
    // A number that is no ISBN is a 400 for some values and a 404 for others.
    let picky = FakeDataSeed::of(&["isbndb 400", &digits]).seeded_bool("400", 40);
    if !has_form || (!isbn::is_valid_isbn(&digits) && picky) {
        return emulated_error_replies::bad_request_reply("Invalid ISBN");
    }
    let found = find_book_by_isbn(context, &written)
        .and_then(|at| book_record(context, context.served_edition(at)));
    let Some(mut record) = found else {
        return emulated_error_replies::not_found(context.settings);
    };
    if incoming.param("with_prices") == Some("1") {
        add_json_members(&mut record, [("prices", prices())]);
    }
    EmulatorReply::ok(&json!({ "book": record }))
}

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

fn bulk_reply(context: &EmulatorReplyContext<'_>, incoming: &EmulatorRequest) -> EmulatorReply {
    let Some(asked) = asked_isbns(incoming) else {
        return emulated_error_replies::bad_request_reply("The isbns parameter is required");
    };
    if asked.len() > context.settings.isbndb_bulk_size() {
        return emulated_error_replies::bad_request_reply("Too many ISBNs for the current plan");
    }
    let found = asked.iter().filter_map(|isbn| find_book_by_isbn(context, isbn));
    let mut found: Vec<usize> = found.map(|at| context.served_edition(at)).collect();
    found.sort_unstable();
    found.dedup();
    // The order differs from that of the request.
    found.sort_by_key(|at| {
        FakeDataSeed::of(&["bulk order", &at.to_string()]).seeded_number("order", 1 << 32)
    });
    let data: Vec<Value> = found.iter().filter_map(|at| book_record(context, *at)).collect();
    EmulatorReply::ok(&json!({ "total": data.len(), "requested": asked.len(), "data": data }))
}

fn key_reply(context: &EmulatorReplyContext<'_>) -> EmulatorReply {
    let settings = context.settings;
    let total = settings.isbndb_per_day();
    let spent = context.spent.min(total);
    EmulatorReply::ok(&json!({
        "api_host": settings.plan.hostname(),
        "plan_limit": { "total": total, "spent": spent, "left": total - spent },
    }))
}

fn stats(context: &EmulatorReplyContext<'_>) -> EmulatorReply {
    let editions = &context.catalogue.editions;
    let books = editions.iter().filter(|edition| edition.is_known_to_provider(Provider::Isbndb));
    let publishers: HashSet<&str> = editions.iter().map(|edition| edition.publisher()).collect();
    let subjects: HashSet<&&str> = editions.iter().flat_map(|edition| edition.subjects()).collect();
    EmulatorReply::ok(&json!({
        "books": books.count(), "authors": context.catalogue.authors.len(),
        "publishers": publishers.len(), "subjects": subjects.len(),
    }))
}
