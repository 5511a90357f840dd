//! What stands in one row of the cache.

use bibliography::edition::Edition;
use serde::{Deserialize, Serialize};

use super::super::store::CacheRow;

/// Changes when an entry's shape does; entries of another version are not there.
const VERSION: u8 = 2;
/// A row holds two megabytes at most on the platform; smaller ones are read faster.
pub(super) const CHUNK_BYTES: usize = 300_000;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum CachedValue {
    Book(Box<Edition>),
    /// An edition that stands in another row, among others.
    InChunk(String),
    /// Confirmed absent, so many times in a row.
    Absent(u32),
    List(StoredList),
    Chunk(Vec<Edition>),
    Size(u32),
}

/// A page of an author's or a search's books; the books stand in rows of their own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredList {
    pub total: Option<u32>,
    /// The author in the provider's words.
    pub name: Option<String>,
    /// Books in each of the rows that hold them.
    #[serde(default)]
    pub chunks: Vec<u32>,
    #[serde(default)]
    pub page_size: u32,
    #[serde(default)]
    pub more: bool,
}

/// How long a row answers, and how long it is kept, from now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ttl {
    pub fresh_ms: u64,
    pub keep_ms: u64,
}

impl Ttl {
    /// Kept as long as it answers.
    pub(super) fn of(ms: u64) -> Self {
        Self { fresh_ms: ms, keep_ms: ms }
    }
}

impl CachedValue {
    pub(super) fn into_row(self, key: String, now_ms: u64, life: Ttl) -> CacheRow {
        CacheRow {
            key,
            // Our own types always serialise; an empty text reads back as nothing.
            body: serde_json::to_string(&(VERSION, &self)).unwrap_or_default(),
            fresh_until_ms: now_ms.saturating_add(life.fresh_ms),
            keep_until_ms: now_ms.saturating_add(life.keep_ms),
        }
    }

    /// The entry of a row; none if it is of another version or cannot be read.
    pub(super) fn read(row: &CacheRow) -> Option<Self> {
        let (version, entry): (u8, Self) = serde_json::from_str(&row.body).ok()?;
        (version == VERSION).then_some(entry)
    }
}

/// Books in runs of some hundred kilobytes.
pub(super) fn chunked(books: &[Edition]) -> Vec<&[Edition]> {
    let mut chunks = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, book) in books.iter().enumerate() {
        // Title, link and names are short; the description is what weighs, and many subjects.
        let texts = book.description.iter().chain(&book.categories);
        let size = 700 + texts.map(String::len).sum::<usize>();
        if bytes + size > CHUNK_BYTES && at > start {
            chunks.push(books.get(start..at).unwrap_or_default());
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    if start < books.len() {
        chunks.push(books.get(start..).unwrap_or_default());
    }
    chunks
}
