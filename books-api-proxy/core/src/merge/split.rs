//! A merged answer taken apart again.

use bibliography::isbn::Isbn13;
use runtime::api::volume::{Source, Volume};

use crate::candidate::Candidate;
use crate::provider::Provider;
use crate::volume_id::VolumeId;

/// The records that merge to these items: one for each source of each item, holding the fields
/// taken from it. The position in the answer is the rank.
pub fn candidates_of(volumes: &[Volume]) -> Vec<Candidate> {
    let mut all = Vec::new();
    for (rank, volume) in (0..).zip(volumes) {
        all.extend(volume.sources.iter().filter_map(|source| record(volume, source, rank)));
    }
    all
}

fn record(volume: &Volume, source: &Source, rank: u32) -> Option<Candidate> {
    let provider = Provider::ALL.into_iter().find(|provider| provider.name() == source.provider)?;
    let has = |field: &str| source.fields.iter().any(|name| name == field);
    let info = &volume.volume_info;
    let id = VolumeId::parse(&volume.id)?;
    let mut record = Candidate::new(provider, rank);
    record.item_id = Some(volume.id.clone());
    match id {
        VolumeId::Isbn(isbn) => record.isbn13 = Some(isbn),
        VolumeId::Provider(_, own) => record.provider_id = own,
    }
    record.work_id.clone_from(&volume.work_id);
    let text = |field: &str, value: &Option<String>| value.clone().filter(|_| has(field));
    let list =
        |field: &str, values: &[String]| if has(field) { values.to_vec() } else { Vec::new() };
    if has("title") {
        record.title.clone_from(&info.title);
    }
    record.subtitle = text("subtitle", &info.subtitle);
    record.authors = list("authors", &info.authors);
    record.publisher = text("publisher", &info.publisher);
    record.published_date = text("publishedDate", &info.published_date);
    record.description = text("description", &info.description);
    if has("industryIdentifiers") {
        for id in &info.industry_identifiers {
            match Isbn13::parse(&id.identifier) {
                Ok(isbn) if Some(isbn) == record.isbn13 => {}
                Ok(isbn) if id.kind == "ISBN_13" => record.edition_isbns.push(isbn),
                _ => record.other_ids.push(id.clone()),
            }
        }
    }
    record.page_count = info.page_count.filter(|_| has("pageCount"));
    record.categories = list("categories", &info.categories);
    if has("averageRating") {
        (record.average_rating, record.ratings_count) = (info.average_rating, info.ratings_count);
    }
    record.image_links = info.image_links.clone().filter(|_| has("imageLinks"));
    record.language = text("language", &info.language);
    record.languages = list("languages", &info.languages);
    record.series = text("series", &info.series);
    record.edition_count = info.edition_count.filter(|_| has("editionCount"));
    record.readers_count = info.readers_count.filter(|_| has("readersCount"));
    record.binding = text("binding", &info.binding);
    Some(record)
}
