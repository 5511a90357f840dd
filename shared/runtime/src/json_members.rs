//! Reads a provider's JSON member by member.
//!
//! Providers send numbers as texts, null in lists, lone surrogates, `1e400`. A typed struct would
//! fail as a whole on any of them, and with it every book of the answer. Here an object is a list
//! of members that are read one by one, so an odd member is lost alone.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A body as text that the JSON parser accepts: no byte order mark; invalid UTF-8 and lone
/// surrogates become U+FFFD.
pub fn valid_unicode_json_text(body: &[u8]) -> Cow<'_, str> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    if text.contains("\\ud") || text.contains("\\uD") { paired(&text).into() } else { text }
}

/// The text with each lone surrogate's escape replaced.
fn paired(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        // An escape is the backslash with one character, or with `u` and four digits.
        let second = escape.chars().nth(1).map_or(0, char::len_utf8);
        let length = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(_), _) => {
                out.push_str("\\ufffd");
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            (None, _) => 1 + second,
        };
        let (escape, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        out.push_str(escape);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The surrogate whose escape is at the start of a text.
fn surrogate(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let code = u32::from_str_radix(digits, 16).ok()?;
    (0xD800..=0xDFFF).contains(&code).then_some(code)
}

/// The members of an object, not parsed yet.
#[derive(Clone, Debug, Default)]
pub struct JsonMembers<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> JsonMembers<'a> {
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    pub fn of(value: &'a RawValue) -> Option<Self> {
        Self::parse(value.get()).ok()
    }

    /// A member's raw value; the last one if two members have the name.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    pub fn nested_object(&self, name: &str) -> Option<Self> {
        Self::of(self.get(name)?)
    }

    /// A text, or a number as text.
    pub fn text_member(&self, name: &str) -> Option<String> {
        scalar(self.get(name)?)
    }

    /// Every text of a list; a single text counts as a list of one.
    pub fn text_list_member(&self, name: &str) -> Vec<String> {
        let Some(value) = self.get(name) else { return Vec::new() };
        match list_values(value) {
            Some(list) => list.into_iter().filter_map(scalar).collect(),
            None => scalar(value).into_iter().collect(),
        }
    }

    pub fn list_member(&self, name: &str) -> Option<Vec<&'a RawValue>> {
        list_values(self.get(name)?)
    }

    /// A number, or a text that is a number.
    pub fn numeric_member(&self, name: &str) -> Option<f64> {
        scalar(self.get(name)?)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// A whole number from `least` to `most`; the fraction is dropped.
    pub fn bounded_integer_member(&self, name: &str, least: u32, most: u32) -> Option<u32> {
        let number = self.numeric_member(name)?.floor();
        let fits = (f64::from(least)..=f64::from(most)).contains(&number);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between two u32"
        )]
        fits.then_some(number as u32)
    }
}

/// A text, or a number as it is written; `None` for a number beyond `f64`.
pub fn scalar(value: &RawValue) -> Option<String> {
    let text = value.get();
    if text.starts_with('"') {
        return serde_json::from_str(text).ok();
    }
    let is_number = serde_json::from_str::<f64>(text).is_ok() && !text.contains(['e', 'E']);
    is_number.then(|| text.to_owned())
}

/// A list's values; PHP writes a list with gaps as an object with numeric keys, and an empty list
/// as a list.
pub fn list_values(value: &RawValue) -> Option<Vec<&RawValue>> {
    if value.get().starts_with('[') {
        return serde_json::from_str(value.get()).ok();
    }
    let mut numbered: Vec<(u32, &RawValue)> = JsonMembers::of(value)?
        .0
        .into_iter()
        .map(|(key, value)| Some((key.parse().ok()?, value)))
        .collect::<Option<_>>()?;
    if numbered.is_empty() {
        return None;
    }
    numbered.sort_by_key(|(number, _)| *number);
    Some(numbered.into_iter().map(|(_, value)| value).collect())
}

impl<'de> Deserialize<'de> for JsonMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(JsonMembers(Vec::new()))
    }
}

#[derive(Deserialize)]
struct MemberName<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for JsonMembers<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some((MemberName(name), value)) = map.next_entry()? {
            self.0.push((name, value));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ODD: &str = r#"{"title":"A","pages":1e400,"name":"x\ud800y","two":"\ud83d\ude00","n":null,
        "isbn":["1",null,7,{},"\udc00"],"deep":[[[[1]]]],"pages":"300","rating":4,"php":{"2":"b","0":"a"}}"#;

    #[test]
    fn an_odd_member_is_lost_alone() {
        let text = valid_unicode_json_text(ODD.as_bytes());
        let members = JsonMembers::parse(&text).unwrap();
        assert_eq!(members.text_member("title").as_deref(), Some("A"));
        assert_eq!(members.text_member("name").as_deref(), Some("x\u{fffd}y"));
        assert_eq!(members.text_member("two").as_deref(), Some("\u{1f600}"));
        assert_eq!(members.text_member("n"), None);
        assert_eq!(members.text_list_member("isbn"), ["1", "7", "\u{fffd}"]);
        assert_eq!(members.bounded_integer_member("pages", 1, 1_000), Some(300));
        assert_eq!(members.numeric_member("rating"), Some(4.0));
        assert_eq!(members.text_list_member("php"), ["a", "b"]);
        assert_eq!(members.text_list_member("title"), ["A"]);
        assert!(members.nested_object("deep").is_none() && members.nested_object("n").is_none());
    }

    #[test]
    fn numbers_keep_their_bounds() {
        for (text, expected) in [
            ("300", Some(300)),
            ("309.5", Some(309)),
            ("\" 12 \"", Some(12)),
            ("0", None),
            ("-1", None),
            ("1e400", None),
            ("99999999999999999999", None),
            ("\"xii, 300\"", None),
            ("\"NaN\"", None),
            ("\"inf\"", None),
            ("true", None),
            ("[1]", None),
        ] {
            let body = format!("{{\"p\":{text}}}");
            assert_eq!(
                JsonMembers::parse(&body).unwrap().bounded_integer_member("p", 1, 50_000),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_body_that_is_no_object_is_an_error() {
        for text in ["", "null", "[]", "<html>", "{\"a\":", "{\"a\":1}x", "7"] {
            assert!(JsonMembers::parse(text).is_err(), "{text}");
        }
        assert!(
            JsonMembers::parse(&valid_unicode_json_text(b"\xef\xbb\xbf{\"a\":\"\xff\"}")).is_ok()
        );
        let deep = format!("{{\"a\":{},\"b\":1}}", "[".repeat(5_000) + &"]".repeat(5_000));
        assert_eq!(JsonMembers::parse(&deep).unwrap().numeric_member("b"), Some(1.0));
    }

    proptest! {
        #[test]
        fn escapes_are_kept_and_lone_surrogates_replaced(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("\\\\".to_owned()), Just("\\n".to_owned()), Just("\\\"".to_owned()),
                    Just("\\ud83d".to_owned()), Just("\\ude00".to_owned()),
                    Just("\\uD83D\\uDE00".to_owned()), Just("u".to_owned()), "[a-zé]{0,3}",
                ],
                0..12,
            ),
        ) {
            let text = format!("{{\"a\":\"{}\"}}", parts.concat());
            let read = valid_unicode_json_text(text.as_bytes());
            let members = JsonMembers::parse(&read).unwrap();
            prop_assert!(members.text_member("a").is_some(), "{}", text);
            if let Ok(strict) = serde_json::from_str::<serde_json::Value>(&text) {
                prop_assert_eq!(members.text_member("a"), strict["a"].as_str().map(str::to_owned));
            }
        }
    }
}
