//! The books of the catalogue that ISBNdb knows, and their records.

use serde_json::Value;

use super::isbndb_book_record;
use crate::catalogue::isbn;
use crate::emulator_context::EmulatorReplyContext;
use crate::emulator_request::Provider;

pub(super) fn has_book(context: &EmulatorReplyContext<'_>, at: usize) -> bool {
    context
        .catalogue
        .edition_at(at)
        .is_some_and(|edition| edition.is_known_to_provider(Provider::Isbndb))
}

pub(super) fn find_book_by_isbn(
    context: &EmulatorReplyContext<'_>,
    written: &str,
) -> Option<usize> {
    let digits = isbn::isbn_characters(written);
    if !isbn::is_valid_isbn(&digits) {
        return None;
    }
    let at = context.catalogue.by_isbn13(&isbn::to13(&digits)?)?;
    has_book(context, at).then(|| context.served_edition(at))
}

pub(super) fn book_record(context: &EmulatorReplyContext<'_>, at: usize) -> Option<Value> {
    context
        .catalogue
        .edition_at(at)
        .map(|edition| isbndb_book_record::messy_book_record(context, edition))
}
