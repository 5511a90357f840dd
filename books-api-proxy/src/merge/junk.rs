//! Books about the book: summaries, study guides, samplers, boxes. They go below the real one.

use shared::query::Query;
use shared::text::{fold, title_key};
use shared::volume::VolumeInfo;

/// Runs of words that a title about another book, or of several books at once, holds.
const MARKS: &[&str] = &[
    "summary of",
    "summary and analysis",
    "summary analysis",
    "summary",
    "study guide",
    "studyguide",
    "teacher guide",
    "teachers guide",
    "teaching guide",
    "reading guide",
    "readers guide",
    "literature guide",
    "instructional guide",
    "book guide",
    "discussion guide",
    "reading group guide",
    "lesson plans",
    "novel units",
    "sparknotes",
    "cliffsnotes",
    "cliffs notes",
    "york notes",
    "bookrags",
    "workbook for",
    "companion workbook",
    "guided workbook",
    "analysis of",
    "key takeaways",
    "conversation starters",
    "trivia",
    "quiz book",
    "coloring book",
    "colouring book",
    "sampler",
    "chapter sampler",
    "free preview",
    "sneak peek",
    "excerpt from",
    "box set",
    "boxed set",
    "boxset",
    "book set",
    "books set",
    "collection set",
    "books collection",
    "book collection",
    "books bundle",
    "book bundle",
    "dvd",
    "untitled",
    "calendar",
    "blank journal",
];

/// Makers of such books.
const MAKERS: &[&str] = &[
    "bookhabits",
    "supersummary",
    "bookrags",
    "readtrepreneur publishing",
    "instaread",
    "instaread summaries",
    "bright summaries",
    "sparknotes",
    "cliffsnotes",
    "litcharts",
    "gradesaver",
    "shmoop",
    "book tigers",
    "dailybooks",
    "quickread",
    "summary station",
    "worth books",
];

/// What is bound as something else than a book.
const NOT_BOOKS: &[&str] = &["dvd", "blu ray", "vhs", "calendar", "toy", "game", "misc supplies"];

/// Whether an item belongs below the real books for this query. A query that asks for such a book
/// itself ("dune study guide", or its very title) gets it.
pub(super) fn is_junk(query: &Query, info: &VolumeInfo) -> bool {
    let asked = format!(" {} ", fold(query.text()));
    let whole = match &info.subtitle {
        Some(subtitle) => format!("{} {subtitle}", info.title),
        None => info.title.clone(),
    };
    let title = format!(" {} ", fold(&whole));
    let names = |mark: &&&str| title.contains(&format!(" {mark} "));
    let wanted = |mark: &&str| asked.contains(&format!(" {mark} "));
    let is_asked = query.title_text().is_some_and(|text| title_key(text) == title_key(&info.title));
    if is_asked {
        return false;
    }
    let marked = MARKS.iter().filter(names).any(|mark| !wanted(mark));
    let made = info.authors.iter().any(|author| {
        let author = fold(author);
        MAKERS.contains(&author.as_str()) && !asked.contains(&author)
    });
    let bound =
        info.binding.as_deref().is_some_and(|binding| NOT_BOOKS.contains(&fold(binding).as_str()));
    marked || made || bound
}
