//! Google's query syntax: keywords, quotes, bare terms.

use crate::catalogue::text;

/// A query's parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) title: Vec<String>,
    pub(super) author: Vec<String>,
    pub(super) anywhere: Vec<String>,
    /// What stood behind `isbn:`, as it was written.
    pub(super) isbn: Option<String>,
    /// A series bracket in `intitle:` finds nothing.
    pub(super) hopeless: bool,
    /// A bare term that has the form of an ISBN.
    pub(super) bare_isbn: Option<String>,
}

/// Splits at spaces outside quotes; a keyword keeps the quoted phrase behind it.
fn terms(q: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let mut term = String::new();
    let mut quoted = false;
    for c in q.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' | '+' | '\u{a0}' if !quoted => {
                if !term.is_empty() {
                    terms.push(std::mem::take(&mut term));
                }
            }
            _ => term.push(c),
        }
    }
    if !term.is_empty() {
        terms.push(term);
    }
    terms
}

/// Reads a query.
pub(super) fn parse(q: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for term in terms(q) {
        let keyword = term.split_once(':').map(|(name, value)| (name.to_lowercase(), value));
        match keyword.as_ref().map(|(name, value)| (name.as_str(), *value)) {
            Some(("intitle", value)) => {
                parsed.hopeless |= value.contains('(') && value.trim_end().ends_with(')');
                parsed.title.extend(text::words(value));
            }
            Some(("inauthor", value)) => parsed.author.extend(text::name_words(value)),
            Some(("isbn", value)) => parsed.isbn = Some(value.to_owned()),
            // Nothing in the catalogue has these numbers.
            Some(("lccn" | "oclc", _)) => parsed.hopeless = true,
            // A relevance hint only, as seen.
            Some(("subject" | "inpublisher", _)) => {}
            _ => {
                let digits = crate::catalogue::isbn::digits(&term);
                let plain =
                    term.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | 'x' | 'X'));
                if plain && (digits.len() == 10 || digits.len() == 13) {
                    parsed.bare_isbn = Some(digits);
                } else {
                    parsed.anywhere.extend(text::words(&term));
                }
            }
        }
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_quotes_and_bare_terms() {
        let parsed = parse("intitle:\"the farthest shore\" inauthor:\"L. J. Ross\" magic");
        assert_eq!(parsed.title, ["the", "farthest", "shore"]);
        assert_eq!(parsed.author, ["lj", "ross"]);
        assert_eq!(parsed.anywhere, ["magic"]);
        assert_eq!(parse("isbn:978-0").isbn.as_deref(), Some("978-0"));
        assert_eq!(parse("978-0-441-17271-9").bare_isbn.as_deref(), Some("9780441172719"));
        assert!(parse("intitle:\"Shore (Earthsea Cycle, #3)\"").hopeless);
        assert!(!parse("Shore (Earthsea)").hopeless);
    }
}
