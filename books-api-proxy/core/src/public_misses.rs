//! Counts the misses of each anonymous client, and limits its part of the public share.

use std::collections::BTreeMap;
use std::net::IpAddr;

use runtime::time::DAY_MS;

/// One client may use this fraction of the public share of Google's day: a quarter.
const CLIENT_PART: f64 = 4.0;
const MAX_CLIENTS: usize = 4_096;

/// The key of a client: its IPv4 address, or the /64 of IPv6 that a household has.
pub fn client_key(address: &str) -> String {
    match address.trim().parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(address) => address.to_string(),
        Err(_) => address.chars().take(64).collect(),
    }
}

/// The misses of each anonymous client today (UTC) in this isolate.
#[derive(Debug, Default)]
pub struct PublicMisses {
    day: u64,
    of_client: BTreeMap<String, u32>,
    of_all: u32,
}

impl PublicMisses {
    /// Counts a miss of a client. True if a wider question may follow: not once half of the public
    /// share is spent. The error is the end of the day.
    pub fn count_miss(
        &mut self,
        client: &str,
        public_units: f64,
        now_ms: u64,
    ) -> Result<bool, u64> {
        if self.day != now_ms / DAY_MS || self.of_client.len() >= MAX_CLIENTS {
            *self = Self { day: now_ms / DAY_MS, ..Self::default() };
        }
        let misses = self.of_client.entry(client.to_owned()).or_default();
        if f64::from(*misses) >= (public_units / CLIENT_PART).max(1.0) {
            return Err((self.day + 1) * DAY_MS);
        }
        *misses += 1;
        self.of_all += 1;
        Ok(f64::from(self.of_all) <= public_units / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_client() {
        for (address, key) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::ffff:c000:207", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("", ""),
        ] {
            assert_eq!(client_key(address), key, "{address}");
        }
        assert_eq!(client_key(&"x".repeat(9_000)).len(), 64);
    }

    #[test]
    fn one_client_gets_a_part_of_the_share() {
        let mut misses = PublicMisses::default();
        let mut admitted = |client: &str, now_ms| {
            (0..300).filter(|_| misses.count_miss(client, 300.0, now_ms).is_ok()).count()
        };
        assert_eq!((admitted("a", DAY_MS), admitted("b", DAY_MS)), (75, 75));
        assert_eq!(admitted("a", 2 * DAY_MS - 1), 0);
        assert_eq!(admitted("a", 2 * DAY_MS), 75);
        let mut busy = PublicMisses::default();
        let wide =
            (0..300).filter(|n| busy.count_miss(&n.to_string(), 300.0, 5) == Ok(true)).count();
        assert_eq!(wide, 150);
        let mut small = PublicMisses::default();
        assert_eq!(
            (small.count_miss("a", 1.0, 5), small.count_miss("a", 1.0, 5)),
            (Ok(false), Err(DAY_MS))
        );
    }
}
