use proptest::prelude::*;

use super::super::text_folding::fold_text;
use super::*;

#[test]
fn characters_without_meaning_are_dropped() {
    for text in [
        "du\u{ad}ne",
        "du\u{200b}ne",
        "du\u{200c}ne",
        "du\u{200e}ne",
        "du\u{2060}ne",
        "du\u{feff}ne",
        "du\u{fe0f}ne",
        "du\u{e0041}ne",
        "du\u{20dd}ne",
        "du\u{640}ne",
        "du\u{64e}ne",
        "du\u{5b0}ne",
        "du\u{336}ne",
        "du\u{34f}ne",
        "du\u{115f}ne",
        "du\u{3164}ne",
        "du\u{ffa0}ne",
        "du\u{17b4}ne",
        "du\u{1d173}ne",
        "du\u{fff9}ne",
        "\u{202e}dune\u{202c}",
        "dune™",
        "dune®",
        "©dune",
        "dune℠",
        "\"dune\"",
        "“dune”",
        "«dune»",
        "'dune'",
        "‘dune’",
        "`dune`",
        "-dune",
        "+dune",
        "!dune",
        "(dune)",
        "[dune]",
        "{dune}",
        "dune^2".trim_end_matches('2'),
        "~dune",
        "dune*",
        "dune?",
        "|dune",
        "||dune",
        "&&dune",
        "& dune",
        "dune &",
        ":dune",
        "dune:",
        "dune..",
        "\\dune",
        "/dune/",
        "dune -",
        "-- dune",
        "dune\u{fffd}",
    ] {
        assert_eq!(canonical_text(text), "dune", "{text:?}");
    }
    for (text, words) in [
        ("harry potter -rowling", "harry potter rowling"),
        ("TO HAVE AND HAVE NOT", "to HAVE and HAVE not"),
        ("dune OR emma", "dune or emma"),
        ("Language: The Cultural Tool", "Language The Cultural Tool"),
        ("subject:fiction", "subject fiction"),
        ("1990..2000 dune", "1990 2000 dune"),
        ("dune | emma && ulysses", "dune emma ulysses"),
        ("author:\"le guin\"~2", "author le guin 2"),
        ("[1990 TO 2000]", "1990 to 2000"),
        ("Catch-22", "Catch 22"),
        ("M*A*S*H", "M A S H"),
    ] {
        assert_eq!(canonical_text(text), words, "{text}");
    }
}

#[test]
fn a_sign_that_changes_the_results_stays() {
    for (text, canonical, key) in [
        ("L'Étranger", "L'Étranger", "l'etranger"),
        ("L’Étranger", "L'Étranger", "l'etranger"),
        ("d\u{2bc}une", "d'une", "d'une"),
        ("d\u{ff07}une", "d'une", "d'une"),
        ("d`une", "d'une", "d'une"),
        ("d\u{b4}une", "d'une", "d'une"),
        ("Ender's Game", "Ender's Game", "ender's game"),
        ("O'Brien", "O'Brien", "o'brien"),
        ("1980's", "1980's", "1980's"),
        ("The Dogs' Home", "The Dogs Home", "the dogs home"),
        ("rock 'n' roll", "rock n roll", "rock n roll"),
        ("C++ Primer", "C++ Primer", "c++ primer"),
        ("C++20: The", "C++20 The", "c++20 the"),
        ("C# in Depth", "C# in Depth", "c# in depth"),
        ("a+b #1", "a b 1", "a b 1"),
        ("20,000 Leagues", "20,000 Leagues", "20,000 leagues"),
        ("Web 2.0", "Web 2.0", "web 2.0"),
        ("one,two 1, 2", "one two 1 2", "one two 1 2"),
        ("Romeo & Julia", "Romeo & Julia", "romeo & julia"),
        ("AT&T", "AT & T", "at & t"),
        ("J.R.R. Tolkien", "J R R Tolkien", "j r r tolkien"),
        ("村上 春樹", "村上春樹", "村上春樹"),
        ("STRASSE straße Æsop", "STRASSE straße Æsop", "strasse strasse aesop"),
        ("Cafe\u{301} İzmir", "Café İzmir", "cafe izmir"),
        ("🙂 !", "🙂", "🙂"),
        ("$", "$", "$"),
    ] {
        assert_eq!(canonical_text(text), canonical, "{text}");
        assert_eq!(folded_key_text(canonical), key, "{text}");
    }
    // The order of the marks of one letter does not matter.
    assert_eq!(canonical_text("\u{6d6}'\u{316}dune"), canonical_text("\u{6d6}dune"));
    assert_eq!(canonical_text("a\u{6d6}'\u{316}b"), canonical_text("a\u{6d6}b"));
    assert_eq!(canonical_text("ف'\u{345}:"), "ف\u{345}");
    for text in ["", " ", "!!!", "???", "-", "&", "&&", "...", "'", "*", "\u{200b}", "++", "“”"]
    {
        assert_eq!(canonical_text(text), "", "{text:?}");
    }
}

#[test]
fn the_plain_spelling_is_derived() {
    for (text, plain) in [
        ("Ender's Game", Some("Enders Game")),
        ("L'Étranger", Some("LÉtranger")),
        ("20,000 Leagues", Some("20000 Leagues")),
        ("1,2,3", None),
        ("Romeo & Julia", Some("Romeo and Julia")),
        ("The A B C Murders", Some("The ABC Murders")),
        ("J R R Tolkien", Some("JRR Tolkien")),
        ("C++ Primer", None),
        ("Dune", None),
        ("", None),
    ] {
        assert_eq!(plain_spelling(text).as_deref(), plain, "{text}");
    }
    assert_eq!(without_signs("C++ Primer").as_deref(), Some("C Primer"));
    assert_eq!(without_signs("F#").as_deref(), Some("F"));
    assert_eq!(without_signs("Dune"), None);
}

fn arbitrary_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-zA-ZéßİıæÅл́ёЙ村の]{1,4}",
        "[-+&|!(){}\\[\\]^\"'~*?:\\\\/.,;#` ’ʼ™ ]{1,3}",
        "[\\u{300}-\\u{36f}\\u{591}-\\u{5f4}\\u{640}-\\u{670}\\u{900}-\\u{97f}]{1,3}",
        "[\\u{ad}\\u{200b}-\\u{200f}\\u{20d0}-\\u{20ff}\\u{fe00}-\\u{fe2f}\\u{ff01}-\\u{ffa0}]",
        "[0-9]{1,4}",
        " (AND|OR|NOT|TO) ",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_canonical_form_is_idempotent(text in arbitrary_text()) {
        let once = canonical_text(&text);
        prop_assert_eq!(canonical_text(&once), once.clone());
        prop_assert_eq!(canonical_text(&visible_text(&text)), once);
    }

    #[test]
    fn a_key_is_canonical_and_its_own_key(text in arbitrary_text()) {
        let key = folded_key_text(&canonical_text(&text));
        prop_assert_eq!(folded_key_text(&key), key.clone());
        prop_assert_eq!(folded_key_text(&canonical_text(&key)), key);
    }

    #[test]
    fn no_operator_is_left(text in arbitrary_text()) {
        let canonical = canonical_text(&text);
        for word in canonical.split(' ') {
            prop_assert!(!["AND", "OR", "NOT", "TO"].contains(&word), "{}", canonical);
            prop_assert!(!word.starts_with(['-', '+', '\'', '.', ',', '#']), "{}", canonical);
        }
        prop_assert!(!canonical.contains(['!', '(', ')', '{', '}', '[', ']', '^', '"', '~', '*', '?', ':', '\\', '/', '|', '-']), "{}", canonical);
        prop_assert!(!canonical.contains("&&") && !canonical.contains(".."), "{}", canonical);
    }

    #[test]
    fn the_comparable_form_is_the_key_s(text in "[a-zA-Zéß',.&+# 0-9-]{0,30}") {
        prop_assert_eq!(fold_text(&folded_key_text(&canonical_text(&text))).replace(' ', ""), {
            let folded = fold_text(&canonical_text(&text));
            folded.replace(' ', "")
        });
    }
}
