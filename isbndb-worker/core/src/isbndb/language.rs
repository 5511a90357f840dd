//! Languages: codes and names to ISO 639-1.

use bibliography::text::lowercase;

/// ISO 639-1, the ISO 639-2 codes (both forms), and the English and own names that are seen.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("af", &["afr", "afrikaans"]),
    ("ar", &["ara", "arabic"]),
    ("bg", &["bul", "bulgarian"]),
    ("bn", &["ben", "bengali"]),
    ("ca", &["cat", "catalan", "valencian"]),
    ("cs", &["cze", "ces", "czech"]),
    ("cy", &["wel", "cym", "welsh"]),
    ("da", &["dan", "danish", "dansk"]),
    ("de", &["ger", "deu", "german", "deutsch"]),
    ("el", &["gre", "ell", "greek", "modern greek"]),
    ("en", &["eng", "english"]),
    ("eo", &["epo", "esperanto"]),
    ("es", &["spa", "spanish", "castilian", "español"]),
    ("et", &["est", "estonian"]),
    ("eu", &["baq", "eus", "basque"]),
    ("fa", &["per", "fas", "persian", "farsi"]),
    ("fi", &["fin", "finnish"]),
    ("fr", &["fre", "fra", "french", "français"]),
    ("ga", &["gle", "irish"]),
    ("gl", &["glg", "galician"]),
    ("he", &["heb", "hebrew"]),
    ("hi", &["hin", "hindi"]),
    ("hr", &["hrv", "scr", "croatian"]),
    ("hu", &["hun", "hungarian"]),
    ("id", &["ind", "indonesian"]),
    ("is", &["ice", "isl", "icelandic"]),
    ("it", &["ita", "italian", "italiano"]),
    ("ja", &["jpn", "japanese"]),
    ("ko", &["kor", "korean"]),
    ("la", &["lat", "latin"]),
    ("lt", &["lit", "lithuanian"]),
    ("lv", &["lav", "latvian"]),
    ("ms", &["may", "msa", "malay"]),
    ("nl", &["dut", "nld", "dutch", "flemish", "nederlands"]),
    ("no", &["nor", "nb", "nob", "norwegian"]),
    ("pl", &["pol", "polish"]),
    ("pt", &["por", "portuguese", "português"]),
    ("ro", &["rum", "ron", "romanian"]),
    ("ru", &["rus", "russian"]),
    ("sk", &["slo", "slk", "slovak"]),
    ("sl", &["slv", "slovenian", "slovene"]),
    ("sr", &["srp", "scc", "serbian"]),
    ("sv", &["swe", "swedish", "svenska"]),
    ("ta", &["tam", "tamil"]),
    ("th", &["tha", "thai"]),
    ("tr", &["tur", "turkish"]),
    ("uk", &["ukr", "ukrainian"]),
    ("ur", &["urd", "urdu"]),
    ("vi", &["vie", "vietnamese"]),
    ("yi", &["yid", "yiddish"]),
    ("zh", &["chi", "zho", "chinese", "mandarin"]),
];

/// ISO 639-1 of `en`, `eng`, `English`, `en_US`, `ger German`; a short unknown code as it is.
#[must_use]
pub fn parse(text: &str) -> Option<String> {
    let text = lowercase(text.trim());
    if text.is_empty() || text.len() > 60 {
        return None;
    }
    let first = text.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let known = |word: &str| {
        LANGUAGES
            .iter()
            .find(|(code, names)| *code == word || names.contains(&word))
            .map(|(code, _)| (*code).to_owned())
    };
    let code_like = (2..=3).contains(&first.len()) && first.is_ascii();
    known(&text)
        .or_else(|| known(first))
        .or_else(|| text.split_whitespace().find_map(known))
        // Three-letter codes of languages without a two-letter one (`grc`, `mul`).
        .or_else(|| (code_like && first != "und").then(|| first.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_become_iso_639_1() {
        for (text, code) in [
            ("en", "en"),
            ("eng", "en"),
            ("English", "en"),
            ("en_US", "en"),
            ("en-GB", "en"),
            ("ger German", "de"),
            ("Fr", "fr"),
            ("Français", "fr"),
            ("Spanish; Castilian", "es"),
            ("Modern Greek", "el"),
            ("JPN", "ja"),
            ("grc", "grc"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(code), "{text}");
        }
        for text in ["", "und", "Klingon", "unknown language", "—"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn no_word_stands_for_two_languages() {
        let mut words: Vec<&str> = LANGUAGES
            .iter()
            .flat_map(|(code, names)| names.iter().chain([code]))
            .copied()
            .collect();
        let all = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), all);
    }
}
