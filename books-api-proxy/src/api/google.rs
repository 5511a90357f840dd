//! Google Books' own query language, as far as its clients use it.

use shared::isbn::Isbn13;

/// What a `q` of `/books/v1/volumes` asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoogleQuery {
    /// Words without a field.
    pub text: String,
    /// After `intitle:`.
    pub title: Option<String>,
    /// After `inauthor:`.
    pub author: Option<String>,
    /// After `isbn:`.
    pub isbn: Option<Isbn13>,
}

#[derive(Clone, Copy, PartialEq)]
enum Field {
    Text,
    Title,
    Author,
    Isbn,
}

/// Reads a `q`. A field takes the words up to the next field (people write
/// `intitle:the martian inauthor:weir`), or the quoted text. Fields that no other provider knows
/// (`subject:`, `inpublisher:`, `lccn:`, `oclc:`) and numbers that are no ISBN become plain words:
/// an answer by relevance beats none.
#[must_use]
pub fn parse(q: &str) -> GoogleQuery {
    let mut parsed = GoogleQuery::default();
    let mut field = Field::Text;
    let mut quoted = false;
    let mut word = String::new();
    let mut flush = |word: &mut String, field: Field| {
        let text = std::mem::take(word);
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        match field {
            Field::Text => push(&mut parsed.text, text),
            Field::Title => push(parsed.title.get_or_insert_default(), text),
            Field::Author => push(parsed.author.get_or_insert_default(), text),
            Field::Isbn => match Isbn13::parse(text) {
                Ok(isbn) => parsed.isbn = Some(isbn),
                Err(_) => push(&mut parsed.text, text),
            },
        }
    };
    for c in q.chars() {
        match c {
            '"' => {
                flush(&mut word, field);
                quoted = !quoted;
                // What follows a closed quotation is not part of the field any more.
                if !quoted {
                    field = Field::Text;
                }
            }
            ':' if !quoted => match named(&word) {
                Some(next) => {
                    word.clear();
                    field = next;
                }
                None => word.push(c),
            },
            // In a decoded q a plus is what clients write between fields.
            c if !quoted && (c.is_whitespace() || c == '+') => {
                flush(&mut word, field);
                // A number ends at the space; a name does not.
                if field == Field::Isbn {
                    field = Field::Text;
                }
            }
            c => word.push(c),
        }
    }
    flush(&mut word, field);
    parsed
}

fn push(text: &mut String, word: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(word);
}

/// The field of a name before a colon. Fields nobody else knows lose their name only.
fn named(word: &str) -> Option<Field> {
    match word.to_ascii_lowercase().as_str() {
        "intitle" => Some(Field::Title),
        "inauthor" => Some(Field::Author),
        "isbn" => Some(Field::Isbn),
        "subject" | "inpublisher" | "lccn" | "oclc" => Some(Field::Text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(q: &str) -> (String, String, String, String) {
        let parsed = parse(q);
        (
            parsed.text,
            parsed.title.unwrap_or_default(),
            parsed.author.unwrap_or_default(),
            parsed.isbn.map(|isbn| isbn.to_string()).unwrap_or_default(),
        )
    }

    #[test]
    fn fields_quotes_and_plain_words_are_told_apart() {
        for (q, text, title, author, isbn) in [
            ("dune", "dune", "", "", ""),
            ("intitle:dune", "", "dune", "", ""),
            ("intitle:the martian inauthor:andy weir", "", "the martian", "andy weir", ""),
            ("flowers+inauthor:keyes", "flowers", "", "keyes", ""),
            (
                "intitle:\"left hand\" inauthor:\"le guin\" classic",
                "classic",
                "left hand",
                "le guin",
                "",
            ),
            ("isbn:0441172717", "", "", "", "9780441172719"),
            ("ISBN:978-0-441-17271-9 dune", "dune", "", "", "9780441172719"),
            ("isbn:123", "123", "", "", ""),
            ("subject:fiction dune", "fiction dune", "", "", ""),
            ("2001: a space odyssey", "2001: a space odyssey", "", "", ""),
            ("intitle:\"2001: a space\"", "", "2001: a space", "", ""),
            ("\"a b\"", "a b", "", "", ""),
            ("inauthor:", "", "", "", ""),
        ] {
            let expected = (text.to_owned(), title.to_owned(), author.to_owned(), isbn.to_owned());
            assert_eq!(read(q), expected, "{q}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(q in "\\PC{0,120}") {
            let parsed = parse(&q);
            prop_assert!(parsed.text.len() <= q.len());
        }
    }
}
