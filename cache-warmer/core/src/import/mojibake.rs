//! Repairs text: resolves HTML tags and entities and JSON's escapes, and restores letters that an
//! earlier program decoded and saved in a wrong encoding ("MisÃ©rables", "Ëåâ Òîëñòîé").
//!
//! Only certain repairs are made. All letters of a cell have to be UTF-8 that was decoded in a code
//! page, and the result has to be letters in sequence; or each word of a row has to be of another
//! script, decoded as Windows-1252.

use std::borrow::Cow;

use bibliography::markup;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{MACINTOSH, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252};
use htmlize::unescape_attribute;

use super::encoding::TextEncoding;

pub(super) struct RepairedText<'a> {
    pub text: Cow<'a, str>,
    pub letters: bool,
}

/// Code pages that UTF-8 is commonly decoded in.
const TAKEN_FOR: [TextEncoding; 4] = [WINDOWS_1252, WINDOWS_1251, WINDOWS_1250, MACINTOSH];

/// A text may have been escaped or decoded wrongly more than once.
const MAX_ROUNDS: usize = 3;

pub(super) fn repair_text(mut text: Cow<'_, str>) -> RepairedText<'_> {
    for _ in 0..MAX_ROUNDS {
        if text.contains('&') {
            // As in an attribute, so that "AT&T" and "&c." are text.
            text = unescape_attribute(text);
        }
    }
    if text.contains("\\u")
        && let Ok(plain) = serde_json::from_str::<String>(&format!("\"{text}\""))
    {
        text = Cow::Owned(plain);
    }
    if ["</", "/>", "<br"].iter().any(|tag| text.contains(tag))
        && let Some(plain) = markup::paragraphs(&text)
    {
        text = Cow::Owned(plain);
    }
    let mut letters = false;
    if has_neighbours(&text) {
        for _ in 0..MAX_ROUNDS {
            let Some(meant) = TAKEN_FOR.into_iter().find_map(|page| reversed(&text, page)) else {
                break;
            };
            text = Cow::Owned(meant);
            letters = true;
        }
    }
    RepairedText { text, letters }
}

/// The code page of a row's cells that were decoded as Windows-1252: each word with a letter beyond
/// ASCII has only such letters, as in no language of Windows-1252.
pub(super) fn taken_for_latin<'a>(cells: impl Iterator<Item = &'a str>) -> Option<TextEncoding> {
    const LEAST_LETTERS: usize = 8;
    let is_high = |c: char| matches!(c, '\u{a8}' | '\u{b8}' | '\u{c0}'..='\u{ff}');
    let (mut bytes, mut letters) = (Vec::new(), 0);
    for word in cells.flat_map(|cell| cell.split(|c: char| !(c.is_alphabetic() || is_high(c)))) {
        let high = word.chars().filter(|c| is_high(*c)).count();
        // A single such letter is a word of some languages: "À la".
        if high == 0 {
            continue;
        }
        if high < word.chars().count() || (high == 1 && letters == 0) {
            return None;
        }
        letters += high;
        bytes.extend(WINDOWS_1252.encode(word).0.iter());
        bytes.push(b' ');
    }
    if letters < LEAST_LETTERS {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes, true);
    let page = detector.guess(None, Utf8Detection::Deny);
    // A few words may mislead the detector. Cyrillic is by far the commonest.
    [page, WINDOWS_1251].into_iter().find(|page| {
        page.is_single_byte() && are_words(&page.decode_without_bom_handling(&bytes).0)
    })
}

/// Whether all words are Greek, Cyrillic, Hebrew or Arabic without a capital inside.
fn are_words(text: &str) -> bool {
    let is_other = |c: char| {
        matches!(c, '\u{370}'..='\u{52f}' | '\u{5d0}'..='\u{5ea}' | '\u{621}'..='\u{64a}')
            && c.is_alphabetic()
    };
    text.split(' ').all(|word| {
        let inside = || word.chars().skip(1);
        word.chars().all(is_other)
            && (!inside().any(char::is_uppercase) || !inside().any(char::is_lowercase))
    })
}

/// A text that was decoded as Windows-1252, decoded in its code page.
pub(super) fn decode_text_again(text: &str, page: TextEncoding) -> Option<String> {
    let (bytes, _, unmappable) = WINDOWS_1252.encode(text);
    (!unmappable).then(|| page.decode_without_bom_handling(&bytes).0.into_owned())
}

/// Whether two characters beyond ASCII are neighbours, as the bytes of one letter are.
fn has_neighbours(text: &str) -> bool {
    let mut before = false;
    text.chars().any(|c| {
        let both = before && !c.is_ascii();
        before = !c.is_ascii();
        both
    })
}

/// Whether a cell ends within an entity: it was split at the entity's semicolon.
pub(super) fn ends_within_entity(cell: &str) -> bool {
    cell.rfind('&').is_some_and(|at| {
        let whole = format!("{};", cell.get(at..).unwrap_or_default());
        !unescape_attribute(&whole).ends_with(';')
    })
}

/// The text whose UTF-8 was decoded in a code page; `None` if that is not certain.
fn reversed(text: &str, page: TextEncoding) -> Option<String> {
    let bytes = bytes_in(text, page)?;
    let meant = std::str::from_utf8(&bytes).ok()?;
    let mut letters = Certainty::default();
    let mut before = None;
    let mut chars = meant.chars().peekable();
    while let Some(c) = chars.next() {
        if !letters.accept_letter(before, c, chars.peek().copied()) {
            return None;
        }
        before = Some(c);
    }
    let certain = letters.is_enough(page) || has_sign_in_a_word(text);
    certain.then(|| meant.to_owned())
}

/// The bytes of a text in a code page. Windows-1252 stands for Latin-1 too, which has control
/// characters in place of some signs.
fn bytes_in(text: &str, page: TextEncoding) -> Option<Vec<u8>> {
    let is_control = |c: char| matches!(c, '\u{80}'..='\u{9f}');
    let as_sign = |c: char| match u8::try_from(c) {
        Ok(byte) if is_control(c) => page.decode_without_bom_handling(&[byte]).0.into_owned(),
        _ => c.to_string(),
    };
    let signs = match page == WINDOWS_1252 && text.contains(is_control) {
        true => Cow::Owned(text.chars().map(as_sign).collect()),
        false => Cow::Borrowed(text),
    };
    let (bytes, _, unmappable) = page.encode(&signs);
    (!unmappable).then(|| bytes.into_owned())
}

/// Whether a sign that no word has is between two letters: "ChĹ‚opi".
fn has_sign_in_a_word(text: &str) -> bool {
    let is_sign = |c: char| "‚„…†‡€‰™¤§¬°±¦¨˛ˇ›‹»«".contains(c);
    let chars: Vec<char> = text.chars().collect();
    chars.array_windows().any(|[before, sign, after]| {
        before.is_alphabetic() && !before.is_ascii() && is_sign(*sign) && after.is_lowercase()
    })
}

/// Evidence that a repaired text is the original.
#[derive(Default)]
struct Certainty {
    latin: u32,
    /// Letters of other scripts beside a letter of that script.
    others: u32,
}

impl Certainty {
    /// Counts a letter; false if the original cannot have it.
    fn accept_letter(&mut self, before: Option<char>, c: char, after: Option<char>) -> bool {
        // ASCII proves nothing. U+0080..9F is a letter that was decoded wrongly twice.
        if c <= '\u{9f}' {
            return true;
        }
        let is_latin =
            matches!(c, '\u{a0}'..='\u{17f}' | '\u{1e00}'..='\u{1eff}') || "ƒȘșȚțˆ˜".contains(c);
        let is_sign = matches!(c, '\u{2010}'..='\u{2026}') || "‰′″‹›€№™−\u{feff}".contains(c);
        // Greek to Georgian, Thai, kana, Han, Hangul, and their punctuation.
        let is_other = matches!(c, '\u{300}'..='\u{6ff}' | '\u{900}'..='\u{10ff}'
            | '\u{1f00}'..='\u{1fff}' | '\u{3000}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
            | '\u{ff01}'..='\u{ff9f}');
        // A capital and a final mark may be the original text: "IRMÃ…".
        let ends_capitals = matches!(c, '\u{c0}'..='\u{17f}')
            && !matches!(c, '\u{d7}')
            && before.is_some_and(|c| c.is_ascii_uppercase())
            && !after.is_some_and(|c| c.is_ascii_lowercase());
        if is_latin || is_sign {
            self.latin += u32::from(!ends_capitals);
        } else if is_other && before.is_some_and(|before| !before.is_ascii()) {
            self.others += 1;
        } else if !is_other || before.is_some_and(|before| before.is_ascii_alphabetic()) {
            return false;
        }
        true
    }

    /// Nearly all such texts were decoded in Windows-1252. Another page needs more letters, since
    /// words of its languages can look alike.
    fn is_enough(&self, page: TextEncoding) -> bool {
        match page {
            page if page == WINDOWS_1252 || page == MACINTOSH => self.latin > 0 || self.others >= 1,
            _ => self.others >= 2 || self.latin >= 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        repair_text(Cow::Borrowed(text)).text.into_owned()
    }

    #[test]
    fn wrongly_decoded_letters_are_repaired() {
        for meant in [
            "Les Misérables",
            "The Bookbinder’s Bargain",
            "Maktub não é",
            "“Émile”",
            "Émile",
            "Żona podróżnika w czasie",
            "Кобзар",
            "Война и мир",
            "三体",
            "ノルウェイの森",
            "한강",
            "Ο τελευταίος πειρασμός",
            "Số đỏ",
            "12 €",
            "Título",
        ] {
            for page in TAKEN_FOR {
                let (wrong, _) = page.decode_without_bom_handling(meant.as_bytes());
                let undone = of(&wrong);
                let certain = page == WINDOWS_1252 || page == MACINTOSH;
                assert!(undone == meant || (!certain && undone == wrong), "{wrong} {undone}");
                if page == WINDOWS_1252 {
                    let (twice, _) = page.decode_without_bom_handling(wrong.as_bytes());
                    assert_eq!(of(&twice), meant, "{twice}");
                }
            }
        }
        assert_eq!(of("Р’РѕР№РЅР° Рё РјРёСЂ"), "Война и мир");
        assert_eq!(of("Les Mis√©rables"), "Les Misérables");
    }

    #[test]
    fn correct_letters_stay() {
        for text in [
            "Les Misérables",
            "IRMÃ…",
            "ROMÃ»",
            "«LIBERTÉ»",
            "JOSÉ…",
            "Spaß…",
            "Spaß“",
            "“Ä”",
            "„Ä“",
            "“Le café…”",
            "«irmã…»",
            "Ñ”",
            "São",
            "À la recherche",
            "Ça ira…",
            "Ã",
            "Â",
            "Война и мир",
            "Рёв",
            "Рё",
            "С№ 5",
            "三体",
            "Žert",
            "ČERVENÝ",
            "№ 13",
            "A™",
            "50 £",
            "Ðóà",
            "ÍÎ×ÍÎÉ",
            "Perché no?",
            "Größe – “XL”",
            "El Niño…",
            "Où?",
            "BrontË",
            "√2",
            "Ελλάδα",
            "Číslo 5",
        ] {
            assert_eq!(of(text), text);
        }
    }

    #[test]
    fn complete_entities_are_resolved() {
        for (text, plain) in [
            ("Cien a&ntilde;os", "Cien años"),
            ("Pride &amp; Prejudice", "Pride & Prejudice"),
            ("Pride &amp;amp; Prejudice", "Pride & Prejudice"),
            ("The Hitchhiker&#39;s Guide", "The Hitchhiker's Guide"),
            ("&#x27;t", "'t"),
            ("Ch&acirc;teau &mdash; Th&eacute;&acirc;tre", "Château — Théâtre"),
            ("&Scaron;&#269;", "Šč"),
        ] {
            assert_eq!(of(text), plain);
        }
        for text in
            ["AT&T", "R&D; notes", "Q&A", "&c.", "Fish & Chips; more", "&;", "&#;", "a & b;"]
        {
            assert_eq!(of(text), text);
        }
    }
}
