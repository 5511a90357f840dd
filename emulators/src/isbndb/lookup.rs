//! The books of the catalogue that ISBNdb knows, and their records.

use serde_json::Value;

use super::book;
use crate::catalogue::isbn;
use crate::context::ReplyContext;
use crate::request::Provider;

pub(super) fn has_book(context: &ReplyContext<'_>, at: usize) -> bool {
    context.catalogue.edition_at(at).is_some_and(|edition| edition.known_to(Provider::Isbndb))
}

pub(super) fn find_book_by_isbn(context: &ReplyContext<'_>, written: &str) -> Option<usize> {
    let digits = isbn::isbn_characters(written);
    if !isbn::is_valid(&digits) {
        return None;
    }
    let at = context.catalogue.by_isbn13(&isbn::to13(&digits)?)?;
    has_book(context, at).then(|| context.served_edition(at))
}

pub(super) fn book_record(context: &ReplyContext<'_>, at: usize) -> Option<Value> {
    context.catalogue.edition_at(at).map(|edition| book::messy_book_record(context, edition))
}
