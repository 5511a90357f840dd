//! `volumeInfo`, with the noise of the real one; the ISBN decides which values are noisy.

use serde_json::{Map, Value, json};

use crate::catalogue::{Edition, EditionKind};

/// A volume's description; `detail` is that of the volume's own page.
pub(super) fn volume_info(edition: &Edition, detail: bool) -> Map<String, Value> {
    let seed = edition.seed;
    let mut info = Map::new();
    let mut put = |name: &str, value: Value| {
        info.insert(name.to_owned(), value);
    };
    let (title, subtitle) = titles(edition);
    put("title", json!(title));
    if let Some(subtitle) = subtitle {
        put("subtitle", json!(subtitle));
    }
    if !edition.authors.is_empty() && !seed.chance("no authors", 2) {
        put("authors", authors(edition));
    }
    if !seed.chance("no publisher", 12) {
        let publisher = edition.publisher();
        let quoted = seed.chance("quoted publisher", 4);
        put(
            "publisher",
            json!(if quoted { format!("\"{publisher}\"") } else { publisher.to_owned() }),
        );
    }
    if let Some(date) = published_date(edition) {
        put("publishedDate", json!(date));
    }
    if !seed.chance("no description", 15) {
        put("description", json!(description(edition, detail)));
    }
    let identifiers = identifiers(edition);
    if !identifiers.is_empty() {
        put("industryIdentifiers", Value::Array(identifiers));
    }
    let image = seed.chance("image mode", 30);
    put("readingModes", json!({ "text": seed.chance("text mode", 40), "image": image }));
    put_page_count(edition, detail, &mut put);
    put("printType", json!("BOOK"));
    if !seed.chance("no categories", 15) {
        let subjects = edition.subjects();
        let character = seed.chance("character category", 3);
        put(
            "categories",
            match (detail, character) {
                (true, _) => json!(subjects.iter().skip(1).collect::<Vec<_>>()),
                (false, true) => json!(["Finlay-Ryan, Maxwell (Fictitious character)"]),
                (false, false) => json!([subjects.first()]),
            },
        );
    }
    if seed.chance("rated", 45) {
        let halves = 4 + seed.roll("rating", 7);
        // A whole rating is an integer in some answers and a float in others.
        let whole = halves.is_multiple_of(2) && seed.chance("integer rating", 50);
        put("averageRating", if whole { json!(halves / 2) } else { json!(halves as f64 / 2.0) });
        put("ratingsCount", json!(1 + seed.roll("ratings", 300)));
    }
    put("maturityRating", json!("NOT_MATURE"));
    put("allowAnonLogging", json!(seed.chance("anon", 50)));
    put("contentVersion", json!("preview-1.0.0"));
    put(
        "panelizationSummary",
        json!({ "containsEpubBubbles": false, "containsImageBubbles": false }),
    );
    if !seed.chance("no cover", 20) {
        put("imageLinks", images(edition, detail));
    }
    put("language", json!(language(edition)));
    if let Some((_, number)) = edition.series.as_ref().filter(|_| seed.chance("series info", 10)) {
        put(
            "seriesInfo",
            json!({
                "kind": "books#volume_series_info",
                "bookDisplayNumber": number,
                "volumeSeries": [{
                    "seriesId": format!("{:016X}", seed.roll("series id", u64::MAX)),
                    "seriesBookType": "COLLECTED_EDITION",
                    "orderNumber": seed.roll("order", 12) + 1,
                }],
            }),
        );
    }
    info
}

fn titles(edition: &Edition) -> (String, Option<&String>) {
    if edition.seed.chance("title with statement", 1) {
        let author = edition.authors.first().map_or("", String::as_str);
        return (format!("{} \\c {author}", edition.title), None);
    }
    (edition.title.clone(), edition.subtitle.as_ref())
}

fn authors(edition: &Edition) -> Value {
    let authors = &edition.authors;
    let first = authors.first().cloned().unwrap_or_default();
    match edition.seed.roll("authors form", 100) {
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
fn language(edition: &Edition) -> &'static str {
    let regional = edition.seed.chance("regional language", 60);
    match edition.language {
        "pt" if regional => "pt-BR",
        "zh" if regional => "zh-CN",
        language => language,
    }
}

fn published_date(edition: &Edition) -> Option<String> {
    let (year, month, day) = edition.published();
    Some(match edition.seed.roll("date form", 100) {
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

fn description(edition: &Edition, detail: bool) -> String {
    let sentences = edition.blurb();
    if detail {
        return format!("<b>{}</b><br><br><i>{}</i>", edition.title, sentences.join("<br>"));
    }
    let text = sentences.join(" ");
    if edition.seed.chance("broken character", 5) {
        text.replacen('a', "\u{fffd}", 1)
    } else {
        text
    }
}

fn identifiers(edition: &Edition) -> Vec<Value> {
    let thirteen = json!({ "type": "ISBN_13", "identifier": edition.isbn13 });
    if edition.kind == EditionKind::Placeholder {
        return vec![thirteen, json!({ "type": "ISBN_10", "identifier": "0000000000" })];
    }
    let ten = edition.isbn10().map(|isbn10| json!({ "type": "ISBN_10", "identifier": isbn10 }));
    let number = edition.seed.roll("uom", 1_000_000_000);
    let other = match edition.seed.roll("other form", 8) {
        0 => json!({ "type": "ISSN", "identifier": format!("{:08}", number % 100_000_000) }),
        1 => json!({ "type": "OTHER", "identifier": format!("OCLC:{number}") }),
        2 => json!({ "type": "OTHER", "identifier": format!("STANFORD:36105{number:09}") }),
        _ => json!({ "type": "OTHER", "identifier": format!("UOM:39015{number:09}") }),
    };
    match (edition.seed.roll("identifiers form", 100), ten) {
        // A scan without any ISBN: only of books that no library has by ISBN.
        (0..8, _) if edition.kind == EditionKind::OtherEdition => vec![other],
        (8..12, _) if edition.kind == EditionKind::OtherEdition => Vec::new(),
        (_, None) => vec![thirteen],
        (12..18, Some(ten)) => vec![ten],
        (18..28, Some(_)) => vec![thirteen],
        (28..60, Some(ten)) => vec![thirteen, ten],
        (60..64, Some(ten)) => vec![other, ten, thirteen],
        (_, Some(ten)) => vec![ten, thirteen],
    }
}

fn put_page_count(edition: &Edition, detail: bool, put: &mut impl FnMut(&str, Value)) {
    let pages = edition.page_count();
    match edition.seed.roll("pages form", 100) {
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

fn images(edition: &Edition, detail: bool) -> Value {
    let curl = if edition.seed.chance("curl", 50) { "&edge=curl" } else { "" };
    let token = if detail { "&imgtk=AFLRE73LHhsrURPw3qT1X" } else { "" };
    let link = |zoom: u8| {
        format!(
            "http://books.google.com/books/content?id={}&printsec=frontcover&img=1&zoom={zoom}{curl}{token}&source=gbs_api",
            edition.google_id
        )
    };
    let mut images = json!({ "smallThumbnail": link(5), "thumbnail": link(1) });
    if let Some(images) =
        images.as_object_mut().filter(|_| detail && edition.seed.chance("big cover", 60))
    {
        for (name, zoom) in [("small", 2), ("medium", 3), ("large", 4), ("extraLarge", 6)] {
            images.insert(name.to_owned(), json!(link(zoom)));
        }
    }
    images
}
