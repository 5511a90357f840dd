//! The books of the catalogue that ISBNdb knows, and their records.

use serde_json::Value;

use super::book;
use crate::catalogue::isbn;
use crate::context::Context;
use crate::request::Provider;

pub(super) fn known(context: &Context<'_>, at: usize) -> bool {
    context.catalogue.edition(at).is_some_and(|edition| edition.known_to(Provider::Isbndb))
}

pub(super) fn find(context: &Context<'_>, written: &str) -> Option<usize> {
    let digits = isbn::digits(written);
    if !isbn::is_valid(&digits) {
        return None;
    }
    let at = context.catalogue.by_isbn13(&isbn::to13(&digits)?)?;
    known(context, at).then(|| context.shown(at))
}

pub(super) fn record(context: &Context<'_>, at: usize) -> Option<Value> {
    context.catalogue.edition(at).map(|edition| book::book(context, edition))
}
