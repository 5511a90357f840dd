//! Publication dates in all forms that providers send.

use crate::text_normalization::fold_text;

/// Prefixes of month names in the languages of most dates, January first.
const MONTHS: [&str; 12] = [
    "jan gen ene",
    "feb fev",
    "mar",
    "apr avr abr",
    "may mai magg",
    "jun giu juin",
    "jul lug juil",
    "aug aou ago",
    "sep sett setem",
    "oct okt ott outu",
    "nov",
    "dec dez dic",
];

/// Years in which a book can have been printed; any other is a placeholder.
const YEARS: std::ops::RangeInclusive<u32> = 1_400..=2_100;

const MAX_DATE_TEXT_BYTES: usize = 60;

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD` from `2015`, `c1984`, `1998-09`, `2015-05-12T00:00:00z`,
/// `20150512`, `May 2015`, `12 May 2015`, `May 12th, 2015`, `2015/05/12`; `None` from `-`, `0000`,
/// `19??` and the like.
pub fn parse(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > MAX_DATE_TEXT_BYTES {
        return None;
    }
    if let Some(date) = numeric(text) {
        return Some(date);
    }
    let (mut year, mut month, mut day) = (None, None, None);
    for word in char_runs(text) {
        match word.parse::<u32>() {
            Ok(number) if word.len() == 4 && YEARS.contains(&number) => {
                year = year.or(Some(number));
            }
            Ok(number) if word.len() <= 2 => day = day.or(Some(number)),
            Ok(_) => {}
            Err(_) => month = month.or_else(|| month_of(word)),
        }
    }
    // Without a month's name a number may be the day, the month or the printing.
    Some(format_date(year?, month, day.filter(|_| month.is_some())))
}

/// A date in digits only, the year first: `2015-05-12`, `2015/05`, `20150512`, with or without a
/// time of day.
fn numeric(text: &str) -> Option<String> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let number = |text: &str, len: usize| text.get(..len)?.parse::<u32>().ok();
    if digits.len() == 8 {
        let year = number(&digits, 4).filter(|year| YEARS.contains(year))?;
        let (month, day) = (number(digits.get(4..)?, 2), number(digits.get(6..)?, 2));
        return Some(format_date(year, month, day));
    }
    let year = number(&digits, 4).filter(|year| digits.len() == 4 && YEARS.contains(year))?;
    let rest = text.get(4..)?.split(|c: char| !c.is_ascii_digit() && !"-/.".contains(c)).next()?;
    let mut parts = rest.split(['-', '/', '.']).skip(1);
    let mut part = || parts.next().filter(|part| (1..=2).contains(&part.len()))?.parse().ok();
    let month = part()?;
    Some(format_date(year, Some(month), part()))
}

fn format_date(year: u32, month: Option<u32>, day: Option<u32>) -> String {
    match (month.filter(|m| (1..=12).contains(m)), day.filter(|d| (1..=31).contains(d))) {
        (Some(month), Some(day)) => format!("{year:04}-{month:02}-{day:02}"),
        (Some(month), None) => format!("{year:04}-{month:02}"),
        _ => format!("{year:04}"),
    }
}

/// Runs of digits and runs of letters: `c1969` is `c` and `1969`.
fn char_runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).flat_map(|word| {
        let end = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
        let (letters, rest) = word.split_at_checked(end).unwrap_or((word, ""));
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        [letters, digits, after].into_iter().filter(|part| !part.is_empty())
    })
}

fn month_of(word: &str) -> Option<u32> {
    let folded = fold_text(word);
    (1..).zip(MONTHS).find_map(|(number, names)| {
        names.split(' ').any(|name| folded.starts_with(name)).then_some(number)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            ("c1984", "1984"),
            ("1999.", "1999"),
            ("1987, c1985", "1987"),
            ("©2003", "2003"),
            ("[1911?]", "1911"),
            ("January 1st 2001", "2001-01-01"),
            ("20150512", "2015-05-12"),
            ("2015/05", "2015-05"),
            ("1984-86", "1984"),
            ("1999 2nd printing", "1999"),
            ("2019-10-03T00:00:00+02:00", "2019-10-03"),
            ("1. März 1998", "1998-03-01"),
            ("15 août 2001", "2001-08-15"),
            ("3 juillet 1970", "1970-07-03"),
            ("dezembro de 2010", "2010-12"),
            ("Spring 1999", "1999"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_date_is_none() {
        for text in ["-", "", "0000", "0001-01-01", "n.d.", "9999", "unknown", "12", "19??", "😀"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"1".repeat(100)), None);
    }

    proptest! {
        #[test]
        fn any_text_gives_a_date_or_none(text in "\\PC{0,24}|[0-9a-z /.-]{0,16}") {
            if let Some(date) = parse(&text) {
                prop_assert!(matches!(date.len(), 4 | 7 | 10), "{}", date);
                prop_assert_eq!(parse(&date), Some(date));
            }
        }
    }
}
