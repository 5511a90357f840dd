//! Answers a question from the cache and the providers.

pub mod answer_completeness;
pub mod fetch_and_store;
pub mod merged_answer;
pub mod overflow_page;
pub mod parallel_provider_queries;
pub mod provider_rules;
pub mod result_pages;
pub mod serve_search;

#[cfg(test)]
mod any_text_tests;
#[cfg(test)]
mod same_key_tests;
#[cfg(test)]
mod tests;
