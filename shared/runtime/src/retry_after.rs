//! `Retry-After`: seconds, or an HTTP date (measured against the answer's own `Date`, so that no
//! two clocks are compared).

use ports::http::Headers;

/// Nothing may hold us off longer than a day: past it the value is a mistake or an attack.
const MAX_MS: u64 = 86_400_000;

/// Milliseconds to wait; `None` where there is no such header or it cannot be read.
#[must_use]
pub fn from_headers(headers: &Headers) -> Option<u64> {
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

/// An IMF-fixdate (`Sun, 06 Nov 1994 08:49:37 GMT`), the one form that is still sent.
fn http_date_ms(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once(", ")?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = parts.as_slice() else { return None };
    let month =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            .iter()
            .position(|name| name == month)?;
    let clock: Vec<u64> = time.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [hour, minute, second] = clock.as_slice() else { return None };
    let (year, day) = (year.parse::<u64>().ok()?, day.parse::<u64>().ok()?);
    let sound = (1970..=9999).contains(&year)
        && (1..=31).contains(&day)
        && *hour < 24
        && *minute < 60
        && *second <= 60;
    if !sound {
        return None;
    }
    let secs = days_since_epoch(year, u64::try_from(month).ok()? + 1, day) * 86_400
        + hour * 3_600
        + minute * 60
        + second;
    Some(secs.saturating_mul(1_000))
}

/// Days from 1970-01-01 in the Gregorian calendar; years are counted from March so that the leap
/// day is the last one.
fn days_since_epoch(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year;
    days - 719_468
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
            assert_eq!(from_headers(&headers), expected, "{text:?}");
        }
        assert_eq!(http_date_ms("Tue, 29 Feb 2028 00:00:00 GMT"), Some(1_835_395_200_000));
        assert_eq!(http_date_ms("Sat, 01 Mar 2025 00:00:00 GMT"), Some(1_740_787_200_000));
    }
}
