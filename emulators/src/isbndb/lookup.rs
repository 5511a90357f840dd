//! The books of the catalogue that ISBNdb knows, and their records.

use serde_json::Value;

use super::book;
use crate::catalogue::isbn;
use crate::context::ReplyContext;
use crate::request::Provider;

pub(super) fn has_book(context: &ReplyContext<'_>, at: usize) -> bool {
    context.catalogue.edition(at).is_some_and(|edition| edition.known_to(Provider::Isbndb))
}

pub(super) fn find(context: &ReplyContext<'_>, written: &str) -> Option<usize> {
    let digits = isbn::digits(written);
    if !isbn::is_valid(&digits) {
        return None;
    }
    let at = context.catalogue.by_isbn13(&isbn::to13(&digits)?)?;
    has_book(context, at).then(|| context.served_edition(at))
}

pub(super) fn record(context: &ReplyContext<'_>, at: usize) -> Option<Value> {
    context.catalogue.edition(at).map(|edition| book::book(context, edition))
}
