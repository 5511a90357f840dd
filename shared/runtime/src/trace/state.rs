//! `tracestate`: a list of `key=value` members of other vendors, checked and passed on.

/// Most members, by the specification.
const MAX_MEMBERS: usize = 32;
/// What we pass on at least, and at most: past it members are dropped.
const MAX_BYTES: usize = 512;
/// Members over this length are the first to go.
const LONG_MEMBER_BYTES: usize = 128;

/// Joins the values of all `tracestate` headers; `None` where one member is invalid or there are
/// more than 32: the whole state is dropped then.
pub(super) fn parse(values: &[&str]) -> Option<String> {
    let mut members: Vec<&str> = Vec::new();
    for member in values.iter().flat_map(|value| value.split(',')) {
        let member = member.trim_matches([' ', '\t']);
        if member.is_empty() {
            continue; // allowed by the grammar
        }
        let (key, value) = member.split_once('=')?;
        if !is_key(key) || !is_value(value) {
            return None;
        }
        // The same key twice: the first (most recent) one stays.
        if members.iter().all(|m| m.split_once('=').is_some_and(|(k, _)| k != key)) {
            members.push(member);
        }
        if members.len() > MAX_MEMBERS {
            return None;
        }
    }
    Some(fit(members).join(","))
}

/// Drops whole members until the rest fits: long ones first, then from the end.
fn fit(mut members: Vec<&str>) -> Vec<&str> {
    let bytes = |members: &[&str]| members.iter().map(|m| m.len() + 1).sum::<usize>();
    while bytes(&members) > MAX_BYTES + 1 {
        let long = members.iter().rposition(|m| m.len() > LONG_MEMBER_BYTES);
        match long {
            Some(at) => {
                members.remove(at);
            }
            None => {
                members.pop();
            }
        }
    }
    members
}

/// `key` or `tenant@system`: lower-case letters, digits, `_ - * /`.
fn is_key(key: &str) -> bool {
    let part = |text: &str, max: usize, digit_first: bool| {
        (1..=max).contains(&text.len())
            && text
                .bytes()
                .next()
                .is_some_and(|b| b.is_ascii_lowercase() || (digit_first && b.is_ascii_digit()))
            && text.bytes().all(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || matches!(b, b'_' | b'-' | b'*' | b'/')
            })
    };
    match key.split_once('@') {
        // Level 2 of the specification lets a simple key start with a digit.
        None => part(key, 256, true),
        Some((tenant, system)) => part(tenant, 241, true) && part(system, 14, false),
    }
}

/// Printable ASCII without comma and equals sign, not ending in a space.
fn is_value(value: &str) -> bool {
    (1..=256).contains(&value.len())
        && !value.ends_with(' ')
        && value.bytes().all(|b| matches!(b, 0x20..=0x7e) && b != b',' && b != b'=')
}
