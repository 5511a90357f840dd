//! Rows to books and authors.

use std::collections::BTreeMap;

use bibliography::isbn::Isbn13;
use bibliography::text::display_name;

use super::requested_book::{RequestedBook, author_id, isbn_id};

/// A book of the library, however many rows name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedBook {
    /// Equal for equal books of any library.
    pub id: String,
    pub isbn: Option<Isbn13>,
    /// True for a repaired ISBN: title and author of what comes back must agree.
    pub repaired: bool,
    pub title: Option<String>,
    /// Its author, as in the file.
    pub author: Option<String>,
    /// Lines of the rows behind it.
    pub lines: Vec<u64>,
}

/// An author of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedAuthor {
    /// Equal for all spellings of the name.
    pub id: String,
    /// The name in display order, as most rows write it.
    pub name: String,
    /// The author's books: places in the list of books.
    pub books: Vec<usize>,
}

/// An ISBN that rows with different titles carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedIsbn {
    pub isbn: Isbn13,
    /// Lines of the rows.
    pub lines: Vec<u64>,
}

/// Books and authors of a library.
#[derive(Debug, Default)]
pub(super) struct Library {
    pub books: Vec<PlannedBook>,
    pub authors: Vec<PlannedAuthor>,
    pub shared_isbns: Vec<SharedIsbn>,
    /// Rows that joined a book of another row.
    pub folded: u64,
    pub works: u64,
    /// Numbers that rows with different titles carry, and the rows.
    shared: BTreeMap<Isbn13, Vec<u64>>,
    by_id: BTreeMap<String, usize>,
    by_work: BTreeMap<String, usize>,
}

impl Library {
    /// A row with a valid ISBN.
    pub fn add_valid(&mut self, line: u64, requested_book: RequestedBook<'_>) {
        let Some(isbn) = requested_book.isbn else { return };
        let id = isbn_id(isbn);
        let Some(at) = self.by_id.get(&id).copied() else {
            self.insert(id, line, requested_book);
            return;
        };
        if let Some(lines) = self.shared.get_mut(&isbn) {
            lines.push(line);
            self.add_title(line, RequestedBook { isbn: None, ..requested_book });
            return;
        }
        let Some(book) = self.books.get_mut(at) else { return };
        if requested_book.agrees(book.title.as_deref(), book.author.as_deref()) {
            book.lines.push(line);
            book.title = book.title.take().or(requested_book.title.map(str::to_owned));
            book.author = book.author.take().or(requested_book.author.map(str::to_owned));
            self.folded += 1;
            if requested_book.title.is_some() {
                self.by_work.entry(requested_book.work_id()).or_insert(at);
            }
            return;
        }
        // Two books, one number: it is asked alone, and each title alone.
        let lines = std::mem::take(&mut book.lines);
        let (title, author) = (book.title.take(), book.author.take());
        book.lines = lines.clone();
        // All titles under which the book was known: none of them is believed any more.
        self.by_work.retain(|_, place| *place != at);
        let first = RequestedBook {
            isbn: None,
            repaired: false,
            title: title.as_deref(),
            author: author.as_deref(),
        };
        for line in &lines {
            self.add_title(*line, first);
        }
        self.add_title(line, RequestedBook { isbn: None, ..requested_book });
        self.shared.insert(isbn, [lines, vec![line]].concat());
    }

    /// A row with a repaired ISBN; all valid ones are in.
    pub fn add_repaired(&mut self, line: u64, requested_book: RequestedBook<'_>) {
        let Some(isbn) = requested_book.isbn else { return };
        let known = [isbn_id(isbn), requested_book.id()].into_iter().find_map(|id| {
            let at = self.by_id.get(&id).copied()?;
            let book = self.books.get(at)?;
            let agrees = book.title.is_some()
                && requested_book.agrees(book.title.as_deref(), book.author.as_deref());
            agrees.then_some(at)
        });
        match known {
            Some(at) => self.join(at, line),
            // The candidate belongs to another row's repaired ISBN already: only one can be right.
            None if self.by_id.contains_key(&requested_book.id()) => {
                self.add_title(
                    line,
                    RequestedBook { isbn: None, repaired: false, ..requested_book },
                );
            }
            None => {
                self.insert(requested_book.id(), line, requested_book);
            }
        }
    }

    /// A row without an ISBN; all others are in.
    pub fn add_title(&mut self, line: u64, requested_book: RequestedBook<'_>) {
        if requested_book.title.is_none() {
            return;
        }
        let work = requested_book.work_id();
        match self.by_work.get(&work).copied() {
            Some(at) => self.join(at, line),
            None => self.insert(work, line, requested_book),
        }
    }

    fn join(&mut self, at: usize, line: u64) {
        if let Some(book) = self.books.get_mut(at) {
            book.lines.push(line);
            self.folded += 1;
        }
    }

    fn insert(&mut self, id: String, line: u64, requested_book: RequestedBook<'_>) {
        let at = self.books.len();
        if requested_book.title.is_some() {
            self.by_work.entry(requested_book.work_id()).or_insert(at);
        }
        self.by_id.insert(id.clone(), at);
        self.books.push(PlannedBook {
            id,
            isbn: requested_book.isbn,
            repaired: requested_book.repaired,
            title: requested_book.title.map(str::to_owned),
            author: requested_book.author.map(str::to_owned),
            lines: vec![line],
        });
    }

    /// Groups the books by author, those with most books first.
    pub fn group(&mut self) {
        let mut authors: BTreeMap<String, (Vec<usize>, BTreeMap<String, u32>)> = BTreeMap::new();
        for (at, book) in self.books.iter().enumerate() {
            let Some(name) = &book.author else { continue };
            let Some(id) = author_id(name) else { continue };
            let (books, names) = authors.entry(id).or_default();
            books.push(at);
            *names.entry(display_name(name)).or_default() += 1;
        }
        self.authors = authors
            .into_iter()
            .map(|(id, (books, names))| {
                // The first of equals, so that the same library gives the same plan.
                let name = names.into_iter().rev().max_by_key(|(_, count)| *count);
                PlannedAuthor { id, name: name.map(|(name, _)| name).unwrap_or_default(), books }
            })
            .collect();
        self.authors.sort_by(|a, b| b.books.len().cmp(&a.books.len()).then(a.id.cmp(&b.id)));
        let shared = std::mem::take(&mut self.shared).into_iter();
        self.shared_isbns = shared.map(|(isbn, lines)| SharedIsbn { isbn, lines }).collect();
        self.works = self.by_work.len() as u64;
        self.by_id = BTreeMap::new();
        self.by_work = BTreeMap::new();
    }
}
