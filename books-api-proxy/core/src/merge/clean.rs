//! Cleaning that every provider's records need.

use bibliography::text::{author_key, display_name};
use runtime::api::volume::ImageLinks;

/// Most categories an item carries.
const MAX_CATEGORIES: usize = 20;

/// Text with single spaces, without the quotes some publishers' names stand in.
pub(super) fn text(value: &str) -> Option<String> {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut bare = value.as_str();
    while let Some(inner) = bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        bare = inner.trim();
    }
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// Names in display order, each person once, placeholders dropped.
pub(super) fn authors(names: &[String]) -> Vec<String> {
    let mut clean: Vec<(String, String)> = Vec::new();
    for name in names.iter().flat_map(|name| listed(name)) {
        let shown = display_name(name);
        let key = author_key(name);
        let is_placeholder = name.contains("autofilled") || key == "unknown" || key.is_empty();
        if !is_placeholder && clean.iter().all(|(known, _)| *known != key) {
            clean.push((key, shown));
        }
    }
    clean.into_iter().map(|(_, shown)| shown).collect()
}

/// The names in one string: "T. V. Suresh Kumar, B. Eswara Reddy, P. Raghavan" is three. With a
/// single comma it is an inverted name.
fn listed(name: &str) -> Vec<&str> {
    let parts: Vec<&str> = name.split(',').map(str::trim).collect();
    let is_list = parts.len() > 2 && parts.iter().all(|part| part.contains(' '));
    if is_list { parts } else { vec![name] }
}

/// Categories once each, bounded.
pub(super) fn categories(values: &[String]) -> Vec<String> {
    let mut clean: Vec<String> = Vec::new();
    for value in values.iter().filter_map(|value| text(value)) {
        if clean.len() < MAX_CATEGORIES && !clean.contains(&value) {
            clean.push(value);
        }
    }
    clean
}

/// Covers over https, without the drawn page curl; anything but a link is dropped.
pub(super) fn images(links: &ImageLinks) -> Option<ImageLinks> {
    let clean = ImageLinks {
        small_thumbnail: links.small_thumbnail.as_deref().and_then(image),
        thumbnail: links.thumbnail.as_deref().and_then(image),
    };
    (clean != ImageLinks::default()).then_some(clean)
}

fn image(link: &str) -> Option<String> {
    let link = link.trim();
    let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
    let rest = rest.or_else(|| link.strip_prefix("//"))?;
    let is_link = !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c == '"');
    let curled = |part: &&str| *part != "edge=curl";
    is_link.then(|| {
        let plain: Vec<&str> = rest.split('&').filter(curled).collect();
        format!("https://{}", plain.join("&"))
    })
}
