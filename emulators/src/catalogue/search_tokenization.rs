//! Words of titles and names as in a search engine.

/// A letter without its marks; `None` if it has none.
fn unaccented_letter(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ё' => "е",
        'й' => "и",
        _ => return None,
    })
}

/// True in scripts without spaces: each character is a word of its own.
pub(crate) fn is_ideographic(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

/// Lower-case words without marks and punctuation.
///
/// A sign inside a word is part of it: `d'une` is neither `d une` nor `dune`, `20,000` is not
/// `20000`, and `c++` not `c`. A curly apostrophe is a straight one.
pub(crate) fn tokenize_for_search(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut rest = text.chars().flat_map(char::to_lowercase).peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        if is_ideographic(c) {
            push_word(&mut words, &mut word);
            words.push(c.to_string());
        } else if let Some(plain) = unaccented_letter(c) {
            word.push_str(plain);
        } else if c.is_alphanumeric() {
            word.push(c);
        } else if is_inside(&word, c, next) {
            word.push(if c == '’' { '\'' } else { c });
        } else if !matches!(c, '\u{300}'..='\u{36f}') {
            push_word(&mut words, &mut word);
        }
    }
    push_word(&mut words, &mut word);
    words
}

/// Whether a sign between two characters is part of their word.
fn is_inside(word: &str, c: char, next: char) -> bool {
    let after = |is: fn(char) -> bool| word.ends_with(is);
    match c {
        '\'' | '’' => after(char::is_alphanumeric) && next.is_alphanumeric(),
        ',' | '.' => after(|c| c.is_ascii_digit()) && next.is_ascii_digit(),
        '+' | '#' => after(|c| c.is_alphanumeric() || c == '+') && !next.is_alphanumeric(),
        _ => false,
    }
}

fn push_word(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// Words of a name: `Last, First` turned round, and adjacent initials made one word,
/// because `L.J.`, `L. J.` and `LJ` are the same to every provider.
pub(crate) fn name_words(name: &str) -> Vec<String> {
    let turned = match name.split_once(", ") {
        Some((last, first)) if !first.contains(',') => format!("{first} {last}"),
        _ => name.to_owned(),
    };
    let mut joined: Vec<String> = Vec::new();
    let mut run = String::new();
    for word in tokenize_for_search(&turned) {
        let mut letters = word.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if !is_ideographic(letter) => run.push(letter),
            _ => {
                push_word(&mut joined, &mut run);
                joined.push(word);
            }
        }
    }
    push_word(&mut joined, &mut run);
    joined
}

/// Equal for two spellings of one name.
pub(crate) fn name_key(name: &str) -> String {
    let mut words = name_words(name);
    words.sort();
    words.join(" ")
}

/// A title without the `(Series, #1)` that library sites append, and that series.
pub(crate) fn split_series(title: &str) -> (String, Option<(String, String)>) {
    let trimmed = title.trim();
    let inside = trimmed.strip_suffix(')').and_then(|rest| rest.rsplit_once(" ("));
    let Some((plain, bracket)) = inside else { return (trimmed.to_owned(), None) };
    let numbered = bracket.rsplit_once('#').or_else(|| bracket.rsplit_once(" Book "));
    match numbered {
        Some((name, number)) if number.trim().starts_with(|c: char| c.is_ascii_digit()) => {
            let name = name.trim().trim_end_matches(',').to_owned();
            (plain.trim().to_owned(), Some((name, number.trim().to_owned())))
        }
        _ => (trimmed.to_owned(), None),
    }
}

pub(crate) fn split_subtitle(title: &str) -> (String, Option<String>) {
    match title.split_once(": ") {
        Some((main, subtitle)) if !main.trim().is_empty() && !subtitle.trim().is_empty() => {
            (main.trim().to_owned(), Some(subtitle.trim().to_owned()))
        }
        _ => (title.trim().to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_scripts() {
        assert_eq!(tokenize_for_search("L'Étranger – «Ночь»"), ["l'etranger", "ночь"]);
        assert_eq!(
            tokenize_for_search("d'une d une 20,000 c++ F# a+b 1, 2"),
            ["d'une", "d", "une", "20,000", "c++", "f#", "a", "b", "1", "2"]
        );
        assert_eq!(tokenize_for_search("三体 II"), ["三", "体", "ii"]);
        assert_eq!(tokenize_for_search("Don't"), tokenize_for_search("Don’t"));
    }

    #[test]
    fn ways_to_write_a_name() {
        for same in ["L.J. Ross", "L. J. Ross", "LJ Ross", "Ross, L. J."] {
            assert_eq!(name_key(same), "lj ross", "{same}");
        }
        assert_eq!(name_key("Le Guin, Ursula K."), name_key("Ursula K. Le Guin"));
    }

    #[test]
    fn series_brackets_are_removed() {
        let (title, series) = split_series("The Farthest Shore (Earthsea Cycle, #3)");
        assert_eq!(title, "The Farthest Shore");
        assert_eq!(series, Some(("Earthsea Cycle".to_owned(), "3".to_owned())));
        assert_eq!(split_series("Emma (Penguin Classics)").0, "Emma (Penguin Classics)");
    }
}
