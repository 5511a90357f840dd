//! A merged answer taken apart again.

use bibliography::isbn::Isbn13;
use runtime::api::volume::{Source, Volume};

use crate::candidate::Candidate;
use crate::provider::Provider;
use crate::volume_id::VolumeId;

/// The records that merge to these items: one for each source of each item, holding the fields
/// taken from it. The position in the answer is the rank.
#[must_use]
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
    if has("title") {
        record.title.clone_from(&info.title);
    }
    if has("subtitle") {
        record.subtitle.clone_from(&info.subtitle);
    }
    if has("authors") {
        record.authors.clone_from(&info.authors);
    }
    if has("publisher") {
        record.publisher.clone_from(&info.publisher);
    }
    if has("publishedDate") {
        record.published_date.clone_from(&info.published_date);
    }
    if has("description") {
        record.description.clone_from(&info.description);
    }
    if has("industryIdentifiers") {
        record.other_ids.extend(
            info.industry_identifiers
                .iter()
                .filter(|id| {
                    record.isbn13.is_none() || Isbn13::parse(&id.identifier).ok() != record.isbn13
                })
                .cloned(),
        );
    }
    if has("pageCount") {
        record.page_count = info.page_count;
    }
    if has("categories") {
        record.categories.clone_from(&info.categories);
    }
    if has("averageRating") {
        (record.average_rating, record.ratings_count) = (info.average_rating, info.ratings_count);
    }
    if has("imageLinks") {
        record.image_links.clone_from(&info.image_links);
    }
    if has("language") {
        record.language.clone_from(&info.language);
    }
    if has("binding") {
        record.binding.clone_from(&info.binding);
    }
    Some(record)
}
