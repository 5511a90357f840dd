//! Lists in the syntax of scripts and databases: `["A", "B"]`, `('A', 'B')`, `[{"name": "A"}]`,
//! `{A,"B"}`, `[A, B]`.

use serde_json::Value;

use super::person_role::names_role;

/// Keys of an object whose value is a name.
const NAME_MEMBERS: &[&str] =
    &["name", "author", "authors", "full_name", "fullName", "label", "title", "value"];
/// Keys of an object whose values are the two parts of a name.
const PARTS: [&[&str]; 2] = [
    &["firstName", "first_name", "given", "given_name", "givenName", "forename", "first"],
    &["lastName", "last_name", "family", "family_name", "familyName", "surname", "last"],
];
/// Keys of an object whose value is a person's role.
const ROLE: &[&str] = &["role", "type", "contribution", "job"];

/// The texts of a list; `None` if the cell is no list.
pub(super) fn parse_list_literal(cell: &str) -> Option<Vec<String>> {
    let cell = cell.trim();
    let is_in = |open: char, close: char| cell.starts_with(open) && cell.ends_with(close);
    let is_list = is_in('[', ']') || is_in('{', '}') || is_in('(', ')');
    if !is_list {
        return None;
    }
    if let Ok(value) = serde_json::from_str::<Value>(cell) {
        return names_in(&value);
    }
    let inside = cell.get(1..cell.len() - 1)?.trim();
    let is_list_of_words = !inside.contains(['[', ']', '{', '}', '(', ')']);
    match (cell.chars().next(), inside.chars().next()) {
        // The syntax of Python.
        (_, Some('\'' | '"' | '{')) => quoted_strings(inside),
        // PostgreSQL quotes only some texts; other programs do so in brackets.
        (Some('{'), Some(_)) => {
            Some(inside.split(',').map(|name| name.trim_matches('"').to_owned()).collect())
        }
        (Some('['), Some(_)) if is_list_of_words && inside.contains(' ') => {
            Some(vec![inside.to_owned()])
        }
        _ => None,
    }
}

/// The names in a value; `None` if it is neither a list nor an object with a name.
fn names_in(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => Some(items.iter().filter_map(name_with_role).collect()),
        Value::Object(members) => match NAME_MEMBERS.iter().find_map(|name| members.get(*name)) {
            Some(list @ Value::Array(_)) => names_in(list),
            _ => name_with_role(value).map(|text| vec![text]),
        },
        _ => None,
    }
}

/// The name in a value, followed by its role in brackets.
fn name_with_role(value: &Value) -> Option<String> {
    let Value::Object(members) = value else {
        return match value {
            // A pair of name and role.
            Value::Array(items) => name_with_role(items.first()?),
            value => value.as_str().map(str::to_owned),
        };
    };
    let one_of = |names: &[&str]| names.iter().find_map(|name| members.get(*name));
    let text = |names: &[&str]| one_of(names).and_then(Value::as_str);
    let whole = one_of(NAME_MEMBERS).and_then(name_with_role);
    let [given, family] = PARTS.map(|names| text(names).unwrap_or_default());
    let found = whole.unwrap_or_else(|| format!("{given} {family}").trim().to_owned());
    let role = text(ROLE).filter(|role| names_role(role));
    let role = role.map_or_else(String::new, |role| format!(" ({role})"));
    (!found.is_empty()).then(|| format!("{found}{role}"))
}

/// The texts between quotation marks of either kind. A mark after a backslash is a character; a
/// text before a colon is a key.
fn quoted_strings(text: &str) -> Option<Vec<String>> {
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
        } else if key.take().is_none_or(|key| NAME_MEMBERS.contains(&key.as_str())) {
            found.push(one);
        }
    }
    (!found.is_empty()).then_some(found)
}
