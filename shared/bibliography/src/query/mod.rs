//! A search, analysed once: the cache key, the providers' requests and the ranking are made from
//! it.

mod analyse;
mod canonical_author_name;
mod initials;
mod keywords;
mod parse;
mod query_words;

use crate::isbn::Isbn13;
use crate::isbn::isbn_repair::IsbnRepair;
use crate::text_normalization::{
    canonical_text, folded_key_text, restore_article, strip_edition_words, strip_series,
    visible_text,
};
use canonical_author_name::{asked_name, shown_name};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryKind {
    Isbn,
    Author,
    Title,
    /// Free text: title, author or both, which its form does not show.
    Mixed,
    /// Title and author, each given as such.
    Advanced,
    /// One record by the id in an answer.
    Volume,
}

impl QueryKind {
    /// The stable word for answers and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Isbn => "isbn",
            Self::Author => "author",
            Self::Title => "title",
            Self::Mixed => "mixed",
            Self::Advanced => "advanced",
            Self::Volume => "volume",
        }
    }
}

/// Least confidence of a kind that the client stated, by a parameter or in Google's syntax.
const STATED_CONFIDENCE: f32 = 0.95;

/// Most words of a guessed title or author that is searched as plain words if it finds nothing;
/// longer ones are widened.
const MAX_GUESSED_WORDS: usize = 6;

/// A query, analysed.
///
/// It holds only the canonical form of the text ([`canonical_text()`]): the key and every
/// provider's request are made from that. So two queries with one key cause the same requests, up
/// to case and accents.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    kind: QueryKind,
    confidence: f32,
    normalized: Vec<String>,
    isbn: Option<Isbn13>,
    /// True if the check digit of the typed ISBN was recomputed.
    is_repaired: bool,
    title: Option<String>,
    author: Option<String>,
    text: String,
}

impl Query {
    /// A query with this text, which is also its key text.
    fn of_text(kind: QueryKind, confidence: f32, text: String) -> Self {
        Self {
            kind,
            confidence,
            normalized: vec![folded_key_text(&text)],
            isbn: None,
            is_repaired: false,
            title: None,
            author: None,
            text,
        }
    }

    pub fn isbn_query(isbn: Isbn13) -> Self {
        Self { isbn: Some(isbn), ..Self::of_id(QueryKind::Isbn, isbn.to_string()) }
    }

    /// A record by the id in an answer. Ids are compared unchanged.
    pub fn volume_id_query(id: &str) -> Self {
        Self::of_id(QueryKind::Volume, id.to_owned())
    }

    fn of_id(kind: QueryKind, id: String) -> Self {
        Self { normalized: vec![id.clone()], ..Self::of_text(kind, 1.0, id) }
    }

    /// The edition that a damaged ISBN most likely means. The key is that of the typed text.
    fn from_repaired_isbn(isbn: Isbn13, repair: IsbnRepair, typed: &str) -> Self {
        Self {
            isbn: Some(isbn),
            is_repaired: true,
            ..Self::of_text(QueryKind::Isbn, repair.repair_probability(), canonical_text(typed))
        }
    }

    /// An author's works; the name may have any order and form.
    pub fn author_query(name: &str) -> Self {
        let name = asked_name(name);
        Self { author: Some(shown_name(&name)), ..Self::of_text(QueryKind::Author, 1.0, name) }
    }

    pub fn title_query(title: &str) -> Self {
        let title = asked_title(title);
        Self { title: Some(title.clone()), ..Self::of_text(QueryKind::Title, 1.0, title) }
    }

    /// A book by title and author. With only one of them the kind is title or author; with neither
    /// the query is empty.
    pub fn title_author_query(title: Option<&str>, author: Option<&str>) -> Self {
        let given =
            |text: Option<&str>| text.map(str::to_owned).filter(|text| !has_no_search_text(text));
        match (given(title), given(author)) {
            (None, None) => Self::free_text("", 0.0),
            (Some(title), None) => Self::title_query(&title),
            (None, Some(author)) => Self::author_query(&author),
            (Some(title), Some(author)) => Self::with_title_and_author(&title, &author, 1.0),
        }
    }

    fn with_title_and_author(title: &str, author: &str, confidence: f32) -> Self {
        let (title, author) = (asked_title(title), asked_name(author));
        Self {
            normalized: vec![folded_key_text(&title), folded_key_text(&author)],
            author: Some(shown_name(&author)),
            title: Some(title.clone()),
            ..Self::of_text(QueryKind::Advanced, confidence, format!("{title} {author}"))
        }
    }

    fn free_text(text: &str, confidence: f32) -> Self {
        Self::of_text(QueryKind::Mixed, confidence, canonical_text(text))
    }

    fn with_confidence(mut self, confidence: f32) -> Self {
        self.confidence = confidence;
        self
    }

    pub fn kind(&self) -> QueryKind {
        self.kind
    }

    /// The certainty of the kind, 0 to 1; 1 if the client stated it.
    pub fn kind_certainty(&self) -> f32 {
        self.confidence
    }

    /// The comparable form, readable: the key is made from it.
    pub fn comparable_text(&self) -> String {
        self.normalized.join(" / ")
    }

    /// The parts of the comparable form: one, or title and author.
    pub(crate) fn normalized_parts(&self) -> &[String] {
        &self.normalized
    }

    pub fn isbn13(&self) -> Option<Isbn13> {
        self.isbn
    }

    /// Whether the ISBN is a repaired one: what it finds is offered as a correction, and finding
    /// nothing is no absence.
    pub fn has_repaired_isbn(&self) -> bool {
        self.is_repaired
    }

    /// The title for requests to providers, canonical, without series bracket (title and advanced
    /// queries).
    pub fn title_for_providers(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The author for requests to providers, "First Last", initials dotted (author and advanced
    /// queries).
    pub fn author_for_providers(&self) -> Option<&str> {
        self.author.as_deref()
    }

    /// The whole query as free text, canonical: diacritics and capitals kept.
    pub fn search_text(&self) -> &str {
        &self.text
    }

    /// A guessed title or author as plain words, to search for if the guess finds nothing: "The
    /// Secret Tartt" is no title, and "LJ Cragside" is no author.
    pub fn as_words(&self) -> Option<Self> {
        self.is_guessed().then(|| Self::free_text(&self.text, 0.3))
    }

    /// A wider query for a title or text that no provider finds: the words before "by", or before
    /// the volume and the edition, else the first half. It depends only on the canonical words, so
    /// texts with one key are widened alike.
    pub fn widened_query(&self) -> Option<Self> {
        let text = match self.kind {
            QueryKind::Title if !self.is_guessed() => self.title.as_deref().unwrap_or(&self.text),
            QueryKind::Mixed => &self.text,
            // A shorter text is searched as plain words instead.
            _ if self.is_guessed() && self.text.split(' ').count() > MAX_GUESSED_WORDS => {
                &self.text
            }
            _ => return None,
        };
        keywords::wider(text).map(|words| Self::free_text(&words, 0.2))
    }

    /// Whether title, author or both were guessed from the form of the text.
    pub fn is_guessed(&self) -> bool {
        match self.kind {
            QueryKind::Author | QueryKind::Title | QueryKind::Advanced => {
                self.confidence < STATED_CONFIDENCE
            }
            QueryKind::Isbn | QueryKind::Mixed | QueryKind::Volume => false,
        }
    }

    /// The query as words to search for: [`Query::search_text`] without the initials of names,
    /// which providers index differently.
    pub fn keywords(&self) -> String {
        keywords::keywords_of_text(&self.text)
    }

    pub fn is_empty(&self) -> bool {
        self.normalized.iter().all(String::is_empty)
    }
}

/// A title for requests to providers, without its series and its edition.
fn asked_title(title: &str) -> String {
    let title = strip_series(&visible_text(title));
    canonical_text(&restore_article(&strip_edition_words(&title)))
}

/// True if a text has nothing to search for, for example operators only.
fn has_no_search_text(text: &str) -> bool {
    canonical_text(text).is_empty()
}

#[cfg(test)]
mod tests;
