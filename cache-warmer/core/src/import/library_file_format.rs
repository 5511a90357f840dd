//! Detects the program that wrote a file by its set of column names.

use serde::{Deserialize, Serialize};

use super::ordered_word_list::OrderedWordList;

/// The known programs; each has its notation of authors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LibraryFileFormat {
    /// Goodreads, 24 or 31 columns.
    Goodreads,
    StoryGraph,
    /// LibraryThing, comma or tab.
    LibraryThing,
    Calibre,
    /// BookBuddy, 38 or 79 columns.
    BookBuddy,
    Libib,
    Hardcover,
    BookWyrm,
    Babelio,
    Libby,
    OpenReads,
    /// NeverTooManyBooks and Book Catalogue.
    NeverTooManyBooks,
    /// An Open Library reading log.
    OpenLibrary,
    Zotero,
    Inventaire,
    /// Any other file with a title or an ISBN column.
    #[default]
    Plain,
    /// No header: one ISBN a line.
    #[serde(rename = "headless")]
    Headerless,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthorCellFormat {
    One,
    /// `A, B`, with roles in brackets; `A & B` is split too.
    List,
    /// `A & B`; a comma belongs to the name.
    Ampersand,
    /// `Last, First|Last, First`.
    Inverted,
    /// `Last First` in most cells.
    FamilyFirst,
    /// Unknown: split where the names are certain.
    Unknown,
}

impl LibraryFileFormat {
    pub(super) fn author_style(self) -> AuthorCellFormat {
        let mark = MARKS.iter().find(|(format, ..)| *format == self);
        mark.map_or(AuthorCellFormat::Unknown, |(_, style, ..)| *style)
    }

    /// The format of a set of folded column names: of the formats with enough marks present, that
    /// with the largest share. Programs rename columns, so that no single name decides, except one
    /// that names Babelio.
    pub(super) fn detect(names: &[String]) -> Self {
        if names.iter().any(|name| name.contains("babelio")) {
            return Self::Babelio;
        }
        let mut best = (Self::Plain, 0);
        for (format, _, need, marks) in MARKS {
            let marks = OrderedWordList(marks);
            let present = marks.iter().filter(|mark| names.iter().any(|name| name == mark)).count();
            let share = present * 1_000 / marks.iter().count().max(1);
            if present >= *need && share > best.1 {
                best = (*format, share);
            }
        }
        best.0
    }
}

/// How each program writes authors, column names that few other programs use, and how many of them
/// have to be present.
#[rustfmt::skip]
const MARKS: &[(LibraryFileFormat, AuthorCellFormat, usize, &str)] = &[
    (LibraryFileFormat::Goodreads, AuthorCellFormat::One, 3, "author lf, additional authors, my \
        rating, exclusive shelf, bookshelves with positions"),
    (LibraryFileFormat::StoryGraph, AuthorCellFormat::List, 3, "isbn uid, read status, last date read, \
        dates read, star rating, moods, pace"),
    (LibraryFileFormat::LibraryThing, AuthorCellFormat::Inverted, 3, "primary author, secondary \
        author, sort character, lc classification, isbns, dewey wording, bcid"),
    (LibraryFileFormat::Calibre, AuthorCellFormat::Ampersand, 3, "author sort, identifiers, series \
        index, pubdate, title sort, library name, uuid"),
    (LibraryFileFormat::BookBuddy, AuthorCellFormat::List, 3, "author last first, google volumeid, \
        physical location, wish list, uploaded image url, loaned to"),
    (LibraryFileFormat::Libib, AuthorCellFormat::List, 3, "ean isbn13, upc isbn10, creators, item \
        type, number of discs, number of players, esrb"),
    (LibraryFileFormat::Hardcover, AuthorCellFormat::List, 2, "hardcover book id, hardcover edition \
        id, sponsored review, review slate"),
    (LibraryFileFormat::BookWyrm, AuthorCellFormat::List, 3, "author text, remote id, openlibrary key, \
        inventaire id, bnf id, shelf date"),
    (LibraryFileFormat::Babelio, AuthorCellFormat::FamilyFirst, 5, "isbn, titre, auteur, editeur, date \
        de publication, statut, note"),
    (LibraryFileFormat::Libby, AuthorCellFormat::One, 5, "cover, publisher, timestamp, activity, \
        details, library"),
    (LibraryFileFormat::OpenReads, AuthorCellFormat::List, 3, "olid, favourite, deleted, my review, \
        readings, book format"),
    (LibraryFileFormat::NeverTooManyBooks, AuthorCellFormat::Inverted, 2, "author details, series \
        details, bookshelf id, anthology titles, loaned to"),
    (LibraryFileFormat::Zotero, AuthorCellFormat::Inverted, 4, "key, item type, publication title, \
        issn, doi, abstract note, library catalog"),
    (LibraryFileFormat::Inventaire, AuthorCellFormat::List, 2, "works labels, works urls, authors \
        labels, authors urls, item created"),
    (LibraryFileFormat::OpenLibrary, AuthorCellFormat::List, 3, "work id, edition id, bookshelf"),
];

#[cfg(test)]
mod tests {
    use bibliography::text_normalization::fold_text;

    use super::*;

    #[test]
    fn marks_of_formats_are_in_folded_form() {
        for name in MARKS.iter().flat_map(|mark| OrderedWordList(mark.3).iter()) {
            assert_eq!(fold_text(name), name, "{name}");
        }
    }

    #[test]
    fn the_largest_share_of_its_marks_shows_the_format() {
        for (format, _, _, marks) in MARKS {
            let count = |marks| OrderedWordList(marks).iter().count();
            for (other, _, need, others) in MARKS.iter().filter(|mark| mark.2 < count(mark.3)) {
                let others = OrderedWordList(others).iter().take(*need);
                let names: Vec<String> =
                    others.chain(OrderedWordList(marks).iter()).map(str::to_owned).collect();
                assert_eq!(
                    LibraryFileFormat::detect(&names),
                    *format,
                    "beside {need} of {other:?}"
                );
            }
        }
    }
}
