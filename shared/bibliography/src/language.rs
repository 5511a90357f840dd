//! Languages: maps every form of a code, and names, to one code.

use isolang::Language;

/// Codes and names that ISO 639-1 and 639-3 do not have, and the codes used for them: bibliographic
/// codes of ISO 639-2, old MARC codes, members of a macrolanguage that catalogues do not
/// distinguish from it, and names used besides the official ones.
const ALIASES: &str = "\
    alb:sq, arb:ar, arm:hy, baq:eu, bur:my, castilian:es, chi:zh, cmn:zh, cze:cs, dut:nl, ekk:et, \
    farsi:fa, flemish:nl, fre:fr, geo:ka, ger:de, gre:el, greek:el, ice:is, in:id, iw:he, ji:yi, \
    lvs:lv, mac:mk, mandarin:zh, mao:mi, may:ms, modern greek:el, nb:no, nob:no, per:fa, pes:fa, \
    rum:ro, scc:sr, scr:hr, slo:sk, slovene:sl, swh:sw, tib:bo, valencian:ca, wel:cy, yue:zh, \
    zsm:ms";

const MAX_CHARS: usize = 60;

/// The code of a language in any form (`en`, `eng`, `English`, `ger German`, `deu`): ISO 639-1 if
/// it has one, else ISO 639-3. `None` for a text that names no language, and for codes of an
/// unknown language or of several.
pub fn iso_639_code(text: &str) -> Option<String> {
    let text = text.split('(').next().unwrap_or_default().trim().to_lowercase();
    if text.len() > MAX_CHARS {
        return None;
    }
    let first = text.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let found = alias(&text).or_else(|| official(&text));
    found.or_else(|| alias(first)).or_else(|| official(first)).map(str::to_owned)
}

/// A code with its region, if there is one: `en`, `pt-BR` (`pt_br`), `zh-TW`.
pub fn normalized_tag(text: &str) -> Option<String> {
    let text = text.trim();
    let (language, region) = text.split_once(['-', '_']).unwrap_or((text, ""));
    let code = iso_639_code(language)?;
    let is_region = (2..=8).contains(&region.len())
        && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    Some(if is_region { format!("{code}-{}", region.to_ascii_uppercase()) } else { code })
}

/// Whether two tags match: `en` matches `en-GB` too; `pt-BR` matches itself and plain `pt`.
pub fn same_language(a: &str, b: &str) -> bool {
    let parts = |tag: &str| {
        let tag = tag.to_ascii_lowercase();
        let (code, region) = tag.split_once('-').unwrap_or((&tag, ""));
        (code.to_owned(), region.to_owned())
    };
    let ((code_a, region_a), (code_b, region_b)) = (parts(a), parts(b));
    code_a == code_b && (region_a.is_empty() || region_b.is_empty() || region_a == region_b)
}

fn language_aliases() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALIASES.split(", ").filter_map(|pair| pair.split_once(':'))
}

fn alias(word: &str) -> Option<&'static str> {
    language_aliases().find(|(name, _)| *name == word).map(|(_, code)| code)
}

fn official(word: &str) -> Option<&'static str> {
    let named = || {
        let mut letters = word.chars();
        let capital: String = letters.next()?.to_uppercase().chain(letters).collect();
        let own = || Language::from_autonym(word).or_else(|| Language::from_autonym(&capital));
        Language::from_name(&capital).or_else(own)
    };
    let language = match word.len() {
        2 => Language::from_639_1(word),
        3 => Language::from_639_3(word),
        _ => None,
    };
    let language = language.or_else(|| named().filter(|_| word.len() > 3))?;
    let is_none = matches!(language.to_639_3(), "mis" | "mul" | "und" | "zxx");
    let code = language.to_639_1().unwrap_or_else(|| language.to_639_3());
    // A member of a macrolanguage gets the macrolanguage's code.
    (!is_none).then(|| alias(code).unwrap_or(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_code_is_one_code() {
        for (text, expected) in [
            ("en", "en"),
            ("eng", "en"),
            ("English", "en"),
            ("en_US", "en"),
            ("ger German", "de"),
            ("deu", "de"),
            ("ger", "de"),
            ("Deutsch", "de"),
            ("fra", "fr"),
            ("fre", "fr"),
            ("Fr", "fr"),
            ("Français", "fr"),
            ("Spanish; Castilian", "es"),
            ("español", "es"),
            ("Modern Greek", "el"),
            ("Modern Greek (1453-)", "el"),
            ("nld", "nl"),
            ("zho", "zh"),
            ("cmn", "zh"),
            ("ces", "cs"),
            ("cze", "cs"),
            ("JPN", "ja"),
            ("est", "et"),
            ("et", "et"),
            ("slk", "sk"),
            ("nob", "no"),
            ("ukr", "uk"),
            ("bel", "be"),
            ("grc", "grc"),
        ] {
            assert_eq!(iso_639_code(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "und", "mul", "zxx", "xx", "e", "unknown language", "—"] {
            assert_eq!(iso_639_code(text), None, "{text}");
        }
        assert_eq!(iso_639_code(&"e".repeat(100)), None);
    }

    #[test]
    fn every_bibliographic_code_is_known() {
        let codes =
            "alb arm baq bur chi cze dut fre geo ger gre ice mac mao may per rum slo tib wel";
        for pair in codes.split(' ') {
            assert_eq!(iso_639_code(pair).map(|code| code.len()), Some(2), "{pair}");
        }
        assert!(language_aliases().is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(language_aliases().count(), ALIASES.split(',').count(), "each is a pair");
    }

    #[test]
    fn a_region_narrows_a_language() {
        for (text, expected) in
            [("pt_br", "pt-BR"), ("eng-GB", "en-GB"), ("zh-Hant-TW", "zh-HANT-TW"), ("de", "de")]
        {
            assert_eq!(normalized_tag(text).as_deref(), Some(expected), "{text}");
        }
        for (a, b, same) in [
            ("en", "en-GB", true),
            ("en-GB", "en", true),
            ("en-gb", "en-GB", true),
            ("pt-BR", "pt-PT", false),
            ("en", "enm", false),
        ] {
            assert_eq!(same_language(a, b), same, "{a} {b}");
        }
    }
}
