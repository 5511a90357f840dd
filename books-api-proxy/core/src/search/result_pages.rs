//! Splits an answer into its stored pages, and cuts a view out of them.

use std::cmp::Reverse;

use bibliography::edition::Edition;
use bibliography::language::same_language;
use bibliography::query::{Query, QueryKind};
use runtime::wire_types::volume::{SearchAnswerPage, Volume};

use crate::config::STORED_PAGE_MAX_ITEMS;
use crate::merge::real_books;
use crate::result_options::{OrderBy, ResultOptions};

/// The stored page and, if the answer has more items, the overflow page.
pub fn split_pages(mut whole: SearchAnswerPage) -> (SearchAnswerPage, Option<SearchAnswerPage>) {
    let at = usize::try_from(STORED_PAGE_MAX_ITEMS).unwrap_or(usize::MAX);
    if whole.items.len() <= at {
        return (whole, None);
    }
    let rest = whole.items.split_off(at);
    let rest = SearchAnswerPage { items: rest, ..whole.clone() };
    (whole, Some(rest))
}

/// Cuts a view out of an answer. An ISBN query ignores the language: it names one edition.
pub fn select_page(
    query: &Query,
    mut whole: SearchAnswerPage,
    view: &ResultOptions,
) -> SearchAnswerPage {
    if query.kind() != QueryKind::Isbn {
        select_language(&mut whole, view);
    }
    match view.order {
        OrderBy::Newest => {
            let books = real_books(query, &whole.items);
            let mut marked: Vec<(bool, Volume)> = books.into_iter().zip(whole.items).collect();
            // Dates are ISO texts of different precision: "2019-05" sorts after "2019".
            marked.sort_by_cached_key(|(is_book, item)| {
                Reverse((*is_book, item.edition.published_date.clone()))
            });
            whole.items = marked.into_iter().map(|(_, item)| item).collect();
        }
        OrderBy::Relevance => whole.items.sort_by_key(|item| {
            let is_spoken = |language: &String| speaks(&item.edition, language) == Some(true);
            view.preferred_languages.iter().position(is_spoken).unwrap_or(usize::MAX)
        }),
    }
    let skip = usize::try_from(view.start_index).unwrap_or(usize::MAX);
    let take = usize::try_from(view.max_results).unwrap_or(usize::MAX);
    whole.items = whole.items.into_iter().skip(skip).take(take).collect();
    whole
}

/// Items in the language first, of unknown language last; items in others only with `translations`.
fn select_language(whole: &mut SearchAnswerPage, view: &ResultOptions) {
    let Some(language) = &view.language else { return };
    let rank = |item: &Volume| match speaks(&item.edition, language) {
        Some(true) => 0,
        Some(false) => 1,
        None => 2,
    };
    whole.items.sort_by_key(rank);
    if !view.translations {
        whole.items.retain(|item| rank(item) != 1);
        whole.total_items = u32::try_from(whole.items.len()).unwrap_or(u32::MAX);
    }
}

/// Whether a book is in a language; None if its languages are unknown.
fn speaks(info: &Edition, language: &str) -> Option<bool> {
    let mut all = info.language.iter().chain(&info.languages).peekable();
    all.peek().is_some().then(|| all.any(|own| same_language(own, language)))
}

#[cfg(test)]
mod tests {
    use bibliography::edition::Edition;
    use runtime::wire_types::volume::QueryReport;

    use super::*;

    /// Items by id, languages and date.
    fn test_volumes_page(items: &[(&str, Option<&str>, Option<&str>)]) -> SearchAnswerPage {
        let items: Vec<Volume> = items
            .iter()
            .map(|(id, language, date)| Volume {
                id: (*id).into(),
                edition: Edition {
                    language: language.filter(|l| !l.contains(' ')).map(str::to_owned),
                    languages: language
                        .filter(|all| all.contains(' '))
                        .map(|all| all.split(' ').map(str::to_owned).collect())
                        .unwrap_or_default(),
                    published_date: date.map(str::to_owned),
                    ..Edition::default()
                },
                sources: Vec::new(),
                work_id: None,
            })
            .collect();
        SearchAnswerPage {
            kind: "books#volumes".into(),
            total_items: items.len() as u32,
            items,
            provider: None,
            providers: Vec::new(),
            partial: false,
            widened: false,
            query_analysis: QueryReport {
                kind: "title".into(),
                confidence: 1.0,
                normalized: "x".into(),
                repaired: None,
            },
        }
    }

    fn joined_ids(volumes: &SearchAnswerPage) -> String {
        volumes.items.iter().map(|item| item.id.as_str()).collect()
    }

    #[test]
    fn a_view_is_cut_by_language_order_and_place() {
        let whole = || {
            test_volumes_page(&[
                ("c", None, None),
                ("a", Some("en"), Some("1999")),
                ("b", Some("fr"), Some("2019-05")),
                ("d", Some("en-GB"), Some("2019")),
                ("e", Some("de en"), Some("1970")),
            ])
        };
        let view =
            |language: Option<&str>, preferred: &str, translations, order, place: (u32, u32)| {
                ResultOptions {
                    start_index: place.0,
                    max_results: place.1,
                    language: language.map(str::to_owned),
                    translations,
                    preferred_languages: preferred.split_whitespace().map(str::to_owned).collect(),
                    order,
                }
            };
        use OrderBy::{Newest, Relevance};
        for (view, expected, total) in [
            (view(None, "", false, Relevance, (0, 40)), "cabde", 5),
            (view(None, "", false, Relevance, (1, 2)), "ab", 5),
            (view(None, "", false, Relevance, (9, 2)), "", 5),
            (view(None, "", false, Relevance, (0, 0)), "", 5),
            (view(None, "", false, Newest, (0, 40)), "bdaec", 5),
            // A work matches by any of its languages; items of unknown language are kept.
            (view(Some("en"), "", false, Relevance, (0, 40)), "adec", 4),
            (view(Some("en"), "", true, Relevance, (0, 40)), "adebc", 5),
            (view(Some("en-GB"), "", false, Relevance, (0, 40)), "adec", 4),
            (view(Some("de"), "", false, Relevance, (0, 40)), "ec", 2),
            (view(None, "de fr", false, Relevance, (0, 40)), "ebcad", 5),
        ] {
            let cut = select_page(&Query::from_free_text("x"), whole(), &view);
            assert_eq!((joined_ids(&cut).as_str(), cut.total_items), (expected, total), "{view:?}");
        }
        let number = Query::from_free_text("9780441172719");
        let french = test_volumes_page(&[("b", Some("fr"), None)]);
        let english = view(Some("en"), "", false, Relevance, (0, 40));
        assert_eq!(joined_ids(&select_page(&number, french, &english)), "b");
    }

    #[test]
    fn books_by_date_come_before_newer_sets() {
        let mut whole = test_volumes_page(&[
            ("a", None, Some("1999")),
            ("b", None, Some("2024")),
            ("c", None, Some("2001")),
        ]);
        for (item, title) in
            whole.items.iter_mut().zip(["Dune", "Dune 3 Books Collection Set", "Dune Messiah"])
        {
            item.edition.title = title.to_owned();
        }
        let view = ResultOptions { order: OrderBy::Newest, ..ResultOptions::first_page(40) };
        assert_eq!(joined_ids(&select_page(&Query::from_free_text("dune"), whole, &view)), "cab");
    }

    #[test]
    fn items_past_the_stored_page_are_the_overflow_page() {
        let many: Vec<_> = (0..45).map(|_| ("x", None, None)).collect();
        let (page, rest) = split_pages(test_volumes_page(&many));
        let rest = rest.unwrap();
        assert_eq!((page.items.len(), rest.items.len()), (40, 5));
        assert_eq!((page.total_items, rest.total_items), (45, 45));
        assert!(split_pages(test_volumes_page(&many[..40])).1.is_none());
    }
}
