//! Reads the routes of a documentation page or an OpenAPI document.

use std::collections::BTreeSet;

use serde_json::Value;

/// Method and path of each route that a page has in the first cell of a table row, or in bold. A
/// path without a method is a GET.
pub fn routes_in_page(page: &str) -> BTreeSet<(String, String)> {
    let cells = page.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
    let bold = page.split("**`").skip(1).filter_map(|text| text.split("**").next());
    let spans = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    spans.chain(bold.filter_map(|text| text.split('`').next())).filter_map(parse_route).collect()
}

/// Method and path of each operation of an OpenAPI document.
pub fn operations_in_openapi(document: &str) -> BTreeSet<(String, String)> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let paths = document.get("paths").and_then(Value::as_object);
    let methods = |item: &Value| item.as_object().map(|item| item.keys().cloned().collect());
    let of_path = |(path, item): (&String, &Value)| {
        let methods: Vec<String> = methods(item).unwrap_or_default();
        let path = path.clone();
        methods.into_iter().map(move |method| (method.to_uppercase(), path.clone()))
    };
    paths.into_iter().flatten().flat_map(of_path).collect()
}

fn parse_route(span: &str) -> Option<(String, String)> {
    let (method, path) = match span.split_once(' ') {
        Some((method, path)) if !method.starts_with('/') => (method, path),
        _ => ("GET", span),
    };
    let path = path.split(['?', ' ']).next().filter(|path| path.starts_with('/'))?;
    Some((method.to_owned(), path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_below_paths() {
        let document = r#"{"paths":{"/a":{"get":{},"delete":{}},"/b/{c}":{"post":{}}}}"#;
        let operations = operations_in_openapi(document);
        let found: Vec<_> = operations.iter().map(|(m, p)| (m.as_str(), p.as_str())).collect();
        assert_eq!(found, [("DELETE", "/a"), ("GET", "/a"), ("POST", "/b/{c}")]);
    }

    #[test]
    fn routes_are_in_first_cells_and_in_bold() {
        let page = "`/prose` and **`DELETE /cache?q=`** (or `id`)\n| route | answer |\n\
                    | `/a/{b}`, `POST /c {\"d\": []}` (at most) | like `/e` |\n| `member` | |";
        let routes = routes_in_page(page);
        let found: Vec<_> = routes.iter().map(|(m, p)| (m.as_str(), p.as_str())).collect();
        assert_eq!(found, [("DELETE", "/cache"), ("GET", "/a/{b}"), ("POST", "/c")]);
    }
}
