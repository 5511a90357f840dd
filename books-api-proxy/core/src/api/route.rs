//! The routes of the proxy.

use ports::http_types::Method;
use runtime::http_edge::router::Route;

/// How a search endpoint reads its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchKind {
    Auto,
    Isbn,
    Title,
    Author,
    /// Title, author and ISBN in separate parameters.
    Advanced,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Search(SearchKind),
    Book,
    Author,
    Volumes,
    Volume,
    Batch,
    Purge,
    SearchLog,
    ClearSearchLog,
    Health,
    Metrics,
    OpenApi,
    Index,
    /// A file of the page at `/`.
    PageFile,
}

pub const ROUTES: &[Route<Endpoint>] = &[
    Route::get("/", Endpoint::Index),
    Route::get("/page/{file}", Endpoint::PageFile),
    Route::get("/search/auto", Endpoint::Search(SearchKind::Auto)),
    Route::get("/search/isbn", Endpoint::Search(SearchKind::Isbn)),
    Route::get("/search/title", Endpoint::Search(SearchKind::Title)),
    Route::get("/search/author", Endpoint::Search(SearchKind::Author)),
    Route::get("/search/advanced", Endpoint::Search(SearchKind::Advanced)),
    Route::post("/search/batch", Endpoint::Batch).trusted_callers_only(),
    Route::get("/book/{isbn}", Endpoint::Book),
    Route::get("/author/{name}", Endpoint::Author),
    Route::get("/books/v1/volumes", Endpoint::Volumes),
    Route::get("/books/v1/volumes/{id}", Endpoint::Volume),
    Route::new(Method::Delete, "/cache", Endpoint::Purge).trusted_callers_only(),
    Route::get("/search-log", Endpoint::SearchLog).trusted_callers_only(),
    Route::new(Method::Delete, "/search-log", Endpoint::ClearSearchLog).trusted_callers_only(),
    Route::get("/health", Endpoint::Health),
    Route::get("/metrics", Endpoint::Metrics).trusted_callers_only(),
    Route::get("/openapi.json", Endpoint::OpenApi),
];

/// Whether a path is one of Google Books' API: all its errors have Google's format.
pub fn is_google(path: &str) -> bool {
    path.starts_with("/books/v1/")
}

#[cfg(test)]
mod tests {
    use runtime::http_edge::router::find_route;

    use super::*;

    #[test]
    fn only_searches_and_books_are_public() {
        for (method, path, is_restricted) in [
            (Method::Get, "/search/auto", false),
            (Method::Get, "/books/v1/volumes/a%20b", false),
            (Method::Post, "/search/batch", true),
            (Method::Delete, "/cache", true),
            (Method::Get, "/search-log", true),
            (Method::Delete, "/search-log", true),
            (Method::Get, "/metrics", true),
        ] {
            let route = find_route(ROUTES, method, path).unwrap();
            assert_eq!(route.is_restricted, is_restricted, "{path}");
        }
        for path in ["/search", "/book", "/book/a/b", "/nothing", "/search/autos"] {
            assert!(find_route(ROUTES, Method::Get, path).is_err(), "{path}");
        }
    }
}
