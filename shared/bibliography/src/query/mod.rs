//! What a search asks for, analysed once: the source of the key, the providers'
//! requests, the ranking.

mod analyse;
mod asked;
mod initials;
mod keywords;
mod name;
mod parse;
mod words;

use crate::isbn::Isbn13;
use crate::isbn::repair::IsbnRepair;
use crate::text::{canonical_key, canonical_text};
use asked::{asked_title, is_blank};
use name::{asked_name, shown_name};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryKind {
    Isbn,
    Author,
    Title,
    /// Free text: title, author or both; its form does not tell.
    Mixed,
    /// Title and author, each said as such.
    Advanced,
    /// One record by the id that an answer gave it.
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

/// The least confidence of a kind that the client stated, by a parameter or in Google's syntax.
const STATED_CONFIDENCE: f32 = 0.95;

/// Most words of a text that only its form made a title or an author, and that is looked for as words
/// where that finds nothing.
const MAX_GUESSED_WORDS: usize = 6;

/// A query, analysed.
///
/// It holds the canonical form of what was asked ([`canonical_text()`]) and nothing else of the text: the key
/// and every provider's request are made of that. Two queries with one key therefore cause the same
/// requests, up to case and accents.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    kind: QueryKind,
    confidence: f32,
    normalized: Vec<String>,
    isbn: Option<Isbn13>,
    /// The ISBN was not what was typed: its check digit was computed anew.
    is_repaired: bool,
    title: Option<String>,
    author: Option<String>,
    text: String,
}

impl Query {
    pub fn isbn(isbn: Isbn13) -> Self {
        Self {
            kind: QueryKind::Isbn,
            confidence: 1.0,
            normalized: vec![isbn.to_string()],
            isbn: Some(isbn),
            is_repaired: false,
            title: None,
            author: None,
            text: isbn.to_string(),
        }
    }

    /// The edition that a damaged number most likely means. It has the key of what was typed.
    fn repaired(isbn: Isbn13, repair: IsbnRepair, typed: &str) -> Self {
        let text = canonical_text(typed);
        Self {
            confidence: repair.confidence(),
            normalized: vec![canonical_key(&text)],
            is_repaired: true,
            text,
            ..Self::isbn(isbn)
        }
    }

    /// An author's works, the name in any order and form.
    pub fn author(name: &str) -> Self {
        let name = asked_name(name);
        Self {
            kind: QueryKind::Author,
            confidence: 1.0,
            normalized: vec![canonical_key(&name)],
            isbn: None,
            is_repaired: false,
            title: None,
            author: Some(shown_name(&name)),
            text: name,
        }
    }

    pub fn title(title: &str) -> Self {
        let title = asked_title(title);
        Self {
            kind: QueryKind::Title,
            confidence: 1.0,
            normalized: vec![canonical_key(&title)],
            isbn: None,
            is_repaired: false,
            author: None,
            text: title.clone(),
            title: Some(title),
        }
    }

    /// A book by title and author; with one of the two it is that kind of query, with none of
    /// them an empty one.
    pub fn advanced(title: Option<&str>, author: Option<&str>) -> Self {
        let given = |text: Option<&str>| text.map(str::to_owned).filter(|text| !is_blank(text));
        match (given(title), given(author)) {
            (None, None) => Self::mixed("", 0.0),
            (Some(title), None) => Self::title(&title),
            (None, Some(author)) => Self::author(&author),
            (Some(title), Some(author)) => Self::both(&title, &author, 1.0),
        }
    }

    /// A record by the id that an answer gave it. Ids are compared as they are.
    pub fn volume(id: &str) -> Self {
        Self {
            kind: QueryKind::Volume,
            confidence: 1.0,
            normalized: vec![id.to_owned()],
            isbn: None,
            is_repaired: false,
            title: None,
            author: None,
            text: id.to_owned(),
        }
    }

    fn both(title: &str, author: &str, confidence: f32) -> Self {
        let (title, author) = (asked_title(title), asked_name(author));
        Self {
            kind: QueryKind::Advanced,
            confidence,
            normalized: vec![canonical_key(&title), canonical_key(&author)],
            isbn: None,
            is_repaired: false,
            text: format!("{title} {author}"),
            title: Some(title),
            author: Some(shown_name(&author)),
        }
    }

    fn mixed(text: &str, confidence: f32) -> Self {
        let text = canonical_text(text);
        Self {
            kind: QueryKind::Mixed,
            confidence,
            normalized: vec![canonical_key(&text)],
            isbn: None,
            is_repaired: false,
            title: None,
            author: None,
            text,
        }
    }

    fn with_confidence(mut self, confidence: f32) -> Self {
        self.confidence = confidence;
        self
    }

    pub fn kind(&self) -> QueryKind {
        self.kind
    }

    /// How sure the kind is, 0 to 1. Where the kind was said it is 1.
    pub fn confidence(&self) -> f32 {
        self.confidence
    }

    /// The comparable form, readable: what the key is made of.
    pub fn normalized(&self) -> String {
        self.normalized.join(" / ")
    }

    /// The parts of the comparable form: one, or title and author.
    pub(crate) fn parts(&self) -> &[String] {
        &self.normalized
    }

    pub fn isbn13(&self) -> Option<Isbn13> {
        self.isbn
    }

    /// Whether the ISBN is only the likeliest one behind a damaged number: what is found is offered
    /// as a correction, and that nothing is found says nothing.
    pub fn is_repaired(&self) -> bool {
        self.is_repaired
    }

    /// The title to ask a provider for, canonical, series bracket stripped (title and advanced
    /// queries).
    pub fn title_text(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The author to ask a provider for, "First Last", initials dotted (author and advanced
    /// queries).
    pub fn author_name(&self) -> Option<&str> {
        self.author.as_deref()
    }

    /// The whole query as free text, canonical: diacritics and capitals kept.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same text as plain words, where its form alone made it an author or a title: what to ask
    /// for when that finds nothing. "The Secret Tartt" is no title, and "LJ Cragside" is no author.
    pub fn as_words(&self) -> Option<Self> {
        self.is_guessed().then(|| Self::mixed(&self.text, 0.3))
    }

    /// The wider question for a title or a text that every provider denies: what stands before "by",
    /// or before the volume and the edition, else the first half of the words. It is made of the
    /// canonical words alone: texts of one key are widened alike.
    pub fn widened(&self) -> Option<Self> {
        let text = match self.kind {
            QueryKind::Title if !self.is_guessed() => self.title.as_deref().unwrap_or(&self.text),
            QueryKind::Mixed => &self.text,
            // A shorter text is rather looked for as words.
            _ if self.is_guessed() && self.text.split(' ').count() > MAX_GUESSED_WORDS => {
                &self.text
            }
            _ => return None,
        };
        keywords::wider(text).map(|words| Self::mixed(&words, 0.2))
    }

    /// Whether only the form of the text made it a title, an author or both.
    pub fn is_guessed(&self) -> bool {
        match self.kind {
            QueryKind::Author | QueryKind::Title | QueryKind::Advanced => {
                self.confidence < STATED_CONFIDENCE
            }
            QueryKind::Isbn | QueryKind::Mixed | QueryKind::Volume => false,
        }
    }

    /// The whole query as words to look for: [`Query::text`] without the initials of names, which no
    /// two providers index alike.
    pub fn keywords(&self) -> String {
        keywords::keywords(&self.text)
    }

    pub fn is_empty(&self) -> bool {
        self.normalized.iter().all(String::is_empty)
    }
}

#[cfg(test)]
mod tests;
