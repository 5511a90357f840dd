//! The book that a row requests, and the keys that equal books and authors share.

use bibliography::isbn::Isbn13;
use bibliography::text_normalization::{
    BookSeries, author_name_key, same_author, same_title, title_key, truncate_text,
};

use crate::import::RowImportOutcome;

/// Bytes of a title and of a name in a key: enough to tell books apart, and keys stay short.
const MAX_TITLE_BYTES: usize = 160;
const MAX_AUTHOR_BYTES: usize = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LibraryRowBook<'a> {
    pub(super) isbn: Option<Isbn13>,
    pub(super) repaired: bool,
    pub(super) title: Option<&'a str>,
    pub(super) author: Option<&'a str>,
}

impl<'a> LibraryRowBook<'a> {
    /// `None` for a rejected row.
    pub(super) fn of(outcome: &'a RowImportOutcome) -> Option<Self> {
        let (isbn, repaired, title, author) = match outcome {
            RowImportOutcome::Valid { isbn, title, author } => {
                (Some(*isbn), false, title.as_ref(), author)
            }
            RowImportOutcome::Repaired { isbn, title, author, .. } => {
                (Some(*isbn), true, Some(title), author)
            }
            RowImportOutcome::TitleAuthor { title, author, .. } => {
                (None, false, Some(title), author)
            }
            RowImportOutcome::Rejected { .. } => return None,
        };
        let (title, author) = (title.map(String::as_str), author.as_deref());
        Some(Self { isbn, repaired, title, author })
    }

    pub(super) fn without_isbn(title: Option<&'a str>, author: Option<&'a str>) -> Self {
        Self { isbn: None, repaired: false, title, author }
    }

    /// The key of the book, equal for equal books of any library: `b:` and the ISBN, `c:` and a
    /// repaired ISBN (it may be another book's), `t:` and title with author. Authors have `a:`.
    pub(super) fn id(&self) -> String {
        match self.isbn {
            Some(isbn) if self.repaired => format!("c:{isbn}"),
            Some(isbn) => isbn_ledger_key(isbn),
            None => self.title_author_key(),
        }
    }

    pub(super) fn title_author_key(&self) -> String {
        let stated = self.title.unwrap_or_default();
        let mut title = title_key(stated);
        // "Naruto (Naruto, #3)" is not "#4". The first volume may have the name of the series.
        if let Some(BookSeries { name, number: Some(number) }) = BookSeries::in_title(stated)
            && number != "1"
            && title_key(&name) == title
        {
            title = format!("{title} {number}");
        }
        let author = self.author.map(author_name_key).unwrap_or_default();
        let title = truncate_text(&title, MAX_TITLE_BYTES);
        format!("t:{title}|{}", truncate_text(&author, MAX_AUTHOR_BYTES))
    }

    /// The key of the author, equal for all spellings of a name; `None` for a name without letters.
    pub(super) fn author_id(&self) -> Option<String> {
        let key = author_name_key(self.author?);
        (!key.is_empty()).then(|| format!("a:{}", truncate_text(&key, 200)))
    }

    /// Whether another row with the same ISBN can be the same book: title or author agree.
    pub(super) fn may_be_same_book(&self, title: Option<&str>, author: Option<&str>) -> bool {
        // Equal titles suffice: the other row may list a co-author or a translator first.
        match self.title.zip(title) {
            Some((one, two)) => same_title(one, two),
            None => self.author.zip(author).is_none_or(|(one, two)| same_author(one, two)),
        }
    }
}

pub(super) fn isbn_ledger_key(isbn: Isbn13) -> String {
    format!("b:{isbn}")
}
