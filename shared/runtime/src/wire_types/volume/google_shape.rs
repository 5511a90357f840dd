//! `Volume` as JSON: members named and nested as Google Books does it. The stored entries and the
//! answers have this form.

use std::borrow::Cow;

use bibliography::edition::{Edition, IndustryIdentifier};
use bibliography::isbn::Isbn13;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{FieldSource, Volume};

const KIND: &str = "books#volume";

/// The prefix of the id of an item with an ISBN.
const ISBN_ID_PREFIX: &str = "isbn-";

impl Volume {
    /// The id of the item of an ISBN.
    #[must_use]
    pub fn id_of(isbn: Isbn13) -> String {
        format!("{ISBN_ID_PREFIX}{isbn}")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GoogleVolume<'a> {
    kind: Cow<'a, str>,
    id: Cow<'a, str>,
    volume_info: VolumeInfo<'a>,
    #[serde(default)]
    sources: Cow<'a, [FieldSource]>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    work_id: Option<Cow<'a, str>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct VolumeInfo<'a> {
    title: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subtitle: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_empty")]
    authors: Cow<'a, [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_date: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    industry_identifiers: Vec<IndustryIdentifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_count: Option<u32>,
    #[serde(skip_serializing_if = "is_empty")]
    categories: Cow<'a, [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    average_rating: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratings_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_links: Option<ImageLinks<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_empty")]
    languages: Cow<'a, [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edition_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    readers_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageLinks<'a> {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    small_thumbnail: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    thumbnail: Option<Cow<'a, str>>,
}

fn is_empty(list: &[String]) -> bool {
    list.is_empty()
}

fn borrowed(value: &Option<String>) -> Option<Cow<'_, str>> {
    value.as_deref().map(Cow::Borrowed)
}

impl Serialize for Volume {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Edition {
            isbn13,
            other_ids,
            title,
            subtitle,
            authors,
            publisher,
            published_date,
            description,
            page_count,
            categories,
            average_rating,
            ratings_count,
            image,
            small_image,
            language,
            languages,
            series,
            edition_count,
            readers_count,
            binding,
        } = &self.edition;
        let (small_thumbnail, thumbnail) = (borrowed(small_image), borrowed(image));
        let has_image = small_thumbnail.is_some() || thumbnail.is_some();
        let own = isbn13.iter().flat_map(|isbn| {
            let long = IndustryIdentifier::new("ISBN_13", isbn.to_string());
            let short = isbn.to_isbn10().map(|ten| IndustryIdentifier::new("ISBN_10", ten));
            std::iter::once(long).chain(short)
        });
        let volume_info = VolumeInfo {
            title: Cow::Borrowed(title),
            subtitle: borrowed(subtitle),
            authors: Cow::Borrowed(authors),
            publisher: borrowed(publisher),
            published_date: borrowed(published_date),
            description: borrowed(description),
            industry_identifiers: own.chain(other_ids.iter().cloned()).collect(),
            page_count: *page_count,
            categories: Cow::Borrowed(categories),
            average_rating: *average_rating,
            ratings_count: *ratings_count,
            image_links: has_image.then_some(ImageLinks { small_thumbnail, thumbnail }),
            language: borrowed(language),
            languages: Cow::Borrowed(languages),
            series: borrowed(series),
            edition_count: *edition_count,
            readers_count: *readers_count,
            binding: borrowed(binding),
        };
        GoogleVolume {
            kind: Cow::Borrowed(KIND),
            id: Cow::Borrowed(&self.id),
            volume_info,
            sources: Cow::Borrowed(&self.sources),
            work_id: borrowed(&self.work_id),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Volume {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let GoogleVolume { kind: _, id, volume_info: info, sources, work_id } =
            GoogleVolume::deserialize(deserializer)?;
        let text = |value: Option<Cow<'_, str>>| value.map(Cow::into_owned);
        let own = id.strip_prefix(ISBN_ID_PREFIX).and_then(|text| Isbn13::parse(text).ok());
        let is_other =
            |id: &IndustryIdentifier| own.is_none() || Isbn13::parse(&id.identifier).ok() != own;
        let (image, small_image) = match info.image_links {
            Some(links) => (text(links.thumbnail), text(links.small_thumbnail)),
            None => (None, None),
        };
        let edition = Edition {
            isbn13: own,
            other_ids: info.industry_identifiers.into_iter().filter(is_other).collect(),
            title: info.title.into_owned(),
            subtitle: text(info.subtitle),
            authors: info.authors.into_owned(),
            publisher: text(info.publisher),
            published_date: text(info.published_date),
            description: text(info.description),
            page_count: info.page_count,
            categories: info.categories.into_owned(),
            average_rating: info.average_rating,
            ratings_count: info.ratings_count,
            image,
            small_image,
            language: text(info.language),
            languages: info.languages.into_owned(),
            series: text(info.series),
            edition_count: info.edition_count,
            readers_count: info.readers_count,
            binding: text(info.binding),
        };
        Ok(Self {
            id: id.into_owned(),
            edition,
            sources: sources.into_owned(),
            work_id: text(work_id),
        })
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
