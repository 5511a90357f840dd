//! The keys an item reads and writes.

use bibliography::cache_key::{CacheKey, keys_for_author, keys_for_title, keys_without_signs};
use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use runtime::api::batch::{BatchItem, BatchQuery, LibraryBook};

/// A library book whose entries are stored together with its author's.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkedBook {
    /// The caller's id for it.
    pub id: String,
    pub isbn: Option<Isbn13>,
    /// True if title and author have to confirm the ISBN.
    pub repaired: bool,
    /// Title and author in the library, if the title is known.
    pub title_and_author: Option<(String, Option<String>)>,
}

impl LinkedBook {
    fn of(book: &LibraryBook, author: &str) -> Self {
        let title_and_author =
            (!book.title.trim().is_empty()).then(|| (book.title.clone(), Some(author.to_owned())));
        Self { id: book.id.clone(), isbn: book.isbn, repaired: book.repaired, title_and_author }
    }

    /// The title and author that have to confirm its ISBN.
    #[must_use]
    pub fn expected_book(&self) -> Option<(&str, Option<&str>)> {
        self.repaired.then_some(match &self.title_and_author {
            Some((title, author)) => (title.as_str(), author.as_deref()),
            // Without a title nothing can confirm it.
            None => ("", None),
        })
    }

    /// The key of its edition.
    #[must_use]
    pub fn isbn_key(&self) -> Option<CacheKey> {
        self.isbn.map(|isbn| CacheKey::of(&Query::isbn(isbn)))
    }

    /// The keys of searches by its title.
    #[must_use]
    pub fn title_keys(&self) -> Vec<CacheKey> {
        self.title_and_author
            .as_ref()
            .map(|(title, author)| keys_for_title(title, author.as_deref()))
            .unwrap_or_default()
    }

    /// The keys of its spelling without `+` and `#`.
    #[must_use]
    pub fn lent_keys(&self) -> Vec<CacheKey> {
        self.title_and_author
            .as_ref()
            .map(|(title, author)| keys_without_signs(title, author.as_deref()))
            .unwrap_or_default()
    }
}

/// An item with its keys.
#[derive(Clone, Debug)]
pub struct KeyedItem {
    pub asked: BatchItem,
    /// The query of the item's own search.
    pub query: Query,
    /// The key of that search.
    pub key: CacheKey,
    /// Further keys of the same entry.
    pub aliases: Vec<CacheKey>,
    /// Keys of the spelling without `+` and `#`, which may be another book's.
    pub lent: Vec<CacheKey>,
    /// Library books whose entries are stored with it.
    pub linked_books: Vec<LinkedBook>,
}

impl KeyedItem {
    /// Works out the keys of an item.
    #[must_use]
    pub fn new(asked: BatchItem) -> Self {
        let (query, keys, linked_books) = match &asked.query {
            BatchQuery::Isbn { isbn, title, author, .. } => {
                let linked_books = title.as_ref().map(|title| LinkedBook {
                    id: asked.id.clone(),
                    isbn: Some(*isbn),
                    // The item itself is confirmed before any linked entry is stored.
                    repaired: false,
                    title_and_author: Some((title.clone(), author.clone())),
                });
                (Query::isbn(*isbn), Vec::new(), linked_books.into_iter().collect())
            }
            BatchQuery::Author { name, books } => {
                let linked_books = books.iter().map(|book| LinkedBook::of(book, name)).collect();
                (Query::author(name), keys_for_author(name), linked_books)
            }
            BatchQuery::Title { title, author } => {
                // A title of punctuation alone is an empty query: the author's books would answer it.
                let query = match Query::title(title) {
                    blank if blank.is_empty() => blank,
                    _ => Query::advanced(Some(title), author.as_deref()),
                };
                (query, keys_for_title(title, author.as_deref()), Vec::new())
            }
            BatchQuery::Auto { q } => (Query::auto(q), Vec::new(), Vec::new()),
        };
        let key = CacheKey::of(&query);
        let aliases = keys.into_iter().filter(|alias| *alias != key).collect();
        let lent = match &asked.query {
            BatchQuery::Title { title, author } => keys_without_signs(title, author.as_deref()),
            _ => Vec::new(),
        };
        Self { asked, query, key, aliases, lent, linked_books }
    }

    /// Whether it is a keyword search.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self.asked.query, BatchQuery::Title { .. } | BatchQuery::Auto { .. })
            && self.query.isbn13().is_none()
    }

    /// The title and author that have to confirm a repaired ISBN.
    #[must_use]
    pub fn expected_book(&self) -> Option<(&str, Option<&str>)> {
        match &self.asked.query {
            BatchQuery::Isbn { title, author, repaired: true, .. } => {
                // Without a title nothing can confirm it: no book passes.
                Some((title.as_deref().unwrap_or_default(), author.as_deref()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(query: BatchQuery) -> KeyedItem {
        KeyedItem::new(BatchItem { id: "1".into(), query })
    }

    #[test]
    fn every_item_has_the_key_that_its_search_reads() {
        let isbn = Isbn13::parse("0441172717").unwrap();
        let one = item(BatchQuery::Isbn {
            isbn,
            title: Some("Dune".into()),
            author: Some("Frank Herbert".into()),
            repaired: true,
        });
        assert_eq!(one.key, CacheKey::of(&Query::auto("978-0-441-17271-9")));
        assert_eq!(one.expected_book(), Some(("Dune", Some("Frank Herbert"))));
        let titles = one.linked_books[0].title_keys();
        assert!(titles.contains(&CacheKey::of(&Query::auto("Dune Frank Herbert"))));
        assert!(
            titles.contains(&CacheKey::of(&Query::advanced(Some("dune"), Some("Herbert, Frank"))))
        );

        let author = item(BatchQuery::Author { name: "Le Guin, Ursula K.".into(), books: vec![] });
        assert_eq!(author.key, CacheKey::of(&Query::author("Ursula K. Le Guin")));
        assert!(!author.aliases.contains(&author.key));
    }
}
