//! `Retry-After`: seconds, or an HTTP date (compared with the answer's own `Date`, not with our
//! clock).

use std::time::UNIX_EPOCH;

use ports::http_types::Headers;

use crate::time::DAY_MS;

/// Longest wait that is accepted: a longer one is a mistake or an attack.
const MAX_MS: u64 = DAY_MS;

/// Milliseconds to wait; `None` if the header is absent or cannot be read.
pub fn parse_retry_after(headers: &Headers) -> Option<u64> {
    let text = headers.get("retry-after")?.trim();
    let ms = match text.parse::<u64>() {
        Ok(secs) => secs.saturating_mul(1_000),
        Err(_) => {
            let sent_at_ms = headers.get("date").and_then(http_date_ms)?;
            http_date_ms(text)?.saturating_sub(sent_at_ms)
        }
    };
    Some(ms.min(MAX_MS))
}

fn http_date_ms(text: &str) -> Option<u64> {
    let since_epoch = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since_epoch.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        for (text, expected) in [
            ("120", Some(120_000)),
            (" 0 ", Some(0)),
            ("99999999999999999999", None),
            ("9999999", Some(MAX_MS)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60_000)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sunday, 06-Nov-94 08:50:37 GMT", Some(60_000)),
            ("Sun Nov  6 08:50:37 1994", Some(60_000)),
            ("Sun, 06 Nov 1994 08:50:37 UTC", None),
            ("Sun, 00 Nov 1994 08:50:37 GMT", None),
            ("Sun, 06 Nov 0 08:50:37 GMT", None),
            ("Sun, 32 Nov 1994 08:50:37 GMT", None),
            ("Sun, 06 Nov 1994 24:50:37 GMT", None),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            let mut headers = Headers::default();
            headers.set("retry-after", text);
            headers.set("date", "Sun, 06 Nov 1994 08:49:37 GMT");
            assert_eq!(parse_retry_after(&headers), expected, "{text:?}");
        }
        assert_eq!(http_date_ms("Tue, 29 Feb 2028 00:00:00 GMT"), Some(1_835_395_200_000));
        assert_eq!(http_date_ms("Sat, 01 Mar 2025 00:00:00 GMT"), Some(1_740_787_200_000));
    }
}
