//! `Cache-Status` (RFC 9211): one member a tier, the one nearest the providers first.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheTier {
    Memory,
    Hot,
    /// R2.
    Cold,
}

impl CacheTier {
    fn name(self) -> &'static str {
        match self {
            Self::Memory => "proxy-memory",
            Self::Hot => "proxy-kv",
            Self::Cold => "proxy-r2",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierOutcome {
    /// The tier had the answer; `ttl` is negative if the answer was stale.
    Hit {
        ttl_secs: i64,
    },
    Miss,
    /// The tier had an answer that is too old to use.
    Expired,
    Request,
    Failed,
}

/// How the request went on from the last tier to the providers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheForwarding {
    pub stored: bool,
    /// Another request's fetch was in flight, and this one shared its answer.
    pub collapsed: bool,
}

/// Writes the header; `tiers` are in the order in which they were read (memory first).
pub fn cache_status(tiers: &[(CacheTier, TierOutcome)], forwarding: CacheForwarding) -> String {
    let member = |(tier, outcome): &(CacheTier, TierOutcome)| match outcome {
        TierOutcome::Hit { ttl_secs } => format!("{}; hit; ttl={ttl_secs}", tier.name()),
        TierOutcome::Miss => format!("{}; fwd=uri-miss", tier.name()),
        TierOutcome::Expired => format!("{}; fwd=stale", tier.name()),
        TierOutcome::Request => format!("{}; fwd=request", tier.name()),
        TierOutcome::Failed => format!("{}; fwd=bypass; detail=failed", tier.name()),
    };
    let mut members: Vec<String> = tiers.iter().rev().map(member).collect();
    // Only the tier next to the providers can store or share their answer.
    if let Some(nearest) = members.first_mut() {
        if forwarding.stored {
            nearest.push_str("; stored");
        }
        nearest.push_str(if forwarding.collapsed { "; collapsed" } else { "" });
    }
    members.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_status_lists_the_tier_nearest_the_providers_first() {
        let miss = [
            (CacheTier::Memory, TierOutcome::Miss),
            (CacheTier::Hot, TierOutcome::Failed),
            (CacheTier::Cold, TierOutcome::Expired),
        ];
        assert_eq!(
            cache_status(&miss, CacheForwarding { stored: true, collapsed: true }),
            "proxy-r2; fwd=stale; stored; collapsed, proxy-kv; fwd=bypass; detail=failed, \
             proxy-memory; fwd=uri-miss"
        );
        let stale = [(CacheTier::Memory, TierOutcome::Hit { ttl_secs: -5 })];
        assert_eq!(cache_status(&stale, CacheForwarding::default()), "proxy-memory; hit; ttl=-5");
    }
}
