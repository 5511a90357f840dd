//! A volume in a search and on its own page: two records of one book that differ.

use serde_json::{Value, json};

use crate::catalogue::CatalogueEdition;
use crate::emulator_reply::add_json_members;
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::hash::FakeDataSeed;

pub(super) fn list_item(
    context: &EmulatorReplyContext<'_>,
    at: usize,
    country: &str,
    q: &str,
    place: u64,
) -> Value {
    let Some(edition) = context.catalogue.edition_by_index(at) else { return Value::Null };
    let mut volume = volume_json(context, edition, country, false);
    let asked: String = form_urlencoded::byte_serialize(q.as_bytes()).collect();
    let id = &edition.google_id;
    let host = hostname(country);
    let links = [
        (
            "previewLink",
            format!("http://{host}/books?id={id}&dq={asked}&hl=&cd={place}&source=gbs_api"),
        ),
        ("infoLink", format!("http://{host}/books?id={id}&dq={asked}&hl=&source=gbs_api")),
        (
            "canonicalVolumeLink",
            format!(
                "https://books.google.com/books/about/{}.html?hl=&id={id}",
                title_slug(&edition.title)
            ),
        ),
    ];
    add_links(&mut volume, links);
    if !edition.seed.seeded_bool("no snippet", 25) {
        let snippet = edition.blurb().join(" ").replace('&', "&amp;").replace('"', "&quot;");
        let snippet = if edition.seed.seeded_bool("dirty snippet", 20) {
            let first = edition.title.split(' ').next().unwrap_or_default();
            snippet.replacen(". ", "&#39;.&nbsp;<br>\n", 1).replacen(
                first,
                &format!("<b>{first}</b>"),
                1,
            )
        } else {
            snippet
        };
        add_json_members(&mut volume, [("searchInfo", json!({ "textSnippet": snippet }))]);
    }
    volume
}

pub(super) fn detail_json(context: &EmulatorReplyContext<'_>, at: usize, country: &str) -> Value {
    let Some(edition) = context.catalogue.edition_by_index(context.served_edition(at)) else {
        return Value::Null;
    };
    let mut volume = volume_json(context, edition, country, true);
    let id = &edition.google_id;
    let store = format!("https://play.google.com/store/books/details?id={id}");
    let links = [
        ("previewLink", format!("http://{}/books?id={id}&hl=&source=gbs_api", hostname(country))),
        ("infoLink", format!("{store}&source=gbs_api")),
        ("canonicalVolumeLink", store),
    ];
    add_links(&mut volume, links);
    if edition.seed.seeded_bool("layers", 30) {
        let layers = json!({ "layers": [{ "layerId": "geo", "volumeAnnotationsVersion": "27" }] });
        add_json_members(&mut volume, [("layerInfo", layers)]);
    }
    volume
}

fn add_links(volume: &mut Value, links: [(&str, String); 3]) {
    if let Some(info) = volume.get_mut("volumeInfo") {
        add_json_members(info, links.map(|(name, link)| (name, json!(link))));
    }
}

fn hostname(country: &str) -> &'static str {
    match country {
        "GB" => "books.google.co.uk",
        "FR" => "books.google.fr",
        "IN" => "books.google.co.in",
        "PT" => "books.google.pt",
        "DE" => "books.google.de",
        _ => "books.google.com",
    }
}

fn title_slug(title: &str) -> String {
    form_urlencoded::byte_serialize(title.replace(' ', "_").as_bytes()).collect()
}

/// Differs in every request, as at Google.
fn volume_etag(context: &EmulatorReplyContext<'_>, edition: &CatalogueEdition) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let seed = FakeDataSeed::of(&["etag", &edition.google_id, &context.nonce.to_string()]);
    seed.seeded_text("", 11, ALPHABET)
}

fn volume_json(
    context: &EmulatorReplyContext<'_>,
    edition: &CatalogueEdition,
    country: &str,
    detail: bool,
) -> Value {
    let id = &edition.google_id;
    let is_ebook = edition.seed.seeded_bool("ebook", 30);
    let mut sale =
        json!({ "country": country, "saleability": "NOT_FOR_SALE", "isEbook": is_ebook });
    if is_ebook {
        let price = json!({ "amount": 13.99, "currencyCode": "USD" });
        let micros = json!({ "amountInMicros": 13_990_000, "currencyCode": "USD" });
        let link = format!(
            "https://play.google.com/store/books/details?id={id}&rdid=book-{id}&rdot=1&source=gbs_api"
        );
        sale = json!({
            "country": country, "saleability": "FOR_SALE", "isEbook": is_ebook,
            "listPrice": price, "retailPrice": price, "buyLink": link,
            "offers": [{
                "finskyOfferType": 1, "listPrice": micros, "retailPrice": micros, "giftable": true,
            }],
        });
    }
    let partial = edition.seed.seeded_bool("preview", 50);
    let download = |format: &str, available: bool| {
        if !available || !partial {
            return json!({ "isAvailable": available });
        }
        let slug = title_slug(&edition.title);
        let link = format!(
            "http://books.google.com/books/download/{slug}-sample-{format}.acsm?id={id}&format={format}&output=acs4_fulfillment_token&dl_type=sample&source=gbs_api"
        );
        json!({ "isAvailable": available, "acsTokenLink": link })
    };
    json!({
        "kind": "books#volume",
        "id": id,
        "etag": volume_etag(context, edition),
        "selfLink": format!("https://www.googleapis.com/books/v1/volumes/{id}"),
        "volumeInfo": Value::Object(super::volume_info::volume_info(edition, detail)),
        "saleInfo": sale,
        "accessInfo": {
            "country": country,
            "viewability": if partial { "PARTIAL" } else { "NO_PAGES" },
            "embeddable": partial,
            "publicDomain": false,
            "textToSpeechPermission": "ALLOWED",
            "epub": download("epub", is_ebook),
            "pdf": download("pdf", edition.seed.seeded_bool("pdf", 30)),
            "webReaderLink": format!("http://play.google.com/books/reader?id={id}&hl=&source=gbs_api"),
            "accessViewStatus": if partial { "SAMPLE" } else { "NONE" },
            "quoteSharingAllowed": false,
        },
    })
}
