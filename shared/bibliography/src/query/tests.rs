use proptest::prelude::*;

use super::*;
use crate::cache_key::CacheKey;
use crate::isbn::isbn_finder::find_isbn;
use crate::isbn::isbn_repair::{IsbnCellContent, read_isbn_cell};

const QUERIES: &str = include_str!("queries.txt");

/// From this confidence on a wrong kind is a failure.
const HIGH: f32 = 0.75;

fn kind_of(word: &str) -> QueryKind {
    match word {
        "isbn" => QueryKind::Isbn,
        "author" => QueryKind::Author,
        "title" => QueryKind::Title,
        "mixed" => QueryKind::Mixed,
        "advanced" => QueryKind::Advanced,
        other => panic!("unknown kind {other}"),
    }
}

/// `kind<TAB>query`; a question mark after the kind allows an unsure answer ("mixed") as well.
fn query_cases() -> impl Iterator<Item = (&'static str, QueryKind, bool)> {
    QUERIES.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")).map(|line| {
        let (kind, query) = line.split_once('\t').unwrap();
        (query, kind_of(kind.trim_end_matches('?')), kind.ends_with('?'))
    })
}

#[test]
fn real_queries_get_their_kind() {
    let mut wrong = Vec::new();
    let mut sure = 0;
    let mut count = 0;
    for (text, truth, may_be_unsure) in query_cases() {
        let query = Query::from_free_text(text);
        let unsure = query.kind() == QueryKind::Mixed && query.kind_certainty() < HIGH;
        count += 1;
        sure += usize::from(query.kind() == truth && truth != QueryKind::Mixed);
        if query.kind() != truth && !(may_be_unsure && unsure) {
            wrong.push(format!("{text}: {:?} {}", query.kind(), query.kind_certainty()));
        }
    }
    assert!(count >= 200, "{count} queries");
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
    // Always "mixed" would never be wrong, but useless.
    assert!(sure * 100 >= count * 50, "sure of {sure} of {count}");
}

#[test]
fn field_syntax_is_read() {
    for (text, title, author) in [
        ("intitle:dune", Some("dune"), None),
        ("intitle:\"the name of the wind\"", Some("the name of the wind"), None),
        ("inauthor:\"Frank Herbert\"", None, Some("Frank Herbert")),
        ("intitle:dune inauthor:herbert", Some("dune"), Some("herbert")),
        ("intitle:dune+inauthor:herbert", Some("dune"), Some("herbert")),
        ("intitle:the martian inauthor:andy weir", Some("the martian"), Some("andy weir")),
        ("INTITLE:Dune", Some("Dune"), None),
        ("intitle:\"Dune (Dune, #1)\"", Some("Dune"), None),
        ("intitle:\"C++ Primer\"", Some("C++ Primer"), None),
    ] {
        let query = Query::from_free_text(text);
        assert_eq!(
            (query.title_for_providers(), query.author_for_providers()),
            (title, author),
            "{text}"
        );
        assert!(query.kind_certainty() > 0.9, "{text}");
        assert_eq!(
            CacheKey::of(&query),
            CacheKey::of(&Query::title_author_query(title, author)),
            "{text}"
        );
    }
    // Words beside an author may be no title: they are searched as words too.
    for text in ["dune inauthor:\"Herbert, Frank\"", "inauthor:\"Frank Herbert\" dune"] {
        let query = Query::from_free_text(text);
        let same = Query::from_free_text("dune by Frank Herbert");
        assert_eq!(CacheKey::of(&query), CacheKey::of(&same), "{text}");
        assert!(query.kind_certainty() < 0.9 && query.as_words().is_some(), "{text}");
    }
    // Words beside a title are searched with it, in one order.
    for (text, same) in [
        ("classic intitle:\"left hand\"", "left hand classic"),
        ("intitle:\"left hand\" inauthor:\"le guin\" classic", "left hand le guin classic"),
        ("intitle:dune \"desert planet\"", "dune desert planet"),
        ("isbn:123 inauthor:king", "123 inauthor:king"),
        ("isbn:123 dune", "123 dune"),
        ("isbn:978-0-441-17271-9 dune inauthor:king", "9780441172719"),
        ("isbn:978 0 441 17271 9 dune", "9780441172719"),
        ("isbn: 0441172717", "9780441172719"),
        // A quotation ends the field before it, and belongs to the field if it follows the colon.
        ("inauthor:frank herbert \"dune\"", "dune inauthor:frank herbert"),
        (
            "intitle: \"dune\" inauthor:\u{201c}frank herbert\u{201d}",
            "intitle:dune inauthor:frank herbert",
        ),
        ("\"intitle:dune\"", "intitle dune"),
        ("intitle:\"dune inauthor:herbert", "intitle:dune inauthor:herbert"),
        ("\"inauthor:x dune\"", "inauthor x dune"),
        // A plus joins words, except in a name such as C++.
        ("flowers+inauthor:keyes", "flowers inauthor:keyes"),
        (
            "intitle:\"the martian\"+inauthor:\"andy weir\"",
            "intitle:the+martian inauthor:andy+weir",
        ),
        ("intitle:C++ primer", "intitle:\"C++ primer\""),
        ("intitle:Google+ inauthor:x", "intitle:\"Google+\" inauthor:x"),
        ("(intitle:dune) inauthor:herbert", "intitle:dune inauthor:herbert"),
        ("dune intitle:", "dune"),
        ("inauthor: intitle:", "inauthor intitle"),
    ] {
        let [query, other] = [text, same].map(Query::from_free_text);
        assert_eq!(CacheKey::of(&query), CacheKey::of(&other), "{text}");
    }
    let isbn = Query::from_free_text("isbn:9780441172719");
    assert_eq!(isbn.isbn13().map(|isbn| isbn.to_string()).as_deref(), Some("9780441172719"));
    // An empty field, or one that we do not have, is text.
    assert_eq!(Query::from_free_text("intitle:").kind(), QueryKind::Mixed);
    assert_eq!(Query::from_free_text("subject:fiction").search_text(), "subject fiction");
}

#[test]
fn a_broken_number_is_one_text_in_any_grouping() {
    let key = |text: &str| CacheKey::of(&Query::from_free_text(text)).to_string();
    for (text, digits) in [
        ("9781594633661", "9781594633661"),
        ("978-1-59463-366-1", "9781594633661"),
        ("isbn:978 1 59463 366 1", "9781594633661"),
        ("140143505", "140143505"),
        ("38549081", "38549081"),
        ("9780000000002", "9780000000002"),
        ("0000000000", "0000000000"),
    ] {
        let query = Query::from_free_text(text);
        // A repairable number is looked up as the repaired ISBN, under the key of the typed text.
        let is_placeholder = digits.contains("0000000");
        let kind = if is_placeholder { QueryKind::Mixed } else { QueryKind::Isbn };
        assert_eq!((query.kind(), query.has_repaired_isbn()), (kind, !is_placeholder), "{text}");
        assert!(query.kind_certainty() < 0.95, "{text}");
        assert_eq!(key(text), format!("v2/any/{digits}"));
    }
}

#[test]
fn names_of_files_and_shop_pages_are_title_and_author() {
    for (text, title, author) in [
        ("Tolkien, J.R.R. - The Hobbit", "The Hobbit", "J.R.R. Tolkien"),
        ("The Hobbit - Tolkien, J.R.R.", "The Hobbit", "J.R.R. Tolkien"),
        ("J.R.R. Tolkien - The Hobbit.epub", "The Hobbit", "J.R.R. Tolkien"),
        ("Andy_Weir_-_The_Martian.mobi", "The Martian", "Andy Weir"),
        ("Andy Weir – The Martian (retail) (epub)", "The Martian", "Andy Weir"),
        ("Herbert, Frank - [Dune 01] - Dune.pdf", "Dune", "Frank Herbert"),
        (
            "Le Guin, Ursula K. - Left Hand of Darkness, The",
            "The Left Hand of Darkness",
            "Ursula K. Le Guin",
        ),
        ("The Hobbit by J.R.R. Tolkien", "The Hobbit", "J.R.R. Tolkien"),
    ] {
        let query = Query::from_free_text(text);
        assert_eq!(
            (query.kind(), query.title_for_providers(), query.author_for_providers()),
            (QueryKind::Advanced, Some(title), Some(author)),
            "{text}"
        );
        assert_eq!(
            CacheKey::of(&query),
            CacheKey::of(&Query::from_free_text(&format!("{title} by {author}")))
        );
    }
    for text in
        ["Volker Kutscher - Der nasse Fisch", "harry potter - rowling", "Spider-Man", "a - b"]
    {
        assert_ne!(Query::from_free_text(text).kind(), QueryKind::Advanced, "{text}");
    }
}

#[test]
fn spellings_of_one_query_share_a_key() {
    for (text, same) in [
        ("agatha christie books", "agatha christie"),
        ("Bücher von Agatha Christie", "Agatha Christie"),
        ("livres de Stephen King", "Stephen King"),
        ("Foundation written by Isaac Asimov", "Foundation by Isaac Asimov"),
        ("foundation.asimov.epub", "foundation asimov"),
        ("Isaac_Asimov-Foundation.azw3", "Isaac Asimov Foundation"),
        ("isbn 140143505", "140143505"),
        ("٩٧٨٠٤٤١١٧٢٧١٩", "9780441172719"),
        ("978O441172719", "9780441172719"),
        ("９７８０４４１１７２７１９", "9780441172719"),
        ("ЛН Толстой", "Л. Н. Толстой"),
        ("JRR Tolkien", "J. R. R. Tolkien"),
    ] {
        let [one, other] = [text, same].map(Query::from_free_text);
        assert_eq!(CacheKey::of(&one), CacheKey::of(&other), "{text}");
    }
    for text in ["harry potter books by the window", "the book", "books", "book of books"] {
        assert!(!Query::from_free_text(text).is_empty(), "{text}");
    }
}

#[test]
fn words_of_an_edition_are_not_requested() {
    for (text, title) in [
        ("The Hobbit (Large Print)", "The Hobbit"),
        ("Little Women (Barnes & Noble Classics)", "Little Women"),
        ("Dracula (Norton Critical Editions)", "Dracula"),
        ("Emma (Dover Thrift Editions)", "Emma"),
        ("Emma (Everyman's Library Classics)", "Emma"),
        ("Momo (illustrierte Ausgabe)", "Momo"),
        ("Harry Potter (edición ilustrada)", "Harry Potter"),
        ("Becoming (ungekürzte Lesung)", "Becoming"),
        ("americanah: a novel", "americanah"),
        ("the hobbit (illustrated edition)", "the hobbit"),
        ("The Martian (Movie Tie-In)", "The Martian"),
        ("East of Eden (Oprah's Book Club)", "East of Eden"),
        ("The Road (Vintage International)", "The Road Vintage International"),
        ("Emma (Penguin Classics)", "Emma"),
        ("Dune [Kindle Edition]", "Dune"),
        ("Dune (Spanish Edition)", "Dune"),
        ("The Thursday Murder Club", "The Thursday Murder Club"),
        ("The Baby-Sitters Club", "The Baby Sitters Club"),
        ("The Book Club", "The Book Club"),
    ] {
        assert_eq!(Query::from_free_text(text).search_text(), title, "{text}");
        assert_eq!(Query::title_query(text).search_text(), title, "{text}");
    }
}

#[test]
fn requests_get_display_forms() {
    let query = Query::title_author_query(
        Some("Hobbit, The (Middle-earth, #0)"),
        Some("Tolkien, J. R. R."),
    );
    assert_eq!(query.title_for_providers(), Some("The Hobbit"));
    assert_eq!(query.author_for_providers(), Some("J.R.R. Tolkien"));
    assert_eq!(query.search_text(), "The Hobbit J R R Tolkien");
    assert_eq!(query.comparable_text(), "the hobbit / j r r tolkien");
    assert_eq!(
        Query::from_free_text("Éric-Emmanuel Schmitt").search_text(),
        "Éric Emmanuel Schmitt"
    );
    assert_eq!(Query::title_author_query(None, None).kind(), QueryKind::Mixed);
    assert!(Query::title_author_query(Some(" "), Some("")).is_empty());
    assert!(Query::from_free_text(" \t ").is_empty());
    assert!(Query::from_free_text("?").is_empty() && Query::title_query("!!!").is_empty());
    assert!(!Query::from_free_text("🙂").is_empty());
    let query = Query::from_free_text("Dune by Frank Herbert");
    assert_eq!(
        (query.title_for_providers(), query.author_for_providers()),
        (Some("Dune"), Some("Frank Herbert"))
    );
    assert_eq!(Query::from_free_text("a,a-éA").kind(), QueryKind::Mixed);
    let query = Query::from_free_text("books by Stephen King");
    assert_eq!(
        (query.kind(), query.author_for_providers()),
        (QueryKind::Author, Some("Stephen King"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_text_of_six_digits_is_no_number(text in "([0-9]?[a-xA-X .,:+_#(-]{0,3}){6}") {
        let is_isbn = Isbn13::parse(&text).is_ok() || find_isbn(&text).is_some();
        let is_number = matches!(read_isbn_cell(&text), IsbnCellContent::Valid(_) | IsbnCellContent::Repaired { .. });
        prop_assert!(!is_isbn && !is_number, "{:?}", read_isbn_cell(&text));
    }

    #[test]
    fn any_text_is_a_query_with_a_key(text in ".{0,500}") {
        let query = Query::from_free_text(&text);
        let key = CacheKey::of(&query);
        prop_assert!(key.as_str().len() <= 512);
        prop_assert!((0.0..=1.0).contains(&query.kind_certainty()));
        if text.chars().any(char::is_alphanumeric) {
            prop_assert!(!query.is_empty());
        }
    }

    #[test]
    fn text_in_field_syntax_is_a_query(
        text in "((intitle|inauthor|isbn|subject):)?[\"']?[A-Za-z0-9éß., '#()&+:-]{0,60}[\"']?"
    ) {
        let query = Query::from_free_text(&text);
        prop_assert!(CacheKey::of(&query).as_str().len() <= 512);
        prop_assert_eq!(Query::from_free_text(&text), query);
    }

    #[test]
    fn a_quoted_text_is_the_same_query(text in "[A-Za-zé0-9 .,'#()+-]{0,30}[a-z0-9]") {
        for (open, close) in [('"', '"'), ('\u{201c}', '\u{201d}')] {
            prop_assert_eq!(Query::from_free_text(&format!("{open}{text}{close}")), Query::from_free_text(&text));
        }
    }

    #[test]
    fn every_word_next_to_a_field_is_searched(
        words in prop::collection::vec(
            ("(intitle:|inauthor:|isbn:|\\+intitle:)?", "dune|emma|herbert|austen", "[\" ]?"),
            1..6,
        ),
    ) {
        let text: Vec<String> = words.iter().map(|(field, word, end)| format!("{field}{word}{end}")).collect();
        let canonical_text = Query::from_free_text(&text.join(" ")).comparable_text();
        // Inside a quotation the name of a field is a word.
        let is_name = |word: &&str| matches!(*word, "intitle" | "inauthor" | "isbn" | "/");
        let mut canonical_text: Vec<&str> = canonical_text.split(' ').filter(|word| !is_name(word)).collect();
        let mut typed: Vec<&str> = words.iter().map(|(_, word, _)| word.as_str()).collect();
        canonical_text.sort_unstable();
        typed.sort_unstable();
        prop_assert_eq!(canonical_text, typed);
    }

    #[test]
    fn the_normal_form_is_the_same_query(text in "[A-Za-zé][A-Za-zé .'#-]{0,40}") {
        let query = Query::from_free_text(&text);
        // Letters in a row may form another word once they are joined.
        let normal = query.comparable_text();
        let words: Vec<&str> = normal.split(' ').collect();
        let spelled = words.windows(2).any(|pair| pair.iter().all(|word| word.chars().count() == 1));
        let by = words.contains(&"by");
        if query.kind() != QueryKind::Advanced && !by && !spelled {
            let again = Query::from_free_text(&query.comparable_text());
            prop_assert_eq!(again.kind(), query.kind(), "{}", query.comparable_text());
            prop_assert_eq!(CacheKey::of(&again), CacheKey::of(&query));
        }
    }

    #[test]
    fn case_marks_and_spacing_do_not_change_the_kind(text in "[A-Za-zéñü][A-Za-zéñü ,]{0,40}") {
        let query = Query::from_free_text(&text);
        let upper = Query::from_free_text(&text.to_uppercase());
        let spaced = Query::from_free_text(&format!("  {} ", text.replace(' ', "  ")));
        prop_assert_eq!(CacheKey::of(&upper), CacheKey::of(&query));
        prop_assert_eq!(CacheKey::of(&spaced), CacheKey::of(&query));
    }
}
