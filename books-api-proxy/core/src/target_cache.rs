//! Keeps the question, the view and the cache key of a request target (path and query string).
//!
//! Parsing takes as long as the rest of a hit in memory, and targets are repeated, so an isolate
//! keeps the result. The result depends only on the target and the vars.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use bibliography::query::Query;
use ports::http_types::Request;
use runtime::call_outcome::Failure;

use crate::result_options::ResultOptions;
use crate::search_question::SearchQuestion;

const MAX_KNOWN: usize = 512;
/// Longer targets are not kept: they are rarely repeated.
const MAX_TARGET_BYTES: usize = 512;

#[derive(Debug)]
pub struct ParsedTarget {
    pub question: SearchQuestion,
    /// The analysis of `question`.
    pub query: Query,
    pub view: ResultOptions,
    /// The key of the answer; None for an empty query.
    pub key: Option<CacheKey>,
}

#[derive(Debug, Default)]
pub struct TargetCache(RefCell<BTreeMap<String, Rc<ParsedTarget>>>);

impl TargetCache {
    /// The parsed target of a request; `read` parses it.
    pub fn parse(
        &self,
        request: &Request,
        read: impl FnOnce(&Request) -> Result<(SearchQuestion, ResultOptions), Failure>,
    ) -> Result<Rc<ParsedTarget>, Failure> {
        if let Some(known) = self.0.borrow().get(&request.target).cloned() {
            return Ok(known);
        }
        let (question, view) = read(request)?;
        let query = question.query();
        let key = (!query.is_empty()).then(|| CacheKey::of(&query));
        let asked = Rc::new(ParsedTarget { question, query, view, key });
        if request.target.len() <= MAX_TARGET_BYTES {
            let mut known = self.0.borrow_mut();
            if known.len() >= MAX_KNOWN {
                known.clear();
            }
            known.insert(request.target.clone(), Rc::clone(&asked));
        }
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use ports::http_types::Method;

    use super::*;

    fn parse_target(cache: &TargetCache, target: &str) -> Rc<ParsedTarget> {
        let read = |request: &Request| {
            let q = request.param("q").unwrap_or_default().to_owned();
            Ok((SearchQuestion::Auto { q }, ResultOptions::first_page(40)))
        };
        cache.parse(&Request::new(Method::Get, target), read).unwrap()
    }

    #[test]
    fn each_target_is_parsed_once() {
        let cache = TargetCache::default();
        let first = parse_target(&cache, "https://h/search/auto?q=dune");
        assert!(Rc::ptr_eq(&first, &parse_target(&cache, "https://h/search/auto?q=dune")));
        let other = parse_target(&cache, "https://h/search/auto?q=emma");
        assert_ne!(first.key, other.key);
        // An encoded line break is part of the text; `&` ends it.
        let joined = parse_target(&cache, "https://h/search/auto?q=a%0Ab");
        assert_ne!(joined.key, parse_target(&cache, "https://h/search/auto?q=a&b").key);
        // A zero-width space alone is an empty query.
        assert_eq!(parse_target(&cache, "https://h/search/auto?q=%E2%80%8B").key, None);
    }

    #[test]
    fn memory_is_bounded_and_a_bad_request_is_not_kept() {
        let cache = TargetCache::default();
        for n in 0..MAX_KNOWN * 2 {
            parse_target(&cache, &format!("/search/auto?q={n}"));
        }
        parse_target(&cache, &format!("/search/auto?q={}", "x".repeat(MAX_TARGET_BYTES)));
        let known = cache.0.borrow();
        assert!(known.len() <= MAX_KNOWN);
        assert!(known.keys().all(|target| target.len() <= MAX_TARGET_BYTES));
        drop(known);
        let request = Request::new(Method::Get, "/bad");
        for _ in 0..2 {
            let bad = cache.parse(&request, |_| Err(Failure::bad_request("q")));
            assert!(bad.is_err());
        }
    }
}
