//! The items of a batch with their cache keys.

use bibliography::cache_key::{CacheKey, keys_for_author, keys_for_title, short_title_queries};
use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use runtime::wire_types::batch_search_wire_types::{
    BatchItemQuery, BatchSearchItem, LibraryBookByAuthor, LibraryBookCacheEntries,
};

/// A library book whose entries are stored from the answer of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyedLibraryBook {
    pub id: String,
    pub isbn: Option<Isbn13>,
    /// True if title and author have to confirm the ISBN.
    pub repaired: bool,
    pub title_and_author: Option<(String, Option<String>)>,
    pub title_searches: Vec<TitleSearch>,
}

/// A search by title, in one of the forms that clients type, that a book answers.
#[derive(Clone, Debug, PartialEq)]
pub struct TitleSearch {
    pub key: CacheKey,
    pub query: Query,
    /// True for a title without its author or a part of it, which other books may answer too.
    pub is_short: bool,
}

impl KeyedLibraryBook {
    /// A book with an empty title has no title searches.
    pub fn new(id: &str, isbn: Option<Isbn13>, title: &str, author: Option<&str>) -> Self {
        let (mut title_and_author, mut title_searches) = (None, Vec::new());
        if !title.trim().is_empty() {
            title_and_author = Some((title.to_owned(), author.map(str::to_owned)));
            let query = Query::title_author_query(Some(title), author);
            let full = keys_for_title(title, author);
            let short = short_title_queries(title, author, &full)
                .into_iter()
                .map(|query| TitleSearch { key: CacheKey::of(&query), query, is_short: true });
            let full = full.into_iter().map(|key| TitleSearch {
                key,
                query: query.clone(),
                is_short: false,
            });
            title_searches.extend(full.chain(short));
        }
        Self { id: id.to_owned(), isbn, repaired: false, title_and_author, title_searches }
    }

    /// The title and author that have to confirm a repaired ISBN.
    pub fn title_to_match(&self) -> Option<(&str, Option<&str>)> {
        self.repaired.then_some(match &self.title_and_author {
            Some((title, author)) => (title.as_str(), author.as_deref()),
            // An empty title is matched by no record.
            None => ("", None),
        })
    }

    fn has_missing_entry(&self, seen: &LibraryBookCacheEntries) -> bool {
        (self.isbn.is_some() && !seen.isbn) || (self.title_and_author.is_some() && !seen.title)
    }

    pub fn isbn_key(&self) -> Option<CacheKey> {
        self.isbn.map(|isbn| CacheKey::of(&Query::isbn_query(isbn)))
    }
}

#[derive(Clone, Debug)]
pub struct KeyedBatchItem {
    pub asked: BatchSearchItem,
    pub query: Query,
    pub key: CacheKey,
    pub aliases: Vec<CacheKey>,
    /// Library books whose entries are stored from this item's answer; for a title or an ISBN with
    /// a title, the book itself.
    pub linked_books: Vec<KeyedLibraryBook>,
}

impl KeyedBatchItem {
    pub fn new(asked: BatchSearchItem) -> Self {
        let (query, keys, linked_books) = match &asked.query {
            BatchItemQuery::Isbn { isbn, title, author, .. } => {
                // Not marked as repaired: the item is confirmed before any linked entry is stored.
                let book = title.as_ref().map(|title| {
                    KeyedLibraryBook::new(&asked.id, Some(*isbn), title, author.as_deref())
                });
                (Query::isbn_query(*isbn), Vec::new(), book.into_iter().collect())
            }
            BatchItemQuery::Author { name, books } => {
                let linked = |book: &LibraryBookByAuthor| KeyedLibraryBook {
                    repaired: book.repaired,
                    ..KeyedLibraryBook::new(&book.id, book.isbn, &book.title, Some(name))
                };
                let linked_books = books.iter().map(linked).collect();
                (Query::author_query(name), keys_for_author(name), linked_books)
            }
            BatchItemQuery::Title { title, author } => {
                // Not by the author alone: a title of punctuation stays an empty query.
                let query = match Query::title_query(title) {
                    blank if blank.is_empty() => blank,
                    _ => Query::title_author_query(Some(title), author.as_deref()),
                };
                let mut book = KeyedLibraryBook::new(&asked.id, None, title, author.as_deref());
                let key = CacheKey::of(&query);
                book.title_searches.retain(|search| search.key != key);
                (query, keys_for_title(title, author.as_deref()), vec![book])
            }
            BatchItemQuery::Auto { q } => (Query::from_free_text(q), Vec::new(), Vec::new()),
            BatchItemQuery::Unknown => (Query::from_free_text(""), Vec::new(), Vec::new()),
        };
        let key = CacheKey::of(&query);
        let aliases = keys.into_iter().filter(|alias| *alias != key).collect();
        Self { asked, query, key, aliases, linked_books }
    }

    /// The most operations of the item's look-up: its key and its records; for each library book
    /// its keys, and the records of a repaired ISBN.
    pub fn most_looks(&self) -> u32 {
        let keys_of = |book: &KeyedLibraryBook| book.title_searches.len() + 2;
        let looks = self.linked_books.iter().map(keys_of).sum::<usize>() + 2;
        u32::try_from(looks).unwrap_or(u32::MAX)
    }

    /// Whether a linked book lacks an entry; `seen` has those of each book.
    pub fn has_missing_entry(&self, seen: &[LibraryBookCacheEntries]) -> bool {
        self.linked_books.iter().zip(seen).any(|(book, seen)| book.has_missing_entry(seen))
    }

    pub fn is_title(&self) -> bool {
        matches!(self.asked.query, BatchItemQuery::Title { .. })
    }

    pub fn is_text_query(&self) -> bool {
        matches!(self.asked.query, BatchItemQuery::Title { .. } | BatchItemQuery::Auto { .. })
            && self.query.isbn13().is_none()
    }

    /// The title and author that have to confirm a repaired ISBN.
    pub fn title_to_match(&self) -> Option<(&str, Option<&str>)> {
        match &self.asked.query {
            BatchItemQuery::Isbn { title, author, repaired: true, .. } => {
                // An empty title is matched by no record.
                Some((title.as_deref().unwrap_or_default(), author.as_deref()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed_item_of(query: BatchItemQuery) -> KeyedBatchItem {
        KeyedBatchItem::new(BatchSearchItem { id: "1".into(), query })
    }

    #[test]
    fn every_item_has_the_key_that_its_search_reads() {
        let isbn = Isbn13::parse("0441172717").unwrap();
        let one = keyed_item_of(BatchItemQuery::Isbn {
            isbn,
            title: Some("Dune".into()),
            author: Some("Frank Herbert".into()),
            repaired: true,
        });
        assert_eq!(one.key, CacheKey::of(&Query::from_free_text("978-0-441-17271-9")));
        assert_eq!(one.title_to_match(), Some(("Dune", Some("Frank Herbert"))));
        let titles: Vec<CacheKey> =
            one.linked_books[0].title_searches.iter().map(|search| search.key.clone()).collect();
        assert!(titles.contains(&CacheKey::of(&Query::from_free_text("Dune Frank Herbert"))));
        assert!(titles.contains(&CacheKey::of(&Query::title_author_query(
            Some("dune"),
            Some("Herbert, Frank")
        ))));
        assert!(titles.contains(&CacheKey::of(&Query::from_free_text("dune"))));

        let author = keyed_item_of(BatchItemQuery::Author {
            name: "Le Guin, Ursula K.".into(),
            books: vec![],
        });
        assert_eq!(author.key, CacheKey::of(&Query::author_query("Ursula K. Le Guin")));
        assert!(!author.aliases.contains(&author.key));
    }
}
