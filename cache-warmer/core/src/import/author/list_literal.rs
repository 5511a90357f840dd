//! Lists as scripts and databases write them: `["A", "B"]`, `['A']`, `[{"name": "A"}]`, `{A,"B"}`.

use serde_json::Value;

/// Members of an object that hold a name.
const NAME: &[&str] = &["name", "author", "full_name", "fullName", "label", "title"];

/// The texts of a list; none if the cell is no list.
pub(super) fn read(cell: &str) -> Option<Vec<String>> {
    let cell = cell.trim();
    let is_list = (cell.starts_with('[') && cell.ends_with(']'))
        || (cell.starts_with('{') && cell.ends_with('}'));
    if !is_list {
        return None;
    }
    if let Ok(value) = serde_json::from_str::<Value>(cell) {
        return texts(&value);
    }
    let inside = cell.get(1..cell.len() - 1)?.trim();
    match (cell.chars().next(), inside.chars().next()) {
        // Python's own form.
        (_, Some('\'' | '"' | '{')) => quoted(inside),
        // PostgreSQL quotes what has to be quoted.
        (Some('{'), Some(_)) => {
            Some(inside.split(',').map(|name| name.trim_matches('"').to_owned()).collect())
        }
        _ => None,
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let of = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(members) => {
            NAME.iter().find_map(|name| Some(members.get(*name)?.as_str()?.to_owned()))
        }
        _ => None,
    };
    match value {
        Value::Array(items) => Some(items.iter().filter_map(of).collect()),
        Value::Object(_) => of(value).map(|text| vec![text]),
        _ => None,
    }
}

/// The texts between quotation marks of either kind; behind a backslash a mark is a letter. A text
/// before a colon is the name of a member.
fn quoted(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    let mut key: Option<String> = None;
    while let Some(c) = chars.next() {
        if c != '\'' && c != '"' {
            continue;
        }
        let mut one = String::new();
        loop {
            match chars.next()? {
                '\\' => one.push(chars.next()?),
                end if end == c => break,
                letter => one.push(letter),
            }
        }
        while chars.peek() == Some(&' ') {
            chars.next();
        }
        if chars.peek() == Some(&':') {
            key = Some(one);
        } else if key.take().is_none_or(|key| NAME.contains(&key.as_str())) {
            found.push(one);
        }
    }
    (!found.is_empty()).then_some(found)
}
