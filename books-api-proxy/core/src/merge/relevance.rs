//! How well an item matches a query, from 0 to 1000. The score depends on the item alone.

use bibliography::edition::Edition;
use bibliography::query::{Query, QueryKind};
use bibliography::text_normalization::{
    BookSeries, author_name_key, base_title, is_function_word, same_author, same_title, title_key,
};

use super::merged_item::FoldedTexts;

pub(super) const EXACT_SCORE: u32 = 1_000;

/// The least score of a title that has every word of the query.
const ALL_WORDS: u32 = 400;

/// The scores of the requested volume of a series, and of its other volumes.
const VOLUME: u32 = 960;
const SERIES: u32 = 610;

/// The score of a book all of whose authors are in the query, beside other words.
const SEVERAL: u32 = 700;

/// A query in comparable form.
pub(super) struct QueryTexts {
    kind: QueryKind,
    /// The requested title, or free text that may be one, as it is and in its comparable forms.
    display_title: String,
    title: String,
    base: String,
    author: String,
    /// The significant words, without a volume's number.
    words: Vec<String>,
    /// The requested volume of a series: the comparable name and the number.
    volume: Option<(String, f32)>,
}

impl QueryTexts {
    pub(super) fn of(query: &Query) -> Self {
        let title = query.title_for_providers().unwrap_or(query.search_text());
        let author = query.author_for_providers().unwrap_or(query.search_text());
        let series = BookSeries::parse(title);
        let named = if series.number.is_some() { &series.name } else { title };
        Self {
            words: telling_words(&title_key(named)).into_iter().map(str::to_owned).collect(),
            volume: series.series_position().map(|position| (series.comparable_name(), position)),
            kind: query.kind(),
            display_title: title.to_owned(),
            title: title_key(title),
            base: without_spaces(&title_key(&base_title(title))),
            author: author_name_key(author),
        }
    }

    /// Whether free text is the name of one of these authors.
    pub(super) fn may_name(&self, texts: &FoldedTexts) -> bool {
        self.kind == QueryKind::Mixed && texts.is_by(&self.author)
    }

    /// The score of an item. `author_first`: free text that is the name of an author with several
    /// works is rather that author than a title.
    pub(super) fn relevance_score(
        &self,
        info: &Edition,
        texts: &FoldedTexts,
        author_first: bool,
    ) -> u32 {
        match self.kind {
            QueryKind::Isbn | QueryKind::Volume => EXACT_SCORE,
            QueryKind::Title => self.title_score(info, texts),
            QueryKind::Author => author_score(&self.author, texts),
            QueryKind::Advanced => {
                let title = self.title_score(info, texts);
                (title * 6 + author_score(&self.author, texts) * 4) / 10
            }
            QueryKind::Mixed => self.mixed_score(info, texts, author_first),
        }
    }

    /// Whether an item matches the whole query: title and author, if both are given.
    pub(super) fn is_answered_by(&self, info: &Edition, texts: &FoldedTexts) -> bool {
        let has_author =
            self.kind != QueryKind::Advanced || author_score(&self.author, texts) >= SEVERAL;
        has_author && self.relevance_score(info, texts, false) >= ALL_WORDS
    }

    /// Free text may be a title, an author, or both in either order.
    fn mixed_score(&self, info: &Edition, texts: &FoldedTexts, author_first: bool) -> u32 {
        let titled = match self.title_score(info, texts) {
            EXACT_SCORE if author_first => 980,
            score => score,
        };
        // Words beside the names say which of the authors' books is meant.
        let names_only = || has_all_words(&texts.folded_authors().join(" "), &self.author);
        let written = match author_score(&self.author, texts) {
            EXACT_SCORE if author_first => EXACT_SCORE,
            SEVERAL if !names_only() => 0,
            score => score * 96 / 100,
        };
        let both = title_and_author_score(&self.title, texts);
        titled.max(written).max(both).max(self.coverage_score(texts))
    }

    /// Whether every significant word is in the title or in the name of the series.
    pub(super) fn is_held_by(&self, texts: &FoldedTexts) -> bool {
        self.words.iter().all(|word| {
            has_all_words(&texts.full_title, word) || has_all_words(&texts.series, word)
        })
    }

    /// Whether the query may name a series.
    pub(super) fn may_be_series(&self) -> bool {
        matches!(self.kind, QueryKind::Title | QueryKind::Mixed)
    }

    pub(super) fn is_titled(&self, texts: &FoldedTexts) -> bool {
        self.title == texts.title || self.title == texts.full_title
    }

    fn title_score(&self, info: &Edition, texts: &FoldedTexts) -> u32 {
        let volume_score = match &self.volume {
            Some((series, _)) if *series != texts.series => 0,
            Some((_, position)) if texts.position == Some(*position) => VOLUME,
            Some(_) => SERIES,
            None => 0,
        };
        volume_score.max(self.own_title_score(info, texts))
    }

    fn own_title_score(&self, info: &Edition, texts: &FoldedTexts) -> u32 {
        if self.is_titled(texts) {
            return EXACT_SCORE;
        }
        // A cheap necessary condition of `same_title`: one base title is in the other title.
        let may_agree = without_spaces(&texts.full_title).contains(&self.base)
            || self.base.contains(&without_spaces(&texts.base));
        if may_agree
            && (same_title(&self.display_title, &info.title)
                || same_title(&self.display_title, &texts.display_title))
        {
            return 900;
        }
        let wanted = saturating_u32(self.words.len());
        let is_common = |word: &&String| has_all_words(&texts.full_title, word);
        let common = saturating_u32(self.words.iter().filter(is_common).count());
        if common == wanted {
            let long = |text: &str| saturating_u32(text.split(' ').count());
            let extra = long(&texts.full_title).saturating_sub(long(&self.title));
            return 600 - (extra * 10).min(600 - ALL_WORDS);
        }
        300 * common / wanted.max(1)
    }

    /// The share of the query's words in the item's texts, and of the title's words in the query.
    fn coverage_score(&self, texts: &FoldedTexts) -> u32 {
        let known =
            format!("{} {} {}", texts.full_title, texts.series, texts.folded_authors().join(" "));
        let found =
            saturating_u32(self.words.iter().filter(|word| has_all_words(&known, word)).count());
        let total = saturating_u32(self.words.len()).max(1);
        let title = telling_words(&texts.full_title);
        let is_asked = |word: &&&str| self.words.iter().any(|asked| asked == **word);
        let in_title = saturating_u32(title.iter().filter(is_asked).count());
        let title = saturating_u32(title.len()).max(1);
        600 * found * found / (total * total) + 200 * in_title * found / (title * total)
    }
}

/// The significant words of a folded text, or all words if none is significant.
fn telling_words(folded: &str) -> Vec<&str> {
    let says = |word: &&str| !is_function_word(word) && *word != "by";
    let telling: Vec<&str> = folded.split(' ').filter(says).collect();
    if telling.is_empty() { folded.split(' ').collect() } else { telling }
}

fn author_score(key: &str, texts: &FoldedTexts) -> u32 {
    let authors = || texts.folded_authors().iter();
    if texts.is_by(key) {
        return EXACT_SCORE;
    }
    let surname = |text: &str| text.rsplit(' ').next().unwrap_or_default().to_owned();
    let namesake = authors().any(|author| surname(author) == surname(key));
    if (namesake || authors().any(|author| without_spaces(author) == without_spaces(key)))
        && authors().any(|author| same_author(key, author))
    {
        return 900;
    }
    // "Bussi Michel" for Michel Bussi: the same words in another order.
    let words = |text: &str| text.split(' ').count();
    if authors().any(|author| words(author) == words(key) && has_all_words(author, key)) {
        return 800;
    }
    // Several authors requested at once: "Neil Gaiman, Terry Pratchett".
    if !texts.folded_authors().is_empty() && authors().all(|author| has_all_words(key, author)) {
        return SEVERAL;
    }
    if namesake { 300 } else { 0 }
}

/// Free text with the title at one end, and the name of an author in the rest.
fn title_and_author_score(text: &str, texts: &FoldedTexts) -> u32 {
    let titles = [(&texts.title, 0), (&texts.full_title, 0), (&texts.base, 20)];
    let marks = titles.into_iter().filter_map(|(title, less)| {
        let rest = [text.strip_prefix(title.as_str()), text.strip_suffix(title.as_str())];
        let rest = rest.into_iter().flatten().map(str::trim).filter(|rest| !rest.is_empty());
        let score = rest.map(|rest| remainder_score(rest, texts)).max()?;
        (score > 0).then(|| score - less)
    });
    marks.max().unwrap_or_default()
}

fn remainder_score(rest: &str, texts: &FoldedTexts) -> u32 {
    let rest = rest.strip_prefix("by ").unwrap_or(rest);
    if texts.folded_authors().iter().any(|author| without_spaces(author) == without_spaces(rest)) {
        return EXACT_SCORE;
    }
    if texts.folded_authors().iter().any(|author| same_author(author, rest)) {
        return 980;
    }
    let all = texts.folded_authors().join(" ");
    if !all.is_empty() && has_all_words(&all, rest) { 970 } else { 0 }
}

/// Whether every word of `part` is in `text`, both folded.
fn has_all_words(text: &str, part: &str) -> bool {
    part.split(' ').all(|word| text.split(' ').any(|other| other == word))
}

fn without_spaces(text: &str) -> String {
    text.replace(' ', "")
}

/// Limited, so that no score overflows.
fn saturating_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX).min(1_000)
}
