//! Publication dates in every form the provider sends.

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Years a book can have been printed in; anything else is a placeholder.
const YEARS: std::ops::RangeInclusive<u32> = 1_400..=2_100;

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD` from `2015`, `1998-09`, `2015-05-12T00:00:00z`, `May 2015`,
/// `12 May 2015`, `May 12, 2015`, `2015/05/12`; none from `-`, `0000` and the like.
#[must_use]
pub fn parse(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > 60 {
        return None;
    }
    // The time of day begins at a T (or t) after a digit, or at a blank before `00:00`.
    let mut year = None;
    let mut month = None;
    let mut numbers = Vec::new();
    for word in words(text) {
        if let Ok(number) = word.parse::<u32>() {
            if word.len() == 4 && year.is_none() && YEARS.contains(&number) {
                year = Some(number);
            } else if word.len() <= 2 && year.is_none_or(|_| numbers.len() < 2) {
                numbers.push(number);
            }
        } else if let Some(index) = month_of(word) {
            month = Some(index);
        }
    }
    let year = year?;
    let (month, day) = match month {
        Some(month) => (Some(month), numbers.first().copied()),
        // A numeric month is only certain after the year: 05/12/2015 is May or December.
        None if text.starts_with(|c: char| c.is_ascii_digit()) && starts_with_year(text) => {
            (numbers.first().copied(), numbers.get(1).copied())
        }
        None => (None, None),
    };
    Some(format_date(year, month, day))
}

fn format_date(year: u32, month: Option<u32>, day: Option<u32>) -> String {
    match (month.filter(|m| (1..=12).contains(m)), day.filter(|d| (1..=31).contains(d))) {
        (Some(month), Some(day)) => format!("{year:04}-{month:02}-{day:02}"),
        (Some(month), None) => format!("{year:04}-{month:02}"),
        _ => format!("{year:04}"),
    }
}

fn starts_with_year(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).next().is_some_and(|first| first.len() == 4)
}

/// Runs of digits and runs of letters, up to a time of day.
fn words(text: &str) -> Vec<&str> {
    let end = text.find(':').map_or(text.len(), |colon| {
        // Back over the hour and its separator.
        let before = text.get(..colon).unwrap_or_default();
        before.trim_end_matches(|c: char| c.is_ascii_digit()).len()
    });
    let text = text.get(..end).unwrap_or_default();
    text.split(|c: char| !c.is_alphanumeric()).flat_map(split_letters).collect()
}

/// `12T` becomes `12` and `T`; `c1969` becomes `c` and `1969`.
fn split_letters(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let Some((part, after)) = rest.split_at_checked(end) else { break };
        parts.push(part);
        rest = after;
    }
    parts
}

fn month_of(word: &str) -> Option<u32> {
    let start = word.get(..3)?.to_ascii_lowercase();
    let index = MONTHS.iter().position(|month| *month == start)?;
    u32::try_from(index + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_form_is_read() {
        for (text, date) in [
            ("2015", "2015"),
            ("1998-09", "1998-09"),
            ("2015-05-12", "2015-05-12"),
            ("2015-05-12t00:00:00z", "2015-05-12"),
            ("2015-05-12T00:00:00.000Z", "2015-05-12"),
            ("2003-01-01 00:00:01", "2003-01-01"),
            ("May 2015", "2015-05"),
            ("July 1982", "1982-07"),
            ("January 2014", "2014-01"),
            ("Sept. 1999", "1999-09"),
            ("12 May 2015", "2015-05-12"),
            ("May 12, 2015", "2015-05-12"),
            ("May 12th, 2015", "2015-05-12"),
            ("2015/05/12", "2015-05-12"),
            ("05/12/2015", "2015"),
            ("2015-00-00", "2015"),
            ("2015-13-40", "2015"),
            (" 1969 ", "1969"),
            ("c1969", "1969"),
            ("1969.", "1969"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["-", "", "0000", "0001-01-01", "n.d.", "9999", "unknown", "12", "😀"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"1".repeat(100)), None);
    }
}
