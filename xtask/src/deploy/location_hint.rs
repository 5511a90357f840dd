//! Cloudflare's location hints, and the one that is near a time zone.

/// Every hint (`runtime::config` has the same ones).
pub const LOCATION_HINTS: [&str; 9] =
    ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"];

/// Beginnings of time zones by their hints; the longest one counts.
const ZONES: [(&str, &str); 9] = [
    (
        "wnam",
        "America/Los_Angeles America/Vancouver America/Tijuana America/Phoenix America/Denver \
         America/Edmonton America/Anchorage Pacific/Honolulu",
    ),
    (
        "sam",
        "America/Sao_Paulo America/Argentina America/Bogota America/Lima America/Santiago \
         America/Caracas America/Montevideo",
    ),
    ("enam", "America"),
    (
        "eeur",
        "Europe/Athens Europe/Bucharest Europe/Helsinki Europe/Istanbul Europe/Kiev Europe/Kyiv \
         Europe/Moscow Europe/Sofia Europe/Warsaw",
    ),
    ("me", "Asia/Dubai Asia/Jerusalem Asia/Riyadh Asia/Tehran"),
    ("apac", "Asia"),
    ("oc", "Australia Pacific"),
    ("afr", "Africa"),
    ("weur", "Atlantic"),
];

/// The hint for a zone such as `Europe/Berlin`; western Europe for an unknown one.
pub fn of_zone(zone: &str) -> &'static str {
    let starts = ZONES.iter().flat_map(|(hint, zones)| zones.split(' ').map(move |z| (z, *hint)));
    let matching = starts.filter(|(start, _)| zone.starts_with(start));
    matching.max_by_key(|(start, _)| start.len()).map_or("weur", |(_, hint)| hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_the_hint_of_its_continent() {
        for (zone, hint) in [
            ("Europe/Berlin", "weur"),
            ("Europe/Kyiv", "eeur"),
            ("America/New_York", "enam"),
            ("America/Los_Angeles", "wnam"),
            ("America/Argentina/Salta", "sam"),
            ("Asia/Tokyo", "apac"),
            ("Asia/Dubai", "me"),
            ("Australia/Perth", "oc"),
            ("Pacific/Honolulu", "wnam"),
            ("Africa/Lagos", "afr"),
            ("Atlantic/Reykjavik", "weur"),
            ("UTC", "weur"),
            ("", "weur"),
        ] {
            assert_eq!(of_zone(zone), hint, "{zone}");
        }
        assert!(ZONES.iter().all(|(hint, _)| LOCATION_HINTS.contains(hint)));
    }
}
