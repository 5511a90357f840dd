//! HTTP caching headers of an entry: RFC 9110 (validators), RFC 9111 (Cache-Control, Age),
//! RFC 5861 (stale-while-revalidate, stale-if-error).

use super::entry_lifetimes::CacheTtlSettings;
use super::entry_metadata::EntryMetadata;

/// For errors: no cache may store them.
pub const NO_STORE: &str = "no-store";

/// How long a client may show an old copy during a refresh: as long as our own refresh takes.
const STALE_WHILE_REVALIDATE_SECS: u64 = 60;

/// Cache-Control of a page served from `metadata`.
///
/// `max-age` counts from the time of the answer, because `Age` does too: the client's time is the
/// difference, at most the hot life, so that a purge or a better answer is seen. Negative and
/// partial answers may be stored but must be revalidated.
pub fn cache_control(metadata: &EntryMetadata, times: &CacheTtlSettings, now_ms: u64) -> String {
    if metadata.is_poor() {
        return "no-cache".to_owned();
    }
    let left_secs = client_ttl_secs(metadata, times, now_ms);
    let max_age_secs = if left_secs > 0 {
        metadata.age_secs(now_ms).saturating_add(left_secs)
    } else {
        metadata.fresh_until_ms.saturating_sub(metadata.stored_at_ms) / 1_000
    };
    let if_error_secs = metadata.stale_until_ms.saturating_sub(now_ms) / 1_000;
    format!(
        "public, max-age={max_age_secs}, \
         stale-while-revalidate={STALE_WHILE_REVALIDATE_SECS}, stale-if-error={if_error_secs}"
    )
}

/// Seconds for which a client may use the answer without revalidation; 0 if it is stale. nginx
/// ignores `Age` and reads this number from `X-Accel-Expires`.
pub fn client_ttl_secs(metadata: &EntryMetadata, times: &CacheTtlSettings, now_ms: u64) -> u64 {
    if metadata.is_poor() {
        return 0;
    }
    metadata.fresh_until_ms.saturating_sub(now_ms).min(times.hot_ttl_ms) / 1_000
}

/// Whether an `If-None-Match` value names the entity tag (given without quotes). The comparison is
/// weak, as RFC 9110 section 13.1.2 requires.
pub fn none_match(header: &str, etag: &str) -> bool {
    let mut rest = header.trim();
    if rest == "*" {
        return true;
    }
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        rest = rest.strip_prefix("W/").unwrap_or(rest);
        // A tag is a quoted string without escapes, and may contain commas.
        let Some(opened) = rest.strip_prefix('"') else { return false };
        let Some((tag, after)) = opened.split_once('"') else { return false };
        if tag == etag {
            return true;
        }
        rest = after;
    }
}

pub fn quote_etag(etag: &str) -> String {
    format!("\"{etag}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache_policy::entry_lifetimes::{CacheLifetimeInputs, new_entry_metadata};

    const TEST_NOW_MS: u64 = 1_800_000_000_000;
    const TIMES: CacheTtlSettings = CacheTtlSettings {
        hot_ttl_ms: 3_600_000,
        cold_ttl_ms: 604_800_000,
        negative_ttl_ms: 3_600_000,
        partial_ttl_ms: 300_000,
        stale_ttl_ms: 7_776_000_000,
    };

    fn sample_entry_metadata(count: u32, partial: bool) -> EntryMetadata {
        let answer = CacheLifetimeInputs {
            count,
            partial,
            incomplete_until_ms: None,
            again_after_ms: None,
            widened: false,
            etag: "abc".to_owned(),
            providers: Vec::new(),
        };
        new_entry_metadata(answer, None, &TIMES, TEST_NOW_MS, 0.0)
    }

    /// The time that RFC 9111 leaves a cache: freshness lifetime minus age.
    fn remaining_freshness_secs(header: &str, age: u64) -> i64 {
        let max_age: i64 =
            header.split("max-age=").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
        max_age - i64::try_from(age).unwrap()
    }

    #[test]
    fn a_client_keeps_an_answer_for_the_hot_ttl_at_most() {
        let entry = sample_entry_metadata(2, false);
        for (after_secs, expected) in
            [(0, 3_600), (86_400, 3_600), (604_000, 800), (700_000, -95_200)]
        {
            let now = TEST_NOW_MS + after_secs * 1_000;
            let header = cache_control(&entry, &TIMES, now);
            assert_eq!(
                remaining_freshness_secs(&header, entry.age_secs(now)),
                expected,
                "{header}"
            );
        }
    }

    #[test]
    fn negative_and_partial_answers_are_revalidated() {
        for (count, partial) in [(0, false), (0, true), (3, true)] {
            assert_eq!(
                cache_control(&sample_entry_metadata(count, partial), &TIMES, TEST_NOW_MS),
                "no-cache"
            );
            assert_eq!(
                client_ttl_secs(&sample_entry_metadata(count, partial), &TIMES, TEST_NOW_MS),
                0
            );
        }
    }

    #[test]
    fn stale_if_error_equals_our_own_stale_time() {
        let header = cache_control(&sample_entry_metadata(1, false), &TIMES, TEST_NOW_MS);
        assert!(header.ends_with("stale-if-error=8380800"), "{header}");
    }

    #[test]
    fn if_none_match_takes_lists_weak_tags_and_the_star() {
        for (header, matches) in [
            ("\"abc\"", true),
            ("W/\"abc\"", true),
            ("\"x\", \"abc\"", true),
            ("\"x\" ,W/\"y,\",  W/\"abc\"", true),
            ("*", true),
            ("\"ab\"", false),
            ("abc", false),
            ("\"abc", false),
            ("", false),
            ("\"a,bc\"", false),
        ] {
            assert_eq!(none_match(header, "abc"), matches, "{header}");
        }
    }
}
