//! A merged item with its texts in comparable form, computed once for grouping and ranking.

use std::collections::BTreeMap;

use bibliography::edition::Edition;
use bibliography::text_normalization::{
    BookSeries, ComparableWork, author_name_key, base_title, title_key,
};
use runtime::wire_types::volume::Volume;

/// An item, and its best position in any provider's answer.
#[derive(Clone, Debug)]
pub(super) struct MergedItem {
    pub(super) volume: Volume,
    pub(super) rank: u32,
    pub(super) texts: FoldedTexts,
}

#[derive(Clone, Debug, Default)]
pub(super) struct FoldedTexts {
    pub(super) title: String,
    pub(super) display_title: String,
    pub(super) full_title: String,
    /// The texts that decide whether two items are of one work, with the authors.
    pub(super) work: ComparableWork,
    pub(super) base: String,
    /// The comparable form of the series' name; empty if there is none.
    pub(super) series: String,
    pub(super) position: Option<f32>,
    pub(super) is_set: bool,
}

impl FoldedTexts {
    pub(super) fn of(info: &Edition) -> Self {
        let title = title_key(&info.title);
        let display_title = match &info.subtitle {
            Some(subtitle) => format!("{}: {subtitle}", info.title),
            None => info.title.clone(),
        };
        let full_title = match &info.subtitle {
            Some(_) => title_key(&display_title),
            None => title.clone(),
        };
        let base = base_title(&display_title);
        let base = if base == info.title { title.clone() } else { title_key(&base) };
        let authors = info.authors.iter().map(|name| author_name_key(name)).collect();
        let mut texts = Self {
            work: ComparableWork::of(&display_title, authors),
            base,
            title,
            display_title,
            full_title,
            ..Self::default()
        };
        texts.set_series(info);
        texts
    }

    pub(super) fn set_series(&mut self, info: &Edition) {
        let series = info.series.as_deref().map(BookSeries::parse).unwrap_or_default();
        (self.series, self.position, self.is_set) =
            (series.comparable_name(), series.series_position(), series.is_set());
    }

    pub(super) fn folded_authors(&self) -> &[String] {
        &self.work.authors
    }

    /// Whether a folded name equals that of an author.
    pub(super) fn is_by(&self, key: &str) -> bool {
        self.folded_authors().iter().any(|author| author == key)
    }
}

/// The items of each key keep their order.
pub(super) fn group_by_key<K: Ord, T>(
    pairs: impl IntoIterator<Item = (K, T)>,
) -> BTreeMap<K, Vec<T>> {
    let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for (key, item) in pairs {
        groups.entry(key).or_default().push(item);
    }
    groups
}
