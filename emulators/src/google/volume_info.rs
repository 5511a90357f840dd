//! `volumeInfo`, with the noise of the real one; the ISBN decides which values are noisy.

use serde_json::{Map, Value, json};

use crate::catalogue::{CatalogueEdition, EditionRelationToLibrary};
use crate::emulator_reply::add_json_members;

/// A volume's description; `detail` is that of the volume's own page.
pub(super) fn volume_info(edition: &CatalogueEdition, detail: bool) -> Map<String, Value> {
    let seed = edition.seed;
    let mut info = Map::new();
    let mut put = |name: &str, value: Value| {
        info.insert(name.to_owned(), value);
    };
    let (title, subtitle) = title_and_subtitle(edition);
    put("title", json!(title));
    if let Some(subtitle) = subtitle {
        put("subtitle", json!(subtitle));
    }
    if !edition.authors.is_empty() && !seed.seeded_bool("no authors", 2) {
        put("authors", google_author_list(edition));
    }
    if !seed.seeded_bool("no publisher", 12) {
        let publisher = edition.publisher();
        let quoted = seed.seeded_bool("quoted publisher", 4);
        put(
            "publisher",
            json!(if quoted { format!("\"{publisher}\"") } else { publisher.to_owned() }),
        );
    }
    if let Some(date) = published_date(edition) {
        put("publishedDate", json!(date));
    }
    if !seed.seeded_bool("no description", 15) {
        put("description", json!(description_text(edition, detail)));
    }
    let identifiers = industry_identifiers_json(edition);
    if !identifiers.is_empty() {
        put("industryIdentifiers", Value::Array(identifiers));
    }
    let image = seed.seeded_bool("image mode", 30);
    put("readingModes", json!({ "text": seed.seeded_bool("text mode", 40), "image": image }));
    put_page_count(edition, detail, &mut put);
    put("printType", json!("BOOK"));
    if !seed.seeded_bool("no categories", 15) {
        let subjects = edition.subjects();
        let character = seed.seeded_bool("character category", 3);
        put(
            "categories",
            match (detail, character) {
                (true, _) => json!(subjects.iter().skip(1).collect::<Vec<_>>()),
                (false, true) => json!(["Finlay-Ryan, Maxwell (Fictitious character)"]),
                (false, false) => json!([subjects.first()]),
            },
        );
    }
    if seed.seeded_bool("rated", 45) {
        let halves = 4 + seed.seeded_number("rating", 7);
        // A whole rating is an integer in some answers and a float in others.
        let whole = halves.is_multiple_of(2) && seed.seeded_bool("integer rating", 50);
        put("averageRating", if whole { json!(halves / 2) } else { json!(halves as f64 / 2.0) });
        put("ratingsCount", json!(1 + seed.seeded_number("ratings", 300)));
    }
    put("maturityRating", json!("NOT_MATURE"));
    put("allowAnonLogging", json!(seed.seeded_bool("anon", 50)));
    put("contentVersion", json!("preview-1.0.0"));
    put(
        "panelizationSummary",
        json!({ "containsEpubBubbles": false, "containsImageBubbles": false }),
    );
    if !seed.seeded_bool("no cover", 20) {
        put("imageLinks", image_links(edition, detail));
    }
    put("language", json!(google_language(edition)));
    if let Some((_, number)) =
        edition.series.as_ref().filter(|_| seed.seeded_bool("series info", 10))
    {
        put(
            "seriesInfo",
            json!({
                "kind": "books#volume_series_info",
                "bookDisplayNumber": number,
                "volumeSeries": [{
                    "seriesId": format!("{:016X}", seed.seeded_number("series id", u64::MAX)),
                    "seriesBookType": "COLLECTED_EDITION",
                    "orderNumber": seed.seeded_number("order", 12) + 1,
                }],
            }),
        );
    }
    info
}

fn title_and_subtitle(edition: &CatalogueEdition) -> (String, Option<&String>) {
    if edition.seed.seeded_bool("title with statement", 1) {
        let author = edition.authors.first().map_or("", String::as_str);
        return (format!("{} \\c {author}", edition.title), None);
    }
    (edition.title.clone(), edition.subtitle.as_ref())
}

fn google_author_list(edition: &CatalogueEdition) -> Value {
    let authors = &edition.authors;
    let first = authors.first().cloned().unwrap_or_default();
    match edition.seed.seeded_number("authors form", 100) {
        0..3 if authors.len() > 1 => json!([authors.join(", ")]),
        3..5 => {
            let given = first.split(' ').next().unwrap_or_default();
            json!([format!("{given} {first}")])
        }
        5..7 => json!([format!("{first} (Editor)")]),
        7..10 => json!([first]),
        _ => json!(authors),
    }
}

/// Two letters, except the languages that Google gives with a region.
fn google_language(edition: &CatalogueEdition) -> &'static str {
    let regional = edition.seed.seeded_bool("regional language", 60);
    match edition.language {
        "pt" if regional => "pt-BR",
        "zh" if regional => "zh-CN",
        language => language,
    }
}

fn published_date(edition: &CatalogueEdition) -> Option<String> {
    let (year, month, day) = edition.publication_date();
    Some(match edition.seed.seeded_number("date form", 100) {
        0..4 => return None,
        4..20 => format!("{year}"),
        20..30 => format!("{year}-{month:02}"),
        30..34 => format!("{year}-{month:02}-{day:02}T00:00:00+02:00"),
        34 => format!("{}??", year / 100),
        35 => format!("{year}*"),
        36 => "0101-01-01".to_owned(),
        _ => format!("{year}-{month:02}-{day:02}"),
    })
}

fn description_text(edition: &CatalogueEdition, detail: bool) -> String {
    let sentences = edition.blurb();
    if detail {
        return format!("<b>{}</b><br><br><i>{}</i>", edition.title, sentences.join("<br>"));
    }
    let text = sentences.join(" ");
    if edition.seed.seeded_bool("broken character", 5) {
        text.replacen('a', "\u{fffd}", 1)
    } else {
        text
    }
}

fn industry_identifiers_json(edition: &CatalogueEdition) -> Vec<Value> {
    let thirteen = json!({ "type": "ISBN_13", "identifier": edition.isbn13 });
    if edition.kind == EditionRelationToLibrary::Placeholder {
        return vec![thirteen, json!({ "type": "ISBN_10", "identifier": "0000000000" })];
    }
    let ten = edition.isbn10().map(|isbn10| json!({ "type": "ISBN_10", "identifier": isbn10 }));
    let number = edition.seed.seeded_number("uom", 1_000_000_000);
    let other = match edition.seed.seeded_number("other form", 8) {
        0 => json!({ "type": "ISSN", "identifier": format!("{:08}", number % 100_000_000) }),
        1 => json!({ "type": "OTHER", "identifier": format!("OCLC:{number}") }),
        2 => json!({ "type": "OTHER", "identifier": format!("STANFORD:36105{number:09}") }),
        _ => json!({ "type": "OTHER", "identifier": format!("UOM:39015{number:09}") }),
    };
    match (edition.seed.seeded_number("identifiers form", 100), ten) {
        // A scan without any ISBN: only of books that no library has by ISBN.
        (0..8, _) if edition.kind == EditionRelationToLibrary::OtherEdition => vec![other],
        (8..12, _) if edition.kind == EditionRelationToLibrary::OtherEdition => Vec::new(),
        (_, None) => vec![thirteen],
        (12..18, Some(ten)) => vec![ten],
        (18..28, Some(_)) => vec![thirteen],
        (28..60, Some(ten)) => vec![thirteen, ten],
        (60..64, Some(ten)) => vec![other, ten, thirteen],
        (_, Some(ten)) => vec![ten, thirteen],
    }
}

fn put_page_count(edition: &CatalogueEdition, detail: bool, put: &mut impl FnMut(&str, Value)) {
    let pages = edition.page_count();
    match edition.seed.seeded_number("pages form", 100) {
        0..8 => return,
        8..14 if !detail => return put("pageCount", json!(0)),
        14..20 if detail => put("pageCount", json!(pages - 5)),
        _ => put("pageCount", json!(pages)),
    }
    if detail {
        put("printedPageCount", json!(pages));
        put(
            "dimensions",
            json!({ "height": "21.00 cm", "width": "14.00 cm", "thickness": "4.10 cm" }),
        );
    }
}

fn image_links(edition: &CatalogueEdition, detail: bool) -> Value {
    let curl = if edition.seed.seeded_bool("curl", 50) { "&edge=curl" } else { "" };
    let token = if detail { "&imgtk=AFLRE73LHhsrURPw3qT1X" } else { "" };
    let link = |zoom: u8| {
        format!(
            "http://books.google.com/books/content?id={}&printsec=frontcover&img=1&zoom={zoom}{curl}{token}&source=gbs_api",
            edition.google_id
        )
    };
    let mut images = json!({ "smallThumbnail": link(5), "thumbnail": link(1) });
    if detail && edition.seed.seeded_bool("big cover", 60) {
        let bigger = [("small", 2), ("medium", 3), ("large", 4), ("extraLarge", 6)];
        add_json_members(&mut images, bigger.map(|(name, zoom)| (name, json!(link(zoom)))));
    }
    images
}
