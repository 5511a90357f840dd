//! How well an item answers a query, 0 to 1000. Read off the item alone.

use shared::query::{Query, QueryKind};
use shared::text::{author_key, base_title, fold, same_author, same_title, title_key};
use shared::volume::VolumeInfo;

/// The full mark.
pub(super) const EXACT: u32 = 1_000;

/// An item's texts in comparable form.
pub(super) struct Texts {
    title: String,
    whole_display: String,
    whole: String,
    base: String,
    authors: Vec<String>,
}

impl Texts {
    pub(super) fn of(info: &VolumeInfo) -> Self {
        let whole_display = match &info.subtitle {
            Some(subtitle) => format!("{}: {subtitle}", info.title),
            None => info.title.clone(),
        };
        Self {
            title: title_key(&info.title),
            whole: title_key(&whole_display),
            base: title_key(&base_title(&whole_display)),
            whole_display,
            authors: info.authors.iter().map(|name| author_key(name)).collect(),
        }
    }

    /// Whether the text is exactly one of the authors' names.
    pub(super) fn is_by(&self, key: &str) -> bool {
        self.authors.iter().any(|author| author == key)
    }
}

/// The mark of an item. `author_first`: free text that is the very name of an author with several
/// works here is taken for that author before it is taken for a title.
pub(super) fn relevance(
    query: &Query,
    info: &VolumeInfo,
    texts: &Texts,
    author_first: bool,
) -> u32 {
    match query.kind() {
        QueryKind::Isbn => EXACT,
        QueryKind::Title => title_mark(query.title_text().unwrap_or_default(), info, texts),
        QueryKind::Author => author_mark(query.author_name().unwrap_or_default(), texts),
        QueryKind::Advanced => {
            let title = title_mark(query.title_text().unwrap_or_default(), info, texts);
            let author = author_mark(query.author_name().unwrap_or_default(), texts);
            (title * 6 + author * 4) / 10
        }
        QueryKind::Mixed => mixed_mark(query.text(), info, texts, author_first),
    }
}

fn title_mark(asked: &str, info: &VolumeInfo, texts: &Texts) -> u32 {
    let key = title_key(asked);
    if key == texts.title || key == texts.whole {
        return EXACT;
    }
    if same_title(asked, &info.title) || same_title(asked, &texts.whole_display) {
        return 900;
    }
    let asked: Vec<&str> = key.split(' ').collect();
    let has = |word: &&&str| texts.whole.split(' ').any(|other| other == **word);
    let common = count(asked.iter().filter(has).count());
    let wanted = count(asked.len());
    if common == wanted {
        let extra = count(texts.whole.split(' ').count()).saturating_sub(wanted);
        return 600 - (extra * 10).min(200);
    }
    300 * common / wanted.max(1)
}

fn author_mark(asked: &str, texts: &Texts) -> u32 {
    let key = author_key(asked);
    if texts.is_by(&key) {
        return EXACT;
    }
    if texts.authors.iter().any(|author| same_author(&key, author)) {
        return 900;
    }
    // "Bussi Michel" for Michel Bussi: the same words in another order.
    let sorted = |text: &str| {
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        words.sort();
        words
    };
    if texts.authors.iter().any(|author| sorted(author) == sorted(&key)) {
        return 800;
    }
    // Several authors asked for at once: "Neil Gaiman, Terry Pratchett".
    if !texts.authors.is_empty() && texts.authors.iter().all(|author| has_words(&key, author)) {
        return 700;
    }
    let surname = |text: &str| text.rsplit(' ').next().unwrap_or_default().to_owned();
    let same = texts.authors.iter().any(|author| surname(author) == surname(&key));
    if same { 300 } else { 0 }
}

/// Free text may be a title, an author, or both in either order.
fn mixed_mark(asked: &str, info: &VolumeInfo, texts: &Texts, author_first: bool) -> u32 {
    let text = title_key(asked);
    let titled = title_mark(asked, info, texts);
    let titled = if author_first && titled == EXACT { 980 } else { titled };
    let written = match (author_mark(asked, texts), author_first) {
        (EXACT, true) => EXACT,
        (mark, _) => mark * 96 / 100,
    };
    titled.max(written).max(both_mark(&text, texts)).max(cover_mark(&text, texts))
}

/// Title and author together: the title at one end, a name of an author in the rest.
fn both_mark(text: &str, texts: &Texts) -> u32 {
    let titles = [(&texts.title, 0), (&texts.whole, 0), (&texts.base, 20)];
    let marks = titles.into_iter().filter_map(|(title, less)| {
        let rest = [text.strip_prefix(title.as_str()), text.strip_suffix(title.as_str())];
        let rest = rest.into_iter().flatten().map(str::trim).filter(|rest| !rest.is_empty());
        let mark = rest.map(|rest| rest_mark(rest, texts)).max()?;
        (mark > 0).then(|| mark - less)
    });
    marks.max().unwrap_or_default()
}

fn rest_mark(rest: &str, texts: &Texts) -> u32 {
    let rest = rest.strip_prefix("by ").unwrap_or(rest);
    let plain = |text: &str| text.replace(' ', "");
    if texts.authors.iter().any(|author| plain(author) == plain(rest)) {
        return EXACT;
    }
    if texts.authors.iter().any(|author| same_author(author, rest)) {
        return 980;
    }
    let all = texts.authors.join(" ");
    if !all.is_empty() && has_words(&all, rest) { 970 } else { 0 }
}

/// Words of the query that stand in title or authors, and how little else stands there.
fn cover_mark(text: &str, texts: &Texts) -> u32 {
    let words: Vec<&str> = text.split(' ').collect();
    let known = format!("{} {}", texts.whole, texts.authors.join(" "));
    let found = count(words.iter().filter(|word| has_words(&known, word)).count());
    let total = count(words.len()).max(1);
    let title = count(texts.whole.split(' ').count());
    let in_title = count(texts.whole.split(' ').filter(|word| has_words(text, word)).count());
    600 * found * found / (total * total) + 200 * in_title * found / (title.max(1) * total)
}

/// Whether every word of `part` stands in `text`.
fn has_words(text: &str, part: &str) -> bool {
    fold(part).split(' ').all(|word| text.split(' ').any(|other| other == word))
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX).min(10_000)
}
