//! An item's texts in comparable form, folded once and used by grouping and ranking alike.

use bibliography::text::{Series, author_key, base_title, title_key, without_edition};
use runtime::api::volume::VolumeInfo;

/// The comparable forms of a title and its authors.
#[derive(Clone, Debug, Default)]
pub(super) struct FoldedTexts {
    pub(super) title: String,
    pub(super) shown: String,
    pub(super) whole: String,
    /// Title and subtitle without what names an edition.
    pub(super) work: String,
    pub(super) base: String,
    pub(super) authors: Vec<String>,
    /// The comparable form of the series' name; empty if there is none.
    pub(super) series: String,
    pub(super) place: Option<f32>,
    pub(super) is_set: bool,
}

impl FoldedTexts {
    pub(super) fn of(info: &VolumeInfo) -> Self {
        let title = title_key(&info.title);
        let series = info.series.as_deref().map(Series::parse).unwrap_or_default();
        let shown = match &info.subtitle {
            Some(subtitle) => format!("{}: {subtitle}", info.title),
            None => info.title.clone(),
        };
        let whole = match &info.subtitle {
            Some(_) => title_key(&shown),
            None => title.clone(),
        };
        Self {
            work: title_key(&without_edition(&shown)),
            base: title_key(&base_title(&shown)),
            authors: info.authors.iter().map(|name| author_key(name)).collect(),
            place: series.place(),
            is_set: series.is_set(),
            series: series.key(),
            title,
            shown,
            whole,
        }
    }

    /// Whether a folded name is exactly one of the authors'.
    pub(super) fn is_by(&self, key: &str) -> bool {
        self.authors.iter().any(|author| author == key)
    }
}
