//! Finds the batch item that repeats a question under the same cache key.

use bibliography::cache_key::CacheKey;
use bibliography::query::{Query, QueryKind};
use runtime::wire_types::batch_search_wire_types::{BatchItemQuery, BatchSearchItem};

use crate::batch_search::batch_item_keys::KeyedBatchItem;
use crate::search_question::SearchQuestion;

/// Longer texts are not logged: they are rarely repeated, and a shard's log stays small.
const MAX_TEXT_BYTES: usize = 300;

/// The plainest form of a question that has the same cache key; None if it is too long.
///
/// The normalised form comes first, so that the log holds no more of a client's text than needed.
pub fn to_batch_query(question: &SearchQuestion, key: &CacheKey) -> Option<BatchItemQuery> {
    let query = question.query();
    // As free text first: a batch stores its answer under one key only.
    let free_text = BatchItemQuery::Auto { q: query.search_text().to_owned() };
    let forms = [free_text, by_kind(&query), as_asked(question)];
    forms.into_iter().filter(|form| text_bytes(form) <= MAX_TEXT_BYTES).find(|form| {
        KeyedBatchItem::new(BatchSearchItem { id: String::new(), query: form.clone() }).key == *key
    })
}

fn by_kind(query: &Query) -> BatchItemQuery {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    match (query.kind(), query.isbn13()) {
        (QueryKind::Isbn, Some(isbn)) => {
            BatchItemQuery::Isbn { isbn, title: None, author: None, repaired: false }
        }
        (QueryKind::Author, _) => {
            BatchItemQuery::Author { name: text(query.author_for_providers()), books: Vec::new() }
        }
        _ => BatchItemQuery::Title {
            title: text(query.title_for_providers()),
            author: query.author_for_providers().map(str::to_owned),
        },
    }
}

/// As received, for a text whose other forms have another key.
fn as_asked(question: &SearchQuestion) -> BatchItemQuery {
    match question.clone() {
        SearchQuestion::Auto { q } => BatchItemQuery::Auto { q },
        SearchQuestion::Isbn { isbn } => {
            BatchItemQuery::Isbn { isbn, title: None, author: None, repaired: false }
        }
        SearchQuestion::Author { name } => BatchItemQuery::Author { name, books: Vec::new() },
        SearchQuestion::Title { title } => BatchItemQuery::Title { title, author: None },
        SearchQuestion::Advanced { title: Some(title), author } => {
            BatchItemQuery::Title { title, author }
        }
        SearchQuestion::Advanced { title: None, author } => {
            BatchItemQuery::Author { name: author.unwrap_or_default(), books: Vec::new() }
        }
        // A batch cannot query by id: this form has another key, so the question is not logged.
        SearchQuestion::Volume { id } => BatchItemQuery::Auto { q: id },
    }
}

fn text_bytes(query: &BatchItemQuery) -> usize {
    match query {
        BatchItemQuery::Isbn { .. } | BatchItemQuery::Unknown => 0,
        BatchItemQuery::Author { name, .. } => name.len(),
        BatchItemQuery::Title { title, author } => {
            title.len() + author.as_ref().map_or(0, String::len)
        }
        BatchItemQuery::Auto { q } => q.len(),
    }
}

#[cfg(test)]
mod tests {
    use bibliography::isbn::Isbn13;
    use proptest::prelude::*;

    use super::*;

    fn logged_batch_query(question: &SearchQuestion) -> Option<BatchItemQuery> {
        to_batch_query(question, &CacheKey::of(&question.query()))
    }

    fn free_text_batch_item_query(q: &str) -> BatchItemQuery {
        BatchItemQuery::Auto { q: q.to_owned() }
    }

    #[test]
    fn a_question_is_logged_in_its_plainest_form() {
        let isbn = Isbn13::parse("0441172717").unwrap();
        for (question, form) in [
            (SearchQuestion::Auto { q: "  -Dune!  ".into() }, "Dune"),
            (SearchQuestion::Auto { q: "0-441-17271-7".into() }, "9780441172719"),
            (SearchQuestion::Isbn { isbn }, "9780441172719"),
        ] {
            assert_eq!(
                logged_batch_query(&question),
                Some(free_text_batch_item_query(form.trim())),
                "{question:?}"
            );
        }
        // As free text, these have another key.
        assert_eq!(
            logged_batch_query(&SearchQuestion::Author { name: "Le Guin, Ursula K.".into() }),
            Some(BatchItemQuery::Author { name: "Ursula K. Le Guin".into(), books: Vec::new() })
        );
        assert_eq!(
            logged_batch_query(&SearchQuestion::Author { name: "Homer".into() }),
            Some(BatchItemQuery::Author { name: "Homer".into(), books: Vec::new() })
        );
        assert_eq!(
            logged_batch_query(&SearchQuestion::Advanced {
                title: Some("Dune (Dune, #1)".into()),
                author: Some("Herbert, Frank".into())
            }),
            Some(BatchItemQuery::Title {
                title: "Dune".into(),
                author: Some("Frank Herbert".into())
            })
        );
    }

    #[test]
    fn a_long_text_is_not_logged() {
        assert_eq!(logged_batch_query(&SearchQuestion::Auto { q: "word ".repeat(70) }), None);
    }

    fn any_search_question() -> impl Strategy<Value = SearchQuestion> {
        let text =
            || "[\\PC]{1,40}|[a-zA-Z,.'() ]{1,40}|(The |A )?[A-Z][a-z]{2,8}( of [A-Z][a-z]+)?";
        prop_oneof![
            text().prop_map(|q| SearchQuestion::Auto { q }),
            text().prop_map(|name| SearchQuestion::Author { name }),
            text().prop_map(|title| SearchQuestion::Title { title }),
            (prop::option::of(text()), prop::option::of(text()))
                .prop_map(|(title, author)| SearchQuestion::Advanced { title, author }),
        ]
    }

    proptest! {
        /// Warming the logged form fills the key that the search reads.
        #[test]
        fn every_short_question_has_a_form_with_its_key(question in any_search_question()) {
            let query = question.query();
            prop_assume!(!query.is_empty());
            let key = CacheKey::of(&query);
            let form = to_batch_query(&question, &key).expect("the form as received has the key");
            let item = KeyedBatchItem::new(BatchSearchItem { id: String::new(), query: form });
            prop_assert_eq!(item.key, key);
        }
    }
}
