//! Books about other books and sets of several, which are ranked below the real books.

use bibliography::edition::Edition;
use bibliography::query::{Query, QueryKind};
use bibliography::text_normalization::{BookSeries, fold_text, title_key};

use super::merged_item::FoldedTexts;

/// Phrases in titles of books about another book, and of things that are no books.
const TITLE_MARKERS: &[&str] = &[
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
    "free preview",
    "sneak peek",
    "excerpt from",
    "dvd",
    "untitled",
    "calendar",
    "blank journal",
    "adventure game",
    "board game",
    "card game",
    "role playing game",
    "roleplaying game",
    "trading cards",
    "official companion",
    "unofficial",
    "companion to the",
    "guide to the",
    "sticker book",
    "activity book",
    "puzzle book",
    "poster book",
    "postcard book",
];

/// Phrases in titles of sets: several books in one.
const SET_MARKERS: &[&str] = &[
    "box set",
    "boxed set",
    "boxset",
    "book set",
    "books set",
    "box collection",
    "collection set",
    "books collection",
    "book collection",
    "books bundle",
    "book bundle",
    "gift set",
    "fantasy firsts",
    "complete collection",
    "complete novels",
    "complete saga",
    "complete series",
    "complete set",
    "complete trilogy",
    "omnibus",
];

/// Publishers of books about other books.
const GUIDE_PUBLISHERS: &[&str] = &[
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

/// Bindings of things that are no books.
const NOT_BOOKS: &[&str] = &["dvd", "blu ray", "vhs", "calendar", "toy", "game", "misc supplies"];

/// Distinguishes derivative works from real books for one query. A query for a derivative work
/// ("dune study guide", or its exact title) treats it as a real book.
pub(super) struct DerivativeWorks {
    asked: String,
    /// The query as the name of a series.
    series: String,
    title: Option<String>,
    /// True for an ISBN or an id, which may name any book.
    is_disabled: bool,
    /// The first words of all markers, sorted: a fast test, since most titles have none.
    first_words: Vec<&'static str>,
}

impl DerivativeWorks {
    pub(super) fn of(query: &Query) -> Self {
        let marks = TITLE_MARKERS.iter().chain(SET_MARKERS);
        let mut first_words: Vec<_> = marks.filter_map(|mark| mark.split(' ').next()).collect();
        first_words.sort();
        Self {
            first_words,
            asked: fold_text(query.search_text()),
            series: BookSeries::parse(query.search_text()).comparable_name(),
            title: query.title_for_providers().map(title_key),
            is_disabled: matches!(query.kind(), QueryKind::Isbn | QueryKind::Volume),
        }
    }

    pub(super) fn contains(&self, info: &Edition, texts: &FoldedTexts) -> bool {
        if self.is_disabled || self.title.as_ref() == Some(&texts.title) {
            return false;
        }
        let mut marks = self.markers_in(TITLE_MARKERS, &texts.full_title).peekable();
        let is_marked = marks.peek().is_some();
        if marks.any(|mark| has_run(&self.asked, mark)) {
            return false;
        }
        let made = |author: &String| {
            GUIDE_PUBLISHERS.contains(&author.as_str()) && !self.asked.contains(author)
        };
        let is_bound = |binding: &String| NOT_BOOKS.contains(&fold_text(binding).as_str());
        is_marked
            || self.is_set(texts)
            || texts.folded_authors().iter().any(made)
            || info.binding.iter().any(is_bound)
    }

    /// The markers of a list in a title.
    fn markers_in<'a>(
        &self,
        list: &'a [&'static str],
        title: &'a str,
    ) -> impl Iterator<Item = &'a &'static str> + use<'a> {
        let may_hold = title.split(' ').any(|word| self.first_words.binary_search(&word).is_ok());
        list.iter().filter(move |mark| may_hold && has_run(title, mark))
    }

    /// Whether an item is a set, and the query is not for a set.
    pub(super) fn is_set(&self, texts: &FoldedTexts) -> bool {
        if self.markers_in(SET_MARKERS, &texts.full_title).any(|mark| !has_run(&self.asked, mark)) {
            return true;
        }
        let words: Vec<&str> = texts.full_title.split(' ').collect();
        let several = words.windows(2).any(|pair| {
            matches!(pair, ["books", number] if number.starts_with(|c: char| c.is_ascii_digit()))
        });
        // "Mistborn Trilogy" for "mistborn".
        let noun = texts.title.rsplit(' ').next().unwrap_or_default();
        let is_whole_series = BookSeries::parse(&texts.title).comparable_name() == self.series
            && !has_run(&self.asked, noun)
            && !has_run(&self.series, noun);
        (several || texts.is_set || is_whole_series) && !has_run(&self.asked, "books")
    }
}

/// Whether a folded text has a phrase, as whole words.
fn has_run(text: &str, run: &str) -> bool {
    let ends = |before: Option<char>| before.is_none_or(|c| c == ' ');
    text.match_indices(run).any(|(at, _)| {
        let (before, rest) = text.split_at_checked(at).unwrap_or(("", text));
        let after = rest.get(run.len()..).unwrap_or_default();
        ends(before.chars().next_back()) && ends(after.chars().next())
    })
}
