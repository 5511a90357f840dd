//! From method and path to a route.

use ports::http::{Method, decode_segment};

/// The kind that a search endpoint gives to its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchKind {
    Auto,
    Isbn,
    Title,
    Author,
    /// Title, author and number in parameters of their own.
    Advanced,
}

/// An endpoint, its path variables decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    Search(SearchKind),
    /// `/book/{isbn}`
    Book(String),
    /// `/author/{name}`
    Author(String),
    /// `/books/v1/volumes`
    Volumes,
    /// `/books/v1/volumes/{id}`
    Volume(String),
    /// `POST /search/batch`
    Batch,
    /// `DELETE /cache`
    Purge,
    SearchLog,
    Health,
    Metrics,
    /// `/openapi.json`
    OpenApi,
    /// `/`
    Index,
}

/// Why a request has no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteError {
    NotFound,
    /// The path takes other methods: the Allow header.
    MethodNotAllowed(&'static str),
}

const READ: &str = "GET, HEAD, OPTIONS";

impl Route {
    /// The methods the path takes.
    #[must_use]
    pub fn allow(&self) -> &'static str {
        match self {
            Self::Batch => "POST, OPTIONS",
            Self::Purge => "DELETE, OPTIONS",
            Self::SearchLog => "GET, HEAD, DELETE, OPTIONS",
            _ => READ,
        }
    }

    /// True where only our own Workers and holders of the admin token are served.
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        matches!(self, Self::Batch | Self::Purge | Self::SearchLog | Self::Metrics)
    }

    /// A short stable name for logs and metrics; never a value from outside.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Search(SearchKind::Auto) => "search_auto",
            Self::Search(SearchKind::Isbn) => "search_isbn",
            Self::Search(SearchKind::Title) => "search_title",
            Self::Search(SearchKind::Author) => "search_author",
            Self::Search(SearchKind::Advanced) => "search_advanced",
            Self::Book(_) => "book",
            Self::Author(_) => "author",
            Self::Volumes => "volumes",
            Self::Volume(_) => "volume",
            Self::Batch => "search_batch",
            Self::Purge => "cache_purge",
            Self::SearchLog => "search-log",
            Self::Health => "health",
            Self::Metrics => "metrics",
            Self::OpenApi => "openapi",
            Self::Index => "index",
        }
    }
}

/// Whether a path is one of Google Books': errors have its shape there, those of the router too.
#[must_use]
pub fn is_google(path: &str) -> bool {
    path.starts_with("/books/v1/")
}

/// Finds the route of a path (still percent-encoded) and checks the method.
///
/// # Errors
/// [`RouteError`]; OPTIONS passes wherever the path exists.
pub fn route(method: Method, path: &str) -> Result<Route, RouteError> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let variable = |segment: &str| decode_segment(segment).ok_or(RouteError::NotFound);
    let route = match segments.as_slice() {
        [] => Route::Index,
        ["search", "auto"] => Route::Search(SearchKind::Auto),
        ["search", "isbn"] => Route::Search(SearchKind::Isbn),
        ["search", "title"] => Route::Search(SearchKind::Title),
        ["search", "author"] => Route::Search(SearchKind::Author),
        ["search", "advanced"] => Route::Search(SearchKind::Advanced),
        ["search", "batch"] => Route::Batch,
        ["book", isbn] => Route::Book(variable(isbn)?),
        ["author", name] => Route::Author(variable(name)?),
        ["books", "v1", "volumes"] => Route::Volumes,
        ["books", "v1", "volumes", id] => Route::Volume(variable(id)?),
        ["cache"] => Route::Purge,
        ["search-log"] => Route::SearchLog,
        ["health"] => Route::Health,
        ["metrics"] => Route::Metrics,
        ["openapi.json"] => Route::OpenApi,
        _ => return Err(RouteError::NotFound),
    };
    let allowed = match method {
        Method::Get | Method::Head => route.allow().starts_with("GET"),
        Method::Post => route == Route::Batch,
        Method::Delete => matches!(route, Route::Purge | Route::SearchLog),
        Method::Options => true,
        Method::Other => false,
    };
    if allowed { Ok(route) } else { Err(RouteError::MethodNotAllowed(route.allow())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_path_has_its_route() {
        for (method, path, expected) in [
            (Method::Get, "/", Route::Index),
            (Method::Head, "/search/auto", Route::Search(SearchKind::Auto)),
            (Method::Get, "/search/advanced/", Route::Search(SearchKind::Advanced)),
            (Method::Get, "/book/978-0441172719", Route::Book("978-0441172719".into())),
            (Method::Get, "/author/AC%2FDC", Route::Author("AC/DC".into())),
            (Method::Get, "/books/v1/volumes/a%20b", Route::Volume("a b".into())),
            (Method::Post, "/search/batch", Route::Batch),
            (Method::Delete, "/cache", Route::Purge),
            (Method::Get, "/search-log", Route::SearchLog),
            (Method::Delete, "/search-log", Route::SearchLog),
            (Method::Options, "/cache", Route::Purge),
        ] {
            assert_eq!(route(method, path), Ok(expected), "{path}");
        }
    }

    #[test]
    fn a_wrong_method_gets_the_allowed_ones() {
        for (method, path, allow) in [
            (Method::Post, "/search/auto", READ),
            (Method::Delete, "/", READ),
            (Method::Get, "/search/batch", "POST, OPTIONS"),
            (Method::Get, "/cache", "DELETE, OPTIONS"),
            (Method::Post, "/search-log", "GET, HEAD, DELETE, OPTIONS"),
            (Method::Other, "/health", READ),
        ] {
            assert_eq!(route(method, path), Err(RouteError::MethodNotAllowed(allow)), "{path}");
        }
        for path in ["/search", "/book", "/book/a/b", "/author/%FF", "/nothing", "/search/autos"] {
            assert_eq!(route(Method::Get, path), Err(RouteError::NotFound), "{path}");
        }
    }
}
