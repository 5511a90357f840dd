//! `RateLimit` header fields: reads a provider's, writes our own.
//!
//! The shape is that of draft-ietf-httpapi-ratelimit-headers: a list of quoted policy names with
//! the parameters `q` (quota), `w` (window, seconds), `r` (remaining) and `t` (seconds to reset).

use super::{CallClass, RateLimiter};

const MAX_HEADER_BYTES: usize = 1_024;

/// One member of a `RateLimit` field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateReport {
    pub name: String,
    pub remaining: Option<u32>,
    pub quota: Option<u32>,
    pub reset_ms: Option<u64>,
    pub window_ms: Option<u64>,
}

/// Reads a `RateLimit` or `RateLimit-Policy` field; members without sense are left out.
pub fn parse(value: &str) -> Vec<RateReport> {
    if value.len() > MAX_HEADER_BYTES {
        return Vec::new();
    }
    value.split(',').filter_map(parse_member).collect()
}

fn parse_member(member: &str) -> Option<RateReport> {
    let mut parts = member.split(';').map(str::trim);
    let name = parts.next()?.trim_matches('"').trim().to_ascii_lowercase();
    if name.is_empty() {
        return None;
    }
    let mut report = RateReport { name, ..RateReport::default() };
    for part in parts {
        let Some((key, number)) = part.split_once('=') else { continue };
        // A negative remainder means an overdrawn quota.
        let number = number.trim();
        let number: u64 = if number.starts_with('-') { 0 } else { number.parse().ok()? };
        match key.trim() {
            "r" => report.remaining = Some(u32::try_from(number).unwrap_or(u32::MAX)),
            "q" => report.quota = Some(u32::try_from(number).unwrap_or(u32::MAX)),
            "w" => report.window_ms = Some(number.saturating_mul(1_000)),
            "t" => report.reset_ms = Some(number.saturating_mul(1_000)),
            _ => {}
        }
    }
    Some(report)
}

/// Our own `RateLimit` and `RateLimit-Policy` values: what a call of this class may still use.
pub fn rate_limit_values(
    limiter: &mut RateLimiter,
    now_ms: u64,
    class: CallClass,
) -> (String, String) {
    let wait_ms = limiter.next_start_at_ms(now_ms).saturating_sub(now_ms);
    let day_ms = limiter.day_ends_at_ms(now_ms).saturating_sub(now_ms);
    let limit = format!(
        "\"pace\";r={};t={}, \"day\";r={};t={}",
        u8::from(wait_ms == 0),
        wait_ms.div_ceil(1_000),
        limiter.units_left(now_ms, class),
        day_ms.div_ceil(1_000),
    );
    let a_minute = 60_000 / limiter.rate_limits().mean_interval_ms().max(1);
    let policy =
        format!("\"pace\";q={a_minute};w=60, \"day\";q={};w=86400", limiter.daily_unit_limit());
    (limit, policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_fields_are_read() {
        let read = parse("\"rate\";r=0;t=12, \"daily\";r=48999;t=56312");
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].name, "rate");
        assert_eq!((read[0].remaining, read[0].reset_ms), (Some(0), Some(12_000)));
        assert_eq!((read[1].remaining, read[1].reset_ms), (Some(48_999), Some(56_312_000)));
        let policy = parse("\"rate\";q=180;w=60");
        assert_eq!((policy[0].quota, policy[0].window_ms), (Some(180), Some(60_000)));
    }

    #[test]
    fn members_without_sense_are_left_out() {
        assert_eq!(parse(""), Vec::new());
        assert_eq!(parse("\"daily\";r=many"), Vec::new());
        assert_eq!(parse("\"daily\";r=-3")[0].remaining, Some(0));
        assert_eq!(parse("daily;r=99999999999")[0].remaining, Some(u32::MAX));
        assert_eq!(parse(&"x".repeat(2_000)), Vec::new());
    }
}
