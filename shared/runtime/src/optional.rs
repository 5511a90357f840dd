//! What a deployment may configure or leave out.
//!
//! Every other name that a Worker reads must stand in its wrangler config, in every environment.
//! `cargo xtask check` proves it: it takes the names from this file's text, so that it runs even
//! where this crate does not compile. A name is added here when code reads it.

/// Vars, secrets and bindings that may be absent.
pub const OPTIONAL: &[&str] = &[
    // Where ISBNdb is and how it is paced: the plan says it, each can be overridden.
    "ISBNDB_BASE_URL",
    "ISBNDB_BULK_SIZE",
    "ISBNDB_CALLS_PER_MINUTE",
    "ISBNDB_DAILY_QUOTA",
    "ISBNDB_INTERVAL_MS",
    "ISBNDB_PAGE_SIZE",
    // A second leaf on the same key takes its part of the pace.
    "PACE_SHARE",
    // The ISBNdb Worker's two classes of callers.
    "BACKGROUND_WAIT_MS",
    "INTERACTIVE_SHARE",
    "INTERACTIVE_WAIT_MS",
    // A Google account with more than the usual, or elsewhere.
    "GOOGLE_CALLS_PER_MINUTE",
    "GOOGLE_COUNTRY",
    "GOOGLE_DAILY_QUOTA",
    "ISBN_SEARCH_KEY",
    // A mirror of Open Library's with a pace of its own.
    "OPEN_LIBRARY_INTERVAL_MS",
    // Asked for on a miss where it is set.
    "SEARCH_TOKEN",
    // Limits whose defaults suit most deployments.
    "BREAKER_COOLDOWN_MS",
    "BREAKER_FAILURES",
    "BREAKER_PROBES",
    "MEMORY_TIER_BYTES",
    "RETRY_ATTEMPTS",
    "SEARCH_DEADLINE_MS",
    // Points of every call, where a person wants dashboards over all isolates.
    "ANALYTICS",
    // A Worker that authorises requests; a Worker that receives every span.
    "AUTH",
    "LOGGER",
    // A second deployment of the proxy, and the share of the warmer's reads that it gets.
    "BOOKS_API_PROXY_CANARY",
    "CANARY_PERCENT",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once() {
        for (index, name) in OPTIONAL.iter().enumerate() {
            assert!(!OPTIONAL[..index].contains(name), "{name} twice");
        }
    }
}
