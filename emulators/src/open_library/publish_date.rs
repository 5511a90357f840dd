//! Dates of publication as the contributors of Open Library write them.

use crate::catalogue::CatalogueEdition;

pub(super) fn publish_date(edition: &CatalogueEdition) -> String {
    let (year, month, day) = edition.publication_date();
    match edition.seed.seeded_number("ol date", 5) {
        0 => format!("{year}"),
        1 => format!("{year}-{month:02}-{day:02}"),
        2 => format!("June {year}"),
        3 => format!("Sep {day:02}, {year}"),
        _ => format!("{day} March {year}"),
    }
}
