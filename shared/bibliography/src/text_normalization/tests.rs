use proptest::prelude::*;

use super::name_and_title_words::{CORPORATE, DEGREES, GENERATION_SUFFIXES};
use super::*;

#[test]
fn folding_keeps_letters_and_drops_the_rest() {
    for (text, folded) in [
        ("Dune", "dune"),
        ("  The   Left\tHand ", "the left hand"),
        ("Café", "cafe"),
        ("Cafe\u{301}", "cafe"),
        ("STRASSE straße", "strasse strasse"),
        ("Ørntoft, Theis", "orntoft theis"),
        ("Æsop Œuvre", "aesop oeuvre"),
        ("Stanisław Lem", "stanislaw lem"),
        ("Đặng Thùy Trâm", "dang thuy tram"),
        ("İstanbul Hatırası", "istanbul hatirasi"),
        ("Þórbergur Þórðarson", "thorbergur thordarson"),
        ("ﬁne ｗｉｄｅ", "fine wide"),
        ("don't", "dont"),
        ("don’t", "dont"),
        ("O`Brien", "obrien"),
        ("L'Étranger", "letranger"),
        ("Pride & Prejudice", "pride and prejudice"),
        ("Catch-22", "catch 22"),
        ("Catch–22", "catch 22"),
        ("20,000 Leagues", "20000 leagues"),
        ("1,2,3", "1 2 3"),
        ("C++ Primer", "c++ primer"),
        ("C# in Depth", "c# in depth"),
        ("F#", "f#"),
        ("Book #1", "book 1"),
        ("A+B", "ab"),
        ("a#\u{301}a", "aa"),
        ("J.R.R. Tolkien", "jrr tolkien"),
        ("J. R. R. Tolkien", "jrr tolkien"),
        ("J R R Tolkien", "jrr tolkien"),
        ("JRR Tolkien", "jrr tolkien"),
        ("The A.B.C. Murders", "the abc murders"),
        ("А. С. Пушкин", "ас пушкин"),
        ("村上春樹", "村上春樹"),
        ("村上 春樹", "村上春樹"),
        ("ジョン・スミス", "ジョンスミス"),
        ("ｶﾞﾝﾀﾞﾑ", "ガンダム"),
        ("は\u{3099}", "ば"),
        ("1Q84 村上春樹", "1q84 村上春樹"),
        ("Война и мир", "война и мир"),
        ("Ёлка", "елка"),
        ("Йод її", "йод її"),
        ("Ὀδύσσεια ΟΔΥΣΣΕΥΣ", "οδυσσεια οδυσσευσ"),
        ("ألف ليلة وليلة", "ألف ليلة وليلة"),
        ("مُحَمَّد", "محمد"),
        ("شَـــمس", "شمس"),
        ("ﹷa", "a"),
        ("שָׁלוֹם", "שלום"),
        ("हिन्दी की किताब", "हिन्दी की किताब"),
        ("รักษ์โลก", "รักษ์โลก"),
        ("한강", "한강"),
        ("채식주의자", "채식주의자"),
        ("x²", "x2"),
        ("Foo™ Bar®", "foo bar"),
        ("soft\u{ad}hyphen zero\u{200b}width", "softhyphen zerowidth"),
        ("", ""),
        (" \t\u{200b}", ""),
    ] {
        assert_eq!(fold_text(text), folded, "{text}");
    }
}

#[test]
fn symbols_alone_stay_and_stay_apart() {
    let symbols = ["!!!", "???", "…", "🙂", "🙃", "❤️", "---", "—", "...?", "$", "€", "♠♥", "%"];
    let folded: Vec<String> = symbols.iter().map(|text| fold_text(text)).collect();
    for (at, text) in folded.iter().enumerate() {
        assert!(!text.is_empty(), "{}", symbols[at]);
        assert_eq!(&fold_text(text), text);
        assert_eq!(folded.iter().position(|other| other == text), Some(at), "{text}");
    }
}

#[test]
fn names_come_in_display_order() {
    for (name, shown) in [
        ("Le Guin, Ursula K.", "Ursula K. Le Guin"),
        ("Guin, Ursula K. Le", "Ursula K. Le Guin"),
        ("Tolkien, J. R. R.", "J. R. R. Tolkien"),
        ("García Márquez, Gabriel", "Gabriel García Márquez"),
        ("van Gogh, Vincent", "Vincent van Gogh"),
        ("Michael  Crawley", "Michael Crawley"),
        ("David   Epstein", "David Epstein"),
        ("Martin Luther King, Jr.", "Martin Luther King Jr."),
        ("King, Martin Luther, Jr.", "Martin Luther King Jr."),
        ("Sapolsky, Robert M., Ph.D.", "Robert M. Sapolsky"),
        ("Atul Gawande, M.D.", "Atul Gawande"),
        ("Bessel van der Kolk M.D.", "Bessel van der Kolk"),
        ("Smith, M.D.", "M.D. Smith"),
        ("Prince Harry, The Duke of Sussex", "Prince Harry, The Duke of Sussex"),
        ("Prince Harry, Duke of Sussex", "Prince Harry, Duke of Sussex"),
        ("Byron, Lord", "Lord Byron"),
        ("Little, Brown and Company", "Little, Brown and Company"),
        ("Merriam-Webster, Inc.", "Merriam-Webster, Inc."),
        ("Review, Harvard Business", "Harvard Business Review"),
        ("Dickens, Charles, 1812-1870", "Charles Dickens"),
        ("Jonathan Strahan (Editor)", "Jonathan Strahan"),
        ("Natasha Wimmer (Translator)", "Natasha Wimmer"),
        ("Jane Smith PhD", "Jane Smith"),
        ("Jane Smith M.P.H.", "Jane Smith"),
        ("Hergé", "Hergé"),
        ("谷口 ジロー", "谷口 ジロー"),
        ("Neil Gaiman & Terry Pratchett", "Neil Gaiman & Terry Pratchett"),
        ("Neil Gaiman, Terry Pratchett", "Neil Gaiman, Terry Pratchett"),
        ("Card, Orson Scott", "Orson Scott Card"),
        ("King, Martin Luther", "Martin Luther King"),
        ("", ""),
    ] {
        assert_eq!(author_display_name(name), shown, "{name}");
        assert_eq!(author_display_name(shown), shown, "{shown}");
    }
}

#[test]
fn spellings_of_one_name_share_a_key() {
    for class in [
        &[
            "J.R.R. Tolkien",
            "J. R. R. Tolkien",
            "JRR Tolkien",
            "Tolkien, J. R. R.",
            "j r r tolkien",
        ][..],
        &["L. J. Ross", "L.J. Ross", "LJ Ross", "Ross, L.J.", "Ross, LJ"],
        &["Ursula K. Le Guin", "Le Guin, Ursula K.", "Guin, Ursula K. Le", "URSULA K LE GUIN"],
        &["Gabriel García Márquez", "Garcia Marquez, Gabriel", "gabriel garcía márquez"],
        &["Martin Luther King Jr.", "King, Martin Luther, Jr.", "Martin Luther King, Jr"],
        &["Atul Gawande", "Gawande, Atul", "Atul Gawande, MD", "Atul Gawande, M.D."],
        &["Jean-Paul Sartre", "Jean Paul Sartre", "Sartre, Jean-Paul"],
        &["Flann O'Brien", "Flann O’Brien", "O'Brien, Flann"],
        &["村上春樹", "村上 春樹", "村上　春樹"],
        &["Лев Толстой", "Толстой, Лев"],
    ] {
        let key = author_name_key(class[0]);
        for name in class {
            assert_eq!(author_name_key(name), key, "{name}");
        }
    }
    assert_ne!(author_name_key("Henry James"), author_name_key("James Henry"));
    assert_ne!(author_name_key("Martin Luther King"), author_name_key("Martin Luther King Jr."));
}

#[test]
fn two_persons_are_distinguished() {
    for (a, b) in [
        ("J.R.R. Tolkien", "John Ronald Reuel Tolkien"),
        ("J.R.R. Tolkien", "J. Tolkien"),
        ("J.R.R. Tolkien", "Tolkien"),
        ("Ursula Le Guin", "Ursula K. Le Guin"),
        ("Ursula LeGuin", "Ursula Le Guin"),
        ("Philip K. Dick", "Philip Kindred Dick"),
        ("Sir Arthur Conan Doyle", "Arthur Conan Doyle"),
        ("A. Conan Doyle", "Arthur Conan Doyle"),
        ("F. Scott Fitzgerald", "Francis Scott Fitzgerald"),
        ("Kurt Vonnegut Jr.", "Kurt Vonnegut"),
        ("Brontë, Charlotte", "Charlotte Bronte"),
        ("George R.R. Martin", "George R. R. Martin"),
        ("George Martin", "George R.R. Martin"),
        ("村上 春樹", "村上春樹"),
    ] {
        assert!(same_author(a, b), "{a} / {b}");
        assert!(same_author(b, a), "{b} / {a}");
    }
    for (a, b) in [
        ("Henry James", "James Henry"),
        ("Henry James", "William James"),
        ("Charlotte Brontë", "Emily Brontë"),
        ("Alexandre Dumas", "Alexander Pope"),
        ("J.K. Rowling", "J.R.R. Tolkien"),
        ("Andy Weir", "Alison Weir"),
        ("Stephen King", ""),
        ("Thomas Day", "Sylvia Day"),
        ("James Smith", "John Smith"),
    ] {
        assert!(!same_author(a, b), "{a} / {b}");
        assert!(!same_author(b, a), "{b} / {a}");
    }
}

#[test]
fn series_brackets_go_and_others_stay() {
    for (title, stripped) in [
        ("Dune (Dune, #1)", "Dune"),
        ("Gideon the Ninth (The Locked Tomb #1)", "Gideon the Ninth"),
        ("The Farthest Shore (Earthsea Cycle, #3)", "The Farthest Shore"),
        ("Pippi Longstocking (Pippi Långstrump, #1)", "Pippi Longstocking"),
        ("Hyperion (Hyperion Cantos (#1.0))", "Hyperion"),
        ("Cragside (DCI Ryan Mysteries Book 6)", "Cragside"),
        ("The Fifth Season (The Broken Earth Trilogy)", "The Fifth Season"),
        ("Dune [Dune, #1]", "Dune"),
        ("Dune (Dune, #1-3)", "Dune"),
        ("Dune (Dune, #1) Frank Herbert", "Dune Frank Herbert"),
        ("It (Illustrated Edition)", "It (Illustrated Edition)"),
        ("Collected Works (Volume 2)", "Collected Works (Volume 2)"),
        ("Saga (#2)", "Saga (#2)"),
        ("Forsyte (Saga)", "Forsyte (Saga)"),
        ("Manual (2nd Edition)", "Manual (2nd Edition)"),
        ("(Dune, #1)", "(Dune, #1)"),
        ("Left open (Dune, #1", "Left open (Dune, #1"),
        ("Le grand incendie (Fiction & Cie)", "Le grand incendie (Fiction & Cie)"),
    ] {
        assert_eq!(strip_series(title), stripped, "{title}");
    }
}

#[test]
fn two_titles_are_distinguished() {
    for (a, b) in [
        ("Dune", "DUNE"),
        ("Dune", "Dune (Dune, #1)"),
        ("Dune", "Dune: A Novel"),
        ("Dune", "Dune (Penguin Classics Edition)"),
        ("Dune", "Dune (Paperback)"),
        ("Dune", "Dune, Deluxe Edition"),
        ("Optics", "Optics, 2nd Edition"),
        ("Hobbit, The", "The Hobbit"),
        ("The Martian", "Martian"),
        ("Range", "Range: Why Generalists Triumph in a Specialized World"),
        ("Range: Why Generalists Triumph", "Range: Why Generalists Triumph in a Specialized World"),
        ("Pride and Prejudice", "Pride & Prejudice"),
        ("The Final Empire", "Mistborn: The Final Empire (Mistborn, #1)"),
        ("Spider-Man", "Spiderman"),
        ("L'Étranger", "L’etranger"),
        ("Cragside: A DCI Ryan Mystery (DCI Ryan Mysteries, #6)", "Cragside"),
        ("Ragots intimes", "Les Bidochon, Tome 5 : Ragots intimes"),
        ("ノルウェイの森", "ノルウェイの 森"),
        ("Saga, Vol. 3", "Saga: Volume III"),
        ("Abhorsen (Abhorsen, #3)", "Abhorsen"),
        ("Dune (Dune, #1)", "Dune"),
        ("The Two Towers (The Lord of the Rings, #2)", "The Two Towers (Middle-earth, #3)"),
        ("Slaughterhouse-Five", "Slaughterhouse 5"),
        ("Naruto (Naruto, #3)", "Naruto, Vol. 3"),
        ("Naruto (Naruto, #3)", "Naruto, Vol. 3: Dreams"),
        ("Naruto (Naruto #1)", "Naruto: Volume 1"),
        ("The Sandman (The Sandman, #2)", "The Sandman, Vol. 2"),
    ] {
        assert!(same_title(a, b), "{a} / {b}");
        assert!(same_title(b, a), "{b} / {a}");
    }
    for (a, b) in [
        ("Dune", "Dune Messiah"),
        ("Dune", "Children of Dune"),
        ("Dune", "Study Guide: Dune"),
        ("Dune", "Summary of Dune"),
        ("Star Wars: A New Hope", "Star Wars: The Empire Strikes Back"),
        ("Mistborn: The Final Empire", "Mistborn: The Well of Ascension"),
        ("Saga, Vol. 1", "Saga, Vol. 2"),
        ("Saga: Volume 3", "Saga: Volume 30"),
        ("Bone: Book One", "Bone: Book Onesie"),
        ("Henry IV", "Henry V"),
        ("Naruto (Naruto, #3)", "Naruto (Naruto, #4)"),
        ("Naruto: Volume 3", "Naruto"),
        ("Naruto (Naruto, #3)", "Naruto, Vol. 4"),
        ("Naruto (Naruto, #3)", "Naruto, Vol. 30"),
        ("Naruto (Naruto, #1-3)", "Naruto, Vol. 3"),
        ("Elfenwelt: Band 3", "Elfenwelt"),
        ("Emma (Austen Library, #3)", "Emma (Austen Library, #4)"),
        ("Best of: 2018", "Best of: 2019"),
        ("Best of: 2018", "Best of"),
        ("ワンピース 3巻", "ワンピース 4巻"),
        ("1984", "2001"),
        ("C", "C++"),
        ("Dune", ""),
        ("三体", "活着"),
    ] {
        assert!(!same_title(a, b), "{a} / {b}");
        assert!(!same_title(b, a), "{b} / {a}");
    }
}

#[test]
fn the_base_title_is_for_display() {
    for (title, base) in [
        ("Range: Why Generalists Triumph", "Range"),
        ("Dune (Dune, #1)", "Dune"),
        ("Dune (Deluxe Edition)", "Dune"),
        ("Hobbit, The", "The Hobbit"),
        ("Slaughterhouse-Five", "Slaughterhouse-Five"),
        ("Dune - A Novel", "Dune"),
    ] {
        assert_eq!(base_title(title), base, "{title}");
    }
}

#[test]
fn a_cell_of_several_authors_is_split() {
    assert_eq!(split_authors("Neil Gaiman & Terry Pratchett"), ["Neil Gaiman", "Terry Pratchett"]);
    assert_eq!(split_authors("Gaiman, Neil|Pratchett, Terry"), ["Neil Gaiman", "Terry Pratchett"]);
    assert_eq!(
        split_authors("Neil Gaiman and Terry Pratchett"),
        ["Neil Gaiman", "Terry Pratchett"]
    );
    assert_eq!(split_authors("Neil Gaiman, Terry Pratchett"), ["Neil Gaiman", "Terry Pratchett"]);
    assert_eq!(split_authors("Le Guin, Ursula K."), ["Ursula K. Le Guin"]);
    assert!(split_authors(" & ").is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn folding_is_idempotent(text in "\\PC{0,40}|[a-zA-ZéßİıæÅл́ёЙ村の ,.'()#+&-]{0,40}") {
        let once = fold_text(&text);
        prop_assert_eq!(fold_text(&once), once);
    }

    #[test]
    fn a_text_with_a_letter_never_folds_to_nothing(text in ".{0,40}") {
        let folded = fold_text(&text);
        if text.chars().any(char::is_alphanumeric) {
            prop_assert!(!folded.is_empty());
        }
        prop_assert!(!folded.starts_with(' ') && !folded.ends_with(' ') && !folded.contains("  "));
    }

    #[test]
    fn case_and_spacing_do_not_matter(words in prop::collection::vec("[a-zé]{2,8}", 1..5)) {
        let plain = words.join(" ");
        prop_assert_eq!(fold_text(&plain.to_uppercase()), fold_text(&plain));
        prop_assert_eq!(fold_text(&format!("  {}! ", words.join(" - "))), fold_text(&plain));
    }

    #[test]
    fn any_text_passes_every_function(a in ".{0,60}", b in "[A-Za-zé,.()#:;&'’ 0-9\\[\\]-]{0,60}") {
        for (x, y) in [(&a, &b), (&b, &a), (&a, &a), (&b, &b)] {
            let _ = (same_title(x, y), same_author(x, y), split_authors(x));
            let stripped = strip_series(x);
            prop_assert_eq!(&strip_series(&stripped), &stripped);
            let key = title_key(x);
            prop_assert_eq!(title_key(&key), key);
            let shown = author_display_name(x);
            prop_assert_eq!(author_name_key(&shown), author_name_key(x));
            prop_assert_eq!(same_title(x, y), same_title(y, x));
            prop_assert_eq!(same_author(x, y), same_author(y, x));
        }
    }

    #[test]
    fn an_inverted_name_has_the_key_of_the_plain_one(
        first in "[A-Z][a-zé]{2,7}( [A-Z]\\.)?",
        last in "[B-Z][a-z]{3,8}",
    ) {
        // The part after the comma may be no first name: "Harry, The Duke", "Penguin, Inc".
        let other = |word: &str| {
            ["and", "the"].contains(&word)
                || [&CORPORATE, &DEGREES, &GENERATION_SUFFIXES].iter().any(|words| words.contains(word))
        };
        prop_assume!(!fold_text(&format!("{first} {last}")).split(' ').any(other));
        let plain = format!("{first} {last}");
        prop_assert_eq!(author_name_key(&format!("{last}, {first}")), author_name_key(&plain));
        prop_assert_eq!(author_name_key(&plain.to_uppercase()), author_name_key(&plain));
    }
}

#[test]
fn a_volume_named_like_its_series_is_one_work_in_both_forms() {
    let work = |title: &str| ComparableWork::of(title, vec![author_name_key("Masashi Kishimoto")]);
    let bracket = work("Naruto (Naruto, #3)");
    for title in ["Naruto, Vol. 3", "Naruto: Volume III", "Naruto, Vol. 3: Dreams", "Naruto 3"] {
        let other = work(title);
        assert!(bracket.is_same_work(&other) && other.is_same_work(&bracket), "{title}");
    }
    for title in ["Naruto, Vol. 4", "Naruto (Naruto, #4)", "Naruto, Vol. 30", "Boruto, Vol. 3"] {
        let other = work(title);
        assert!(!bracket.is_same_work(&other) && !other.is_same_work(&bracket), "{title}");
    }
    let other = ComparableWork::of("Naruto, Vol. 3", vec![author_name_key("Ann Author")]);
    assert!(!bracket.is_same_work(&other));
}
