//! Cache keys: the one function with which every reader and writer of an entry names it.
//!
//! A key is `v2/{kind}/{normalised form}`: readable if short enough, else hashed. Parameters that
//! change the stored answer are in the key; parameters that are applied on reading it (maxResults,
//! language, order) are not.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};

use crate::hash::fnv1a;
use crate::query::{Query, QueryKind};
use crate::text_normalization::{
    author_display_name, base_title, canonical_text, plain_spelling, restore_article, strip_series,
    truncate_text, without_signs,
};

/// Raised when the normal form or the meaning of a key changes: old entries are then not read.
const KEY_VERSION: &str = "v2";

/// The prefix of a key in the cold tier, whose bucket also holds other objects.
pub const COLD_PREFIX: &str = "api-cache/";

pub const MAX_KEY_BYTES: usize = 512;

/// Leaves room for [`COLD_PREFIX`] and the page, so that every form of a key fits.
const MAX_BASE_BYTES: usize = MAX_KEY_BYTES - COLD_PREFIX.len() - MAX_PAGE_BYTES;

/// `~p` and the ten digits of the largest index.
const MAX_PAGE_BYTES: usize = 12;

/// Readable bytes before a hash.
const HASHED_HEAD_BYTES: usize = 64;

/// The name of a cache entry, the same in every tier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey(String);

impl CacheKey {
    pub fn of(query: &Query) -> Self {
        // A guessed title or author has a key of its own: its answer may come from a search by
        // words, unlike that of a stated title or author.
        let kind = match (query.kind(), query.is_guessed()) {
            (QueryKind::Isbn, _) if query.has_repaired_isbn() => "any",
            (QueryKind::Isbn, _) => "isbn",
            (QueryKind::Author, false) => "author",
            (QueryKind::Author, true) => "any-author",
            (QueryKind::Title, false) => "title",
            (QueryKind::Title, true) => "any-title",
            (QueryKind::Mixed, _) => "any",
            (QueryKind::Advanced, false) => "book",
            (QueryKind::Advanced, true) => "any-book",
            (QueryKind::Volume, _) => "volume",
        };
        let mut key = format!("{KEY_VERSION}/{kind}");
        for part in query.normalized_parts() {
            key.push('/');
            push_segment(&mut key, part);
        }
        Self(if key.len() > MAX_BASE_BYTES { hashed(&key) } else { key })
    }

    /// The key of a page after the stored one; the first page has the key itself.
    pub fn page_key(&self, start_index: u32) -> Self {
        match start_index {
            0 => self.clone(),
            start => Self(format!("{}~p{start}", self.0)),
        }
    }

    /// The key's text, which is its name in the hot tier.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the object in the cold tier.
    pub fn cold_tier_object_name(&self) -> String {
        format!("{COLD_PREFIX}{}", self.0)
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes one part so that it contains no separator, dot segment or control character. Injective:
/// letters and marks stay, a space is `-` (which no folded text has), every other ASCII character
/// and every control character is percent-encoded.
fn push_segment(key: &mut String, part: &str) {
    for c in part.chars() {
        match c {
            ' ' => key.push('-'),
            c if c.is_ascii_alphanumeric() => key.push(c),
            c if c.is_ascii() || c.is_control() || c.is_whitespace() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    // Writing to a string cannot fail.
                    let _ = write!(key, "%{byte:02X}");
                }
            }
            c => key.push(c),
        }
    }
}

/// The beginning of a long key and the hash of the whole. No unhashed key has a `~`.
fn hashed(key: &str) -> String {
    let head = truncate_text(key, HASHED_HEAD_BYTES);
    format!("{head}~{:x}", Sha256::digest(key))
}

/// Keys under which searches look an author up: as an author, and as free text in either order; in
/// the plain spelling too if the name has signs or initials.
pub fn keys_for_author(name: &str) -> Vec<CacheKey> {
    let shown = author_display_name(name);
    let mut queries =
        vec![Query::author_query(name), Query::from_free_text(&shown), Query::from_free_text(name)];
    if let Some(plain) = plain_spelling(&canonical_text(&shown)) {
        queries.extend([Query::author_query(&plain), Query::from_free_text(&plain)]);
    }
    distinct(&queries)
}

/// Keys under which searches look a book up by title and author: `/search/advanced`, `{title}
/// {author}` and `{title} by {author}` as free text, in the library's spelling and in display form;
/// in the plain spelling too (`Enders Game` for `Ender's Game`).
pub fn keys_for_title(title: &str, author: Option<&str>) -> Vec<CacheKey> {
    let author = author.unwrap_or_default();
    let plain = strip_series(title);
    if canonical_text(&plain).is_empty() {
        return Vec::new();
    }
    let shown = author_display_name(author);
    let book = restore_article(&plain);
    let mut queries = Questions::default();
    queries.add(Query::title_author_query(Some(&plain), Some(author)));
    queries.add_typed(&book, &shown);
    // The same for a name that was not inverted, as in most libraries.
    queries.add_text(format!("{plain} {author}"));
    queries.add_text(format!("{plain} {shown}"));
    let authors: Vec<String> = canonical_spellings(&shown).collect();
    for title in canonical_spellings(&book) {
        for author in &authors {
            queries.add(Query::title_author_query(Some(&title), Some(author)));
            queries.add_typed(&title, author);
        }
    }
    distinct(&queries.queries)
}

/// Further searches for a book: its title alone, and its base title (without subtitle, edition
/// words and series) alone and with the author. Each may also mean other books. `known`, the keys
/// of [`keys_for_title`], are left out.
pub fn short_title_queries(title: &str, author: Option<&str>, known: &[CacheKey]) -> Vec<Query> {
    let whole = restore_article(&strip_series(title));
    let base = base_title(title);
    let mut questions = Questions::default();
    for text in [&whole, &base] {
        // With its comma "Right Guy, Wrong Bed" looks like a name.
        questions.add_text(text.clone());
        for text in canonical_spellings(text) {
            questions.add_text(text.clone());
            questions.add(Query::title_query(&text));
        }
    }
    if let Some(name) =
        author.map(author_display_name).filter(|name| !canonical_text(name).is_empty())
    {
        questions.add(Query::title_author_query(Some(&base), author));
        for name in canonical_spellings(&name) {
            questions.add_typed(&base, &name);
        }
    }
    let mut known = known.to_vec();
    questions.queries.retain(|query| {
        let key = CacheKey::of(query);
        let is_new = !query.is_empty() && !known.contains(&key);
        known.push(key);
        is_new
    });
    questions.queries
}

/// The canonical form of a text and its plain spelling.
fn canonical_spellings(text: &str) -> impl Iterator<Item = String> + use<> {
    let text = canonical_text(text);
    let plain = plain_spelling(&text);
    std::iter::once(text).chain(plain)
}

/// Keys of the spelling without `+` and `#` ("C Primer" for "C++ Primer"). They may mean another
/// book: an entry stored there is fetched again at its first use, and the warmer does not accept
/// it.
pub fn keys_without_signs(title: &str, author: Option<&str>) -> Vec<CacheKey> {
    let book = canonical_text(&restore_article(&strip_series(title)));
    let shown = canonical_text(&author_display_name(author.unwrap_or_default()));
    let (bare_title, bare_author) = (without_signs(&book), without_signs(&shown));
    if bare_title.is_none() && bare_author.is_none() {
        return Vec::new();
    }
    keys_for_title(&bare_title.unwrap_or(book), bare_author.or(author.map(|_| shown)).as_deref())
}

/// The queries of a book. Each text is analysed once, because most spellings are the same text.
#[derive(Default)]
struct Questions {
    queries: Vec<Query>,
    texts: Vec<String>,
}

impl Questions {
    fn add(&mut self, query: Query) {
        self.queries.push(query);
    }

    fn add_text(&mut self, text: String) {
        if !self.texts.contains(&text) {
            self.queries.push(Query::from_free_text(&text));
            self.texts.push(text);
        }
    }

    fn add_typed(&mut self, title: &str, author: &str) {
        if author.is_empty() {
            return self.add_text(title.to_owned());
        }
        self.add_text(format!("{title} {author}"));
        self.add_text(format!("{title} by {author}"));
    }
}

fn distinct(queries: &[Query]) -> Vec<CacheKey> {
    let mut keys: Vec<CacheKey> = Vec::with_capacity(queries.len());
    for query in queries.iter().filter(|query| !query.is_empty()) {
        let key = CacheKey::of(query);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// The index of the shard, of `shards`, that owns a key.
pub fn shard_index(key: &CacheKey, shards: u32) -> u32 {
    u32::try_from(fnv1a(&key.0) % u64::from(shards.max(1))).unwrap_or_default()
}

#[cfg(test)]
mod tests;
