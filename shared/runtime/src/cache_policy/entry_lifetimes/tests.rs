use proptest::prelude::*;

use super::*;

const TEST_NOW_MS: u64 = 1_800_000_000_000;

fn sample_ttls() -> CacheTtlSettings {
    CacheTtlSettings {
        hot_ttl_ms: 3_600_000,
        cold_ttl_ms: 604_800_000,
        negative_ttl_ms: 3_600_000,
        partial_ttl_ms: 300_000,
        stale_ttl_ms: 7_776_000_000,
    }
}

fn sample_lifetime_inputs(count: u32, partial: bool) -> CacheLifetimeInputs {
    CacheLifetimeInputs {
        count,
        partial,
        incomplete_until_ms: None,
        again_after_ms: None,
        widened: false,
        etag: "e".to_owned(),
        providers: vec!["open-library".to_owned()],
    }
}

fn sample_entry_metadata(count: u32, partial: bool) -> EntryMetadata {
    new_entry_metadata(
        sample_lifetime_inputs(count, partial),
        None,
        &sample_ttls(),
        TEST_NOW_MS,
        0.0,
    )
}

#[test]
fn a_complete_answer_is_fresh_a_week_then_stale_90_days() {
    let entry = sample_entry_metadata(3, false);
    let week = sample_ttls().cold_ttl_ms;
    for (after, expected) in [
        (0, Freshness::Fresh),
        (week - 1, Freshness::Fresh),
        (week, Freshness::Stale),
        (week + sample_ttls().stale_ttl_ms - 1, Freshness::Stale),
        (week + sample_ttls().stale_ttl_ms, Freshness::Gone),
    ] {
        assert_eq!(classify_freshness(&entry, TEST_NOW_MS + after), expected, "{after}");
    }
}

#[test]
fn a_partial_answer_is_only_a_fallback_past_its_time() {
    let entry = sample_entry_metadata(3, true);
    assert_eq!(classify_freshness(&entry, TEST_NOW_MS + 299_999), Freshness::Fresh);
    assert_eq!(classify_freshness(&entry, TEST_NOW_MS + 300_000), Freshness::Fallback);
}

#[test]
fn a_negative_is_never_served_past_its_time_and_grows_to_a_day() {
    let mut previous: Option<EntryMetadata> = None;
    let mut lives = Vec::new();
    for _ in 0..7 {
        let entry = new_entry_metadata(
            sample_lifetime_inputs(0, false),
            previous.as_ref(),
            &sample_ttls(),
            TEST_NOW_MS,
            0.9,
        );
        lives.push((entry.fresh_until_ms - TEST_NOW_MS) / 3_600_000);
        assert_eq!(classify_freshness(&entry, entry.fresh_until_ms), Freshness::Gone);
        previous = Some(entry);
    }
    assert_eq!(lives, [1, 2, 4, 8, 16, 24, 24]);
    // A failure between two absences is not a confirmation.
    let partial = new_entry_metadata(
        sample_lifetime_inputs(0, true),
        previous.as_ref(),
        &sample_ttls(),
        TEST_NOW_MS,
        0.0,
    );
    assert_eq!(partial.confirmed, 0);
    assert_eq!(partial.fresh_until_ms - TEST_NOW_MS, 300_000);
}

#[test]
fn a_spent_quota_is_not_queried_before_it_returns() {
    let until = |ms: u64| CacheLifetimeInputs {
        incomplete_until_ms: Some(TEST_NOW_MS + ms),
        ..sample_lifetime_inputs(2, true)
    };
    for (quota_returns_in, life) in
        [(1_000, 300_000), (7_200_000, 7_200_000), (9_000_000_000, 604_800_000)]
    {
        let entry =
            new_entry_metadata(until(quota_returns_in), None, &sample_ttls(), TEST_NOW_MS, 0.0);
        assert_eq!(entry.fresh_until_ms - TEST_NOW_MS, life);
    }
}

#[test]
fn a_complete_life_may_be_configured_shorter_than_a_partial_one() {
    let times = CacheTtlSettings { cold_ttl_ms: 60_000, ..sample_ttls() };
    for quota_returns_in in [0, 200_000, 7_200_000] {
        let until = Some(TEST_NOW_MS + quota_returns_in);
        let answer =
            CacheLifetimeInputs { incomplete_until_ms: until, ..sample_lifetime_inputs(2, true) };
        let entry = new_entry_metadata(answer, None, &times, TEST_NOW_MS, 0.0);
        assert_eq!(entry.fresh_until_ms - TEST_NOW_MS, 300_000);
    }
}

#[test]
fn a_partial_answer_ends_when_its_provider_is_back() {
    let again = |ms: u64| CacheLifetimeInputs {
        again_after_ms: Some(ms),
        ..sample_lifetime_inputs(0, true)
    };
    for (again_after_ms, life) in [(0, 1_000), (2_500, 2_500), (60_000, 60_000), (900_000, 300_000)]
    {
        let entry =
            new_entry_metadata(again(again_after_ms), None, &sample_ttls(), TEST_NOW_MS, 0.0);
        assert_eq!(entry.fresh_until_ms - TEST_NOW_MS, life);
    }
    // Nor does the partial entry that it leaves in place.
    let old = sample_entry_metadata(3, true);
    let now = old.fresh_until_ms + 5_000;
    let new = new_entry_metadata(again(2_000), Some(&old), &sample_ttls(), now, 0.0);
    let CacheOverwriteDecision::Keep(kept) = decide_store(&new, Some(&old), &sample_ttls(), now)
    else {
        panic!("written");
    };
    assert_eq!(kept.fresh_until_ms, now + 2_000);
}

#[test]
fn a_poorer_answer_never_overwrites_a_richer_one() {
    // (new count, new partial, old count, old partial) -> written?
    for (new, old, written) in [
        ((0, false), (3, false), false),
        ((0, true), (3, false), false),
        ((2, true), (3, false), false),
        ((0, true), (3, true), false),
        ((0, false), (3, true), false),
        ((2, true), (3, true), true),
        ((2, false), (3, false), true),
        ((1, true), (0, false), true),
        ((0, false), (0, true), true),
        ((0, true), (0, false), true),
    ] {
        let decision = decide_store(
            &sample_entry_metadata(new.0, new.1),
            Some(&sample_entry_metadata(old.0, old.1)),
            &sample_ttls(),
            TEST_NOW_MS,
        );
        assert_eq!(decision == CacheOverwriteDecision::Write, written, "{new:?} over {old:?}");
    }
    assert_eq!(
        decide_store(&sample_entry_metadata(0, true), None, &sample_ttls(), TEST_NOW_MS),
        CacheOverwriteDecision::Write
    );
}

#[test]
fn a_kept_entry_is_fetched_soon_and_keeps_its_age() {
    let old = sample_entry_metadata(3, false);
    let later = old.fresh_until_ms + 1_000;
    let new = new_entry_metadata(
        sample_lifetime_inputs(0, false),
        Some(&old),
        &sample_ttls(),
        later,
        0.0,
    );
    let CacheOverwriteDecision::Keep(kept) = decide_store(&new, Some(&old), &sample_ttls(), later)
    else {
        panic!("written");
    };
    assert_eq!(kept.fresh_until_ms, later + 300_000);
    assert_eq!(kept.stored_at_ms, old.stored_at_ms);
    // Past its stale time the old entry is replaced.
    let gone = kept.stale_until_ms;
    assert_eq!(
        decide_store(&new, Some(&kept), &sample_ttls(), gone),
        CacheOverwriteDecision::Write
    );
}

#[test]
fn a_copy_stays_in_kv_no_longer_than_it_may_be_served() {
    assert_eq!(
        hot_ttl_secs(&sample_entry_metadata(1, false), &sample_ttls(), TEST_NOW_MS),
        Some(3_600)
    );
    assert_eq!(
        hot_ttl_secs(&sample_entry_metadata(1, true), &sample_ttls(), TEST_NOW_MS),
        Some(300)
    );
    assert_eq!(
        hot_ttl_secs(&sample_entry_metadata(1, true), &sample_ttls(), TEST_NOW_MS + 240_000),
        Some(60)
    );
    // KV has a least life: a copy that expires before it is not written.
    assert_eq!(
        hot_ttl_secs(&sample_entry_metadata(1, true), &sample_ttls(), TEST_NOW_MS + 240_001),
        None
    );
    assert_eq!(
        hot_ttl_secs(&sample_entry_metadata(0, false), &sample_ttls(), TEST_NOW_MS + 3_600_000),
        None
    );
}

proptest! {
    #[test]
    fn jitter_only_shortens_and_by_a_tenth_at_most(jitter in 0.0_f64..1.0, cold in 1_u64..10_000_000_000) {
        let times = CacheTtlSettings { cold_ttl_ms: cold, ..sample_ttls() };
        let entry = new_entry_metadata(sample_lifetime_inputs(1, false), None, &times, TEST_NOW_MS, jitter);
        let life = entry.fresh_until_ms - TEST_NOW_MS;
        prop_assert!(life <= cold && life >= cold - cold / 10 - 1);
    }

    #[test]
    fn an_entry_with_books_is_never_replaced_by_one_without(
        new_partial: bool, old_partial: bool, after in 0_u64..600_000_000,
    ) {
        let old = sample_entry_metadata(1, old_partial);
        let now = TEST_NOW_MS + after;
        prop_assume!(now < old.stale_until_ms);
        let new = new_entry_metadata(sample_lifetime_inputs(0, new_partial), Some(&old), &sample_ttls(), now, 0.5);
        prop_assert_ne!(decide_store(&new, Some(&old), &sample_ttls(), now), CacheOverwriteDecision::Write);
    }
}
