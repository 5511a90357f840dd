//! Google's query syntax: keywords, quotes, bare terms.

use crate::catalogue::search_tokenization;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) title: Vec<String>,
    pub(super) author: Vec<String>,
    pub(super) anywhere: Vec<String>,
    pub(super) prohibited: Vec<String>,
    pub(super) isbn: Option<String>,
    /// A series bracket in `intitle:` finds nothing.
    pub(super) hopeless: bool,
    pub(super) bare_isbn: Option<String>,
}

/// Splits at spaces outside quotes; a keyword keeps the quoted phrase behind it.
fn split_terms(q: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let mut term = String::new();
    let mut quoted = false;
    let mut rest = q.chars().peekable();
    while let Some(c) = rest.next() {
        // A plus joins words; at the end of a word it is part of the word.
        let joins = rest.peek().is_some_and(|next| next.is_alphanumeric()) && !term.ends_with('+');
        match c {
            '"' => quoted = !quoted,
            '+' if !quoted && !joins && !term.is_empty() => term.push(c),
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

pub(super) fn parse_volume_query(q: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for term in split_terms(q) {
        if let Some(word) = term.strip_prefix('-').filter(|word| !word.is_empty()) {
            parsed.prohibited.extend(search_tokenization::tokenize_for_search(word));
            continue;
        }
        let keyword = term.split_once(':').map(|(name, value)| (name.to_lowercase(), value));
        match keyword.as_ref().map(|(name, value)| (name.as_str(), *value)) {
            Some(("intitle", value)) => {
                parsed.hopeless |= value.contains('(') && value.trim_end().ends_with(')');
                parsed.title.extend(search_tokenization::tokenize_for_search(value));
            }
            Some(("inauthor", value)) => {
                parsed.author.extend(search_tokenization::name_words(value))
            }
            Some(("isbn", value)) => parsed.isbn = Some(value.to_owned()),
            // No book of the catalogue has such numbers.
            Some(("lccn" | "oclc", _)) => parsed.hopeless = true,
            // At Google these fields only change the order.
            Some(("subject" | "inpublisher", _)) => {}
            _ => {
                let digits = crate::catalogue::isbn::isbn_characters(&term);
                let plain =
                    term.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | 'x' | 'X'));
                if plain && (digits.len() == 10 || digits.len() == 13) {
                    parsed.bare_isbn = Some(digits);
                } else {
                    parsed.anywhere.extend(search_tokenization::tokenize_for_search(&term));
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
        let parsed =
            parse_volume_query("intitle:\"the farthest shore\" inauthor:\"L. J. Ross\" magic");
        assert_eq!(parsed.title, ["the", "farthest", "shore"]);
        assert_eq!(parsed.author, ["lj", "ross"]);
        assert_eq!(parsed.anywhere, ["magic"]);
        let parsed = parse_volume_query("harry potter -rowling - x");
        assert_eq!(parsed.anywhere, ["harry", "potter", "x"]);
        assert_eq!(parsed.prohibited, ["rowling"]);
        assert_eq!(parse_volume_query("c++ primer").anywhere, ["c++", "primer"]);
        assert_eq!(parse_volume_query("isbn:978-0").isbn.as_deref(), Some("978-0"));
        assert_eq!(
            parse_volume_query("978-0-441-17271-9").bare_isbn.as_deref(),
            Some("9780441172719")
        );
        assert!(parse_volume_query("intitle:\"Shore (Earthsea Cycle, #3)\"").hopeless);
        assert!(!parse_volume_query("Shore (Earthsea)").hopeless);
    }
}
