//! A search answer in Google Books' shape: members named and nested as Google Books does it,
//! because existing clients read it, plus our own. The stored entries and the answers have this
//! form.

use bibliography::edition::{Edition, IndustryIdentifier};
use bibliography::isbn::Isbn13;
use serde::{Deserialize, Serialize};

const KIND: &str = "books#volume";

/// The prefix of the id of an item with an ISBN.
const ISBN_ID_PREFIX: &str = "isbn-";

/// `books#volumes`: one page of a search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchAnswerPage {
    pub kind: String,
    /// The number of books in the merged answer.
    pub total_items: u32,
    #[serde(default)]
    pub items: Vec<Volume>,
    /// The provider with the most records.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider: Option<String>,
    #[serde(default)]
    pub providers: Vec<ProviderReport>,
    /// True if a queried provider gave no answer.
    #[serde(default)]
    pub partial: bool,
    /// True if no provider found anything, and a wider query found these.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub widened: bool,
    pub query_analysis: QueryReport,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderReport {
    /// `google-books`, `open-library` or `isbndb`.
    pub name: String,
    /// A stable word: `found`, `not_found`, or a failure's code.
    pub outcome: String,
    pub count: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueryReport {
    /// `isbn`, `author`, `title` or `mixed`.
    #[serde(rename = "type")]
    pub kind: String,
    pub confidence: f32,
    /// The normalised form, from which the cache key is made.
    pub normalized: String,
    /// The ISBN that was looked up instead of one with a wrong check digit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repaired: Option<String>,
}

/// One item of an answer. Its JSON is that of `GoogleVolume`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "GoogleVolume", into = "GoogleVolume")]
pub struct Volume {
    /// Our own id: stable for the same edition.
    pub id: String,
    pub edition: Edition,
    /// Which provider gave which group of fields.
    pub sources: Vec<FieldSource>,
    /// Open Library's work, if known.
    pub work_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldSource {
    pub provider: String,
    pub fields: Vec<String>,
}

impl Volume {
    /// The id of the item of an ISBN.
    #[must_use]
    pub fn id_of(isbn: Isbn13) -> String {
        format!("{ISBN_ID_PREFIX}{isbn}")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GoogleVolume {
    kind: String,
    id: String,
    volume_info: VolumeInfo,
    #[serde(default)]
    sources: Vec<FieldSource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work_id: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct VolumeInfo {
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subtitle: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    industry_identifiers: Vec<IndustryIdentifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_count: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    average_rating: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratings_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_links: Option<ImageLinks>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    languages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edition_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    readers_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageLinks {
    #[serde(skip_serializing_if = "Option::is_none")]
    small_thumbnail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail: Option<String>,
}

/// A value of the type before `from`: the fields that [`VolumeInfo`] and [`Edition`] have in common
/// are taken from `$source`, the others are given.
macro_rules! with_common_fields {
    ($Target:ident from $source:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {
        $Target {
            title: $source.title,
            subtitle: $source.subtitle,
            authors: $source.authors,
            publisher: $source.publisher,
            published_date: $source.published_date,
            description: $source.description,
            page_count: $source.page_count,
            categories: $source.categories,
            average_rating: $source.average_rating,
            ratings_count: $source.ratings_count,
            language: $source.language,
            languages: $source.languages,
            series: $source.series,
            edition_count: $source.edition_count,
            readers_count: $source.readers_count,
            binding: $source.binding,
            $($field $(: $value)?,)*
        }
    };
}

impl From<Volume> for GoogleVolume {
    fn from(Volume { id, edition, sources, work_id }: Volume) -> Self {
        let own = edition.isbn13.iter().flat_map(|isbn| {
            let long = IndustryIdentifier::new("ISBN_13", isbn.to_string());
            let short = isbn.to_isbn10().map(|ten| IndustryIdentifier::new("ISBN_10", ten));
            std::iter::once(long).chain(short)
        });
        let industry_identifiers = own.chain(edition.other_ids).collect();
        let (small_thumbnail, thumbnail) = (edition.small_image, edition.image);
        let has_image = small_thumbnail.is_some() || thumbnail.is_some();
        let image_links = has_image.then_some(ImageLinks { small_thumbnail, thumbnail });
        let volume_info =
            with_common_fields!(VolumeInfo from edition { industry_identifiers, image_links });
        Self { kind: KIND.to_owned(), id, volume_info, sources, work_id }
    }
}

impl From<GoogleVolume> for Volume {
    fn from(
        GoogleVolume { kind: _, id, volume_info: info, sources, work_id }: GoogleVolume,
    ) -> Self {
        let isbn13 = id.strip_prefix(ISBN_ID_PREFIX).and_then(|text| Isbn13::parse(text).ok());
        let mut other_ids = info.industry_identifiers;
        other_ids.retain(|id| isbn13.is_none() || Isbn13::parse(&id.identifier).ok() != isbn13);
        let ImageLinks { small_thumbnail: small_image, thumbnail: image } =
            info.image_links.unwrap_or_default();
        let edition =
            with_common_fields!(Edition from info { isbn13, other_ids, image, small_image });
        Self { id, edition, sources, work_id }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_written_and_read_in_the_shape_of_google_books() {
        let stored = json!({
            "kind": "books#volume",
            "id": "isbn-9780441172719",
            "volumeInfo": {
                "title": "Dune",
                "authors": ["Frank Herbert"],
                "publishedDate": "1990-09-01",
                "industryIdentifiers": [
                    {"type": "ISBN_13", "identifier": "9780441172719"},
                    {"type": "ISBN_10", "identifier": "0441172717"},
                    {"type": "OTHER", "identifier": "UOM:39015"},
                ],
                "pageCount": 535,
                "averageRating": 4.5,
                "imageLinks": {"smallThumbnail": "https://a/s.jpg", "thumbnail": "https://a/m.jpg"},
                "series": "Dune, #1",
                "editionCount": 120,
            },
            "sources": [{"provider": "google-books", "fields": ["title"]}],
            "workId": "OL893415W",
        });
        let volume: Volume = serde_json::from_value(stored.clone()).unwrap();
        let edition = &volume.edition;
        assert_eq!(edition.isbn13, Isbn13::parse("9780441172719").ok());
        assert_eq!(edition.other_ids, [IndustryIdentifier::new("OTHER", "UOM:39015")]);
        assert_eq!(edition.image.as_deref(), Some("https://a/m.jpg"));
        assert_eq!(serde_json::to_value(&volume).unwrap(), stored);
    }

    #[test]
    fn the_isbns_of_a_work_are_not_an_edition_s_own() {
        let ids = json!([{"type": "ISBN_13", "identifier": "9780441172719"}]);
        let stored = json!({"kind": "books#volume", "id": "ol-OL1W",
            "volumeInfo": {"title": "Dune", "industryIdentifiers": ids}, "sources": []});
        let volume: Volume = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!((volume.edition.isbn13, volume.edition.other_ids.len()), (None, 1));
        assert_eq!(serde_json::to_value(&volume).unwrap(), stored);
    }
}
