//! The stored page, and the part of it that a request wants.

use runtime::api::volume::{Volume, Volumes};

use crate::config::PAGE_ITEMS;
use crate::view::{OrderBy, View};

/// A merged answer as two stored pages: the first page, served as it is, and the overflow page.
pub fn split(mut whole: Volumes) -> (Volumes, Option<Volumes>) {
    let at = usize::try_from(PAGE_ITEMS).unwrap_or(usize::MAX);
    if whole.items.len() <= at {
        return (whole, None);
    }
    let rest = whole.items.split_off(at);
    let rest = Volumes { items: rest, ..whole.clone() };
    (whole, Some(rest))
}

/// Cuts the view out of an answer that has all its items.
#[must_use]
pub fn cut(mut whole: Volumes, view: &View) -> Volumes {
    if let Some(language) = &view.language {
        let speaks = |item: &Volume| {
            item.volume_info.language.as_deref().is_some_and(|l| same_language(l, language))
        };
        let (kept, others): (Vec<Volume>, Vec<Volume>) = whole.items.into_iter().partition(speaks);
        whole.items = kept;
        if view.translations {
            whole.items.extend(others);
        } else {
            whole.total_items = u32::try_from(whole.items.len()).unwrap_or(u32::MAX);
        }
    }
    if view.order == OrderBy::Newest {
        // Dates are ISO texts of differing length: "2019-05" sorts after "2019", as it should.
        whole.items.sort_by(|a, b| b.volume_info.published_date.cmp(&a.volume_info.published_date));
    }
    let skip = usize::try_from(view.start_index).unwrap_or(usize::MAX);
    let take = usize::try_from(view.max_results).unwrap_or(usize::MAX);
    whole.items = whole.items.into_iter().skip(skip).take(take).collect();
    whole
}

/// `en` takes `en-GB` too; `pt-BR` takes itself and plain `pt`.
fn same_language(have: &str, want: &str) -> bool {
    let have = have.to_ascii_lowercase();
    have == want
        || have.strip_prefix(want).is_some_and(|rest| rest.starts_with('-'))
        || want.strip_prefix(have.as_str()).is_some_and(|rest| rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use runtime::api::volume::{QueryReport, VolumeInfo};

    use super::*;

    fn answer(items: &[(&str, Option<&str>, Option<&str>)]) -> Volumes {
        let items: Vec<Volume> = items
            .iter()
            .map(|(id, language, date)| Volume {
                kind: "books#volume".into(),
                id: (*id).into(),
                volume_info: VolumeInfo {
                    language: language.map(str::to_owned),
                    published_date: date.map(str::to_owned),
                    ..VolumeInfo::default()
                },
                sources: Vec::new(),
                work_id: None,
            })
            .collect();
        Volumes {
            kind: "books#volumes".into(),
            total_items: items.len() as u32,
            items,
            provider: None,
            providers: Vec::new(),
            partial: false,
            query_analysis: QueryReport {
                kind: "title".into(),
                confidence: 1.0,
                normalized: "x".into(),
            },
        }
    }

    fn ids(volumes: &Volumes) -> String {
        volumes.items.iter().map(|item| item.id.as_str()).collect()
    }

    #[test]
    fn a_view_is_cut_by_language_order_and_place() {
        let whole = || {
            answer(&[
                ("a", Some("en"), Some("1999")),
                ("b", Some("fr"), Some("2019-05")),
                ("c", None, None),
                ("d", Some("en-GB"), Some("2019")),
            ])
        };
        let view = |language: Option<&str>, translations, order, start_index, max_results| View {
            start_index,
            max_results,
            language: language.map(str::to_owned),
            translations,
            order,
        };
        use OrderBy::{Newest, Relevance};
        for (view, expected, total) in [
            (view(None, false, Relevance, 0, 40), "abcd", 4),
            (view(None, false, Relevance, 1, 2), "bc", 4),
            (view(None, false, Relevance, 9, 2), "", 4),
            (view(None, false, Relevance, 0, 0), "", 4),
            (view(None, false, Newest, 0, 40), "bdac", 4),
            (view(Some("en"), false, Relevance, 0, 40), "ad", 2),
            (view(Some("en"), true, Relevance, 0, 40), "adbc", 4),
            (view(Some("en-gb"), false, Relevance, 0, 40), "ad", 2),
            (view(Some("e"), false, Relevance, 0, 40), "", 0),
        ] {
            let cut = cut(whole(), &view);
            assert_eq!((ids(&cut).as_str(), cut.total_items), (expected, total), "{view:?}");
        }
    }

    #[test]
    fn what_does_not_fit_the_stored_page_is_the_rest() {
        let many: Vec<_> = (0..45).map(|_| ("x", None, None)).collect();
        let (page, rest) = split(answer(&many));
        let rest = rest.unwrap();
        assert_eq!((page.items.len(), rest.items.len()), (40, 5));
        assert_eq!((page.total_items, rest.total_items), (45, 45));
        assert!(split(answer(&many[..40])).1.is_none());
    }
}
