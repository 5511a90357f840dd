//! Cloudflare's location hints, and the one that is near a time zone.

/// Every hint (`runtime::config` has the same ones).
pub const LOCATION_HINTS: [&str; 9] =
    ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"];

/// Beginnings of time zones, the longer ones first.
const ZONES: [(&str, &str); 34] = [
    ("America/Los_Angeles", "wnam"),
    ("America/Vancouver", "wnam"),
    ("America/Tijuana", "wnam"),
    ("America/Phoenix", "wnam"),
    ("America/Denver", "wnam"),
    ("America/Edmonton", "wnam"),
    ("America/Anchorage", "wnam"),
    ("America/Sao_Paulo", "sam"),
    ("America/Argentina", "sam"),
    ("America/Bogota", "sam"),
    ("America/Lima", "sam"),
    ("America/Santiago", "sam"),
    ("America/Caracas", "sam"),
    ("America/Montevideo", "sam"),
    ("America", "enam"),
    ("Europe/Athens", "eeur"),
    ("Europe/Bucharest", "eeur"),
    ("Europe/Helsinki", "eeur"),
    ("Europe/Istanbul", "eeur"),
    ("Europe/Kiev", "eeur"),
    ("Europe/Kyiv", "eeur"),
    ("Europe/Moscow", "eeur"),
    ("Europe/Sofia", "eeur"),
    ("Europe/Warsaw", "eeur"),
    ("Asia/Dubai", "me"),
    ("Asia/Jerusalem", "me"),
    ("Asia/Riyadh", "me"),
    ("Asia/Tehran", "me"),
    ("Asia", "apac"),
    ("Australia", "oc"),
    ("Pacific/Honolulu", "wnam"),
    ("Pacific", "oc"),
    ("Africa", "afr"),
    ("Atlantic", "weur"),
];

/// The hint for a zone such as `Europe/Berlin`; western Europe for an unknown one.
pub fn of_zone(zone: &str) -> &'static str {
    ZONES.iter().find(|(begin, _)| zone.starts_with(begin)).map_or("weur", |(_, hint)| hint)
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
        assert!(ZONES.iter().all(|(_, hint)| LOCATION_HINTS.contains(hint)));
    }
}
