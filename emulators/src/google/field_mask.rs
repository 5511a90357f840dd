//! The partial response mask: `totalItems,items(id,volumeInfo/title)`.

use serde_json::{Map, Value};

/// A parsed mask: names with the mask below each; `None` selects everything.
type Mask = Vec<(String, Option<Box<Node>>)>;

#[derive(Debug, Default)]
struct Node(Mask);

pub(super) fn apply_field_mask(mask: &str, body: &Value) -> Result<Value, String> {
    let mut rest = mask.trim();
    let node = parse_field_mask(&mut rest, 0)?;
    if !rest.is_empty() {
        return Err(rest.to_owned());
    }
    Ok(select_fields(&node, body))
}

fn parse_field_mask(rest: &mut &str, depth: usize) -> Result<Node, String> {
    let mut node = Node::default();
    loop {
        let end = rest.find([',', '/', '(', ')']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let name = name.trim();
        let known = !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '*' | '_' | '-'));
        if !known || depth > 8 {
            return Err(if name.is_empty() { after.to_owned() } else { name.to_owned() });
        }
        *rest = after;
        let below = if let Some(inside) = after.strip_prefix('/') {
            // A slash binds to this name only, so the text after a comma is on this level again.
            let stop = path_end(inside);
            let (path, next) = inside.split_at(stop);
            let mut path = path;
            let below = parse_field_mask(&mut path, depth + 1)?;
            *rest = next;
            Some(Box::new(below))
        } else if let Some(inside) = after.strip_prefix('(') {
            *rest = inside;
            let below = parse_field_mask(rest, depth + 1)?;
            *rest = rest.strip_prefix(')').ok_or_else(|| name.to_owned())?;
            Some(Box::new(below))
        } else {
            None
        };
        node.0.push((name.to_owned(), below));
        match rest.strip_prefix(',') {
            Some(next) => *rest = next,
            None => return Ok(node),
        }
    }
}

/// Where a path after a slash ends: at the next comma or bracket on its own level.
fn path_end(text: &str) -> usize {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ')' => return at,
            ',' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

fn select_fields(node: &Node, value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| select_fields(node, item)).collect())
        }
        Value::Object(members) => {
            let mut kept = Map::new();
            for (name, below) in &node.0 {
                for (key, member) in members {
                    if name == "*" || name == key {
                        let part = below
                            .as_ref()
                            .map_or_else(|| member.clone(), |n| select_fields(n, member));
                        kept.insert(key.clone(), part);
                    }
                }
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn masks_select_and_bad_ones_are_named() {
        let body = json!({
            "kind": "k", "totalItems": 2,
            "items": [{ "id": "1", "volumeInfo": { "title": "A", "authors": ["B"], "language": "en" } }],
        });
        assert_eq!(apply_field_mask("totalItems", &body), Ok(json!({ "totalItems": 2 })));
        assert_eq!(
            apply_field_mask("totalItems,items(id,volumeInfo(title,authors))", &body),
            Ok(
                json!({ "totalItems": 2, "items": [{ "id": "1", "volumeInfo": { "title": "A", "authors": ["B"] } }] })
            )
        );
        assert_eq!(
            apply_field_mask("items/volumeInfo/title,kind", &body),
            Ok(json!({ "kind": "k", "items": [{ "volumeInfo": { "title": "A" } }] }))
        );
        assert_eq!(apply_field_mask("items(id", &body), Err("items".to_owned()));
        assert!(apply_field_mask("a b", &body).is_err());
    }
}
