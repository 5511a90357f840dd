//! Takes a merged answer apart.

use bibliography::edition::{Edition, IndustryIdentifier};
use bibliography::isbn::Isbn13;
use runtime::wire_types::volume::{FieldSource, Volume};

use crate::provider::Provider;
use crate::provider_record::ProviderRecord;
use crate::volume_id::AnswerVolumeId;

/// The records that merge to these items: one for each source of an item, with the fields from that
/// source. The rank is the position in the answer.
pub fn candidates_of(volumes: &[Volume]) -> Vec<ProviderRecord> {
    let sources = (0..)
        .zip(volumes)
        .flat_map(|(rank, volume)| volume.sources.iter().map(move |source| (volume, source, rank)));
    sources.filter_map(|(volume, source, rank)| record_of_source(volume, source, rank)).collect()
}

fn record_of_source(volume: &Volume, source: &FieldSource, rank: u32) -> Option<ProviderRecord> {
    let provider = Provider::ALL.into_iter().find(|provider| provider.name() == source.provider)?;
    let has = |field: &str| source.fields.iter().any(|name| name == field);
    let item = &volume.edition;
    let text = |field: &str, value: &Option<String>| value.clone().filter(|_| has(field));
    let number = |field: &str, value: Option<u32>| value.filter(|_| has(field));
    let list =
        |field: &str, values: &[String]| if has(field) { values.to_vec() } else { Vec::new() };
    let other_ids = item.other_ids.iter().filter(|_| has("industryIdentifiers"));
    let isbn_of_other = |id: &IndustryIdentifier| {
        (id.kind == "ISBN_13").then(|| Isbn13::parse(&id.identifier).ok()).flatten()
    };
    let (edition_isbns, other_ids): (Vec<_>, Vec<_>) =
        other_ids.map(|id| (isbn_of_other(id), id)).partition(|(isbn, _)| isbn.is_some());
    let edition = Edition {
        isbn13: item.isbn13,
        other_ids: other_ids.into_iter().map(|(_, id)| id.clone()).collect(),
        title: if has("title") { item.title.clone() } else { String::new() },
        subtitle: text("subtitle", &item.subtitle),
        authors: list("authors", &item.authors),
        publisher: text("publisher", &item.publisher),
        published_date: text("publishedDate", &item.published_date),
        description: text("description", &item.description),
        page_count: number("pageCount", item.page_count),
        categories: list("categories", &item.categories),
        average_rating: item.average_rating.filter(|_| has("averageRating")),
        ratings_count: number("averageRating", item.ratings_count),
        image: text("imageLinks", &item.image),
        small_image: text("imageLinks", &item.small_image),
        language: text("language", &item.language),
        languages: list("languages", &item.languages),
        series: text("series", &item.series),
        edition_count: number("editionCount", item.edition_count),
        readers_count: number("readersCount", item.readers_count),
        binding: text("binding", &item.binding),
    };
    let provider_id = match AnswerVolumeId::parse(&volume.id)? {
        AnswerVolumeId::Isbn(_) => String::new(),
        AnswerVolumeId::Provider(_, own) => own,
    };
    Some(ProviderRecord {
        provider_id,
        item_id: Some(volume.id.clone()),
        edition_isbns: edition_isbns.into_iter().filter_map(|(isbn, _)| isbn).collect(),
        work_id: volume.work_id.clone(),
        ..ProviderRecord::new(provider, rank, edition)
    })
}
