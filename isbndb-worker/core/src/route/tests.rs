use ports::http_types::Method;
use runtime::call_outcome::RequestRejection;
use runtime::http_edge::router::find_route;

use super::*;

fn read(request: &Request, max_page_size: u32) -> Result<ParsedIsbndbRequest, Failure> {
    let route = find_route(ROUTES, request.method, &request.path)
        .map_err(|unrouted| unrouted.into_result().expect_err("no test sends OPTIONS"))?;
    ParsedIsbndbRequest::read(route, request, max_page_size)
}

fn parse_get_target(target: &str) -> Result<ParsedIsbndbRequest, Failure> {
    read(&Request::new(Method::Get, target), 50)
}

fn author_list_query(name: &str) -> BookListQuery {
    BookListQuery::Author { name: name.to_owned(), language: None }
}

#[test]
fn routes_are_read() {
    let dune = Isbn13::parse("9780441172719").unwrap();
    for target in ["/book/9780441172719", "/book/0441172717", "/book/978-0-441-17271-9"] {
        assert_eq!(parse_get_target(target), Ok(ParsedIsbndbRequest::Book(dune)), "{target}");
    }
    for (target, query, page, page_size) in [
        ("/author/Andy%20Weir", author_list_query("Andy Weir"), 1, 50),
        ("/author/%E6%9D%91%E4%B8%8A?page=3&pageSize=50", author_list_query("村上"), 3, 50),
        (
            "/author/x?language=EN",
            BookListQuery::Author { name: "x".to_owned(), language: Some("en".to_owned()) },
            1,
            50,
        ),
        ("/books/AC%2FDC%20", BookListQuery::Title { title: "AC/DC".to_owned() }, 1, 50),
        (
            "/search/books?text=dune&publisher=Ace&author=",
            BookListQuery::Fields {
                author: None,
                text: Some("dune".to_owned()),
                publisher: Some("Ace".to_owned()),
            },
            1,
            50,
        ),
    ] {
        assert_eq!(
            parse_get_target(target),
            Ok(ParsedIsbndbRequest::List { query, page, page_size }),
            "{target}"
        );
    }
}

#[test]
fn a_bad_parameter_is_named() {
    let long = format!("/author/{}", "x".repeat(151));
    for (target, name) in [
        ("/book/9780441172718", "isbn: wrong check digit"),
        ("/book/hello", "isbn"),
        ("/author/x?page=0", "page:"),
        ("/author/x?page=501&pageSize=20", "page:"),
        ("/author/x?page=abc", "page:"),
        ("/author/x?page=", "page:"),
        ("/author/x?pageSize=51", "pageSize:"),
        ("/author/x?pageSize=-1", "pageSize:"),
        ("/author/x?language=english", "language:"),
        ("/author/%2E%2E", "name:"),
        ("/author/%FF", "name:"),
        ("/author/a%00b", "name:"),
        (long.as_str(), "name:"),
        ("/books/%20", "title:"),
        ("/search/books", "author, text, publisher:"),
    ] {
        match parse_get_target(target) {
            Err(Failure::Request(RequestRejection::BadRequest { detail })) => {
                assert!(detail.starts_with(name), "{detail}")
            }
            other => panic!("{target}: {other:?}"),
        }
    }
}

#[test]
fn paths_and_methods_are_distinguished() {
    for target in ["/", "/book", "/author", "/authors/x", "/book/1/2", "/search"] {
        assert!(
            matches!(
                parse_get_target(target),
                Err(Failure::Request(RequestRejection::NotFound { .. }))
            ),
            "{target}"
        );
    }
    for (method, target, allow) in [
        (Method::Post, "/book/9780441172719", "GET, HEAD, OPTIONS"),
        (Method::Delete, "/quota", "GET, HEAD, OPTIONS"),
        (Method::Get, "/books", "POST, OPTIONS"),
    ] {
        let result = read(&Request::new(method, target), 50);
        assert_eq!(
            result,
            Err(Failure::Request(RequestRejection::MethodNotAllowed { allow: allow.to_owned() }))
        );
    }
    assert_eq!(read(&Request::new(Method::Head, "/quota"), 50), Ok(ParsedIsbndbRequest::Quota));
}

#[test]
fn a_bulk_body_is_read_and_a_bad_number_fails_itself() {
    let mut request = Request::new(Method::Post, "/books");
    request.body = br#"{"isbns":["9780441172719","0441172717","X","9780143111580"]}"#.to_vec();
    let isbns = ["9780143111580", "9780441172719"].map(|i| Isbn13::parse(i).unwrap());
    assert_eq!(
        read(&request, 50),
        Ok(ParsedIsbndbRequest::Bulk { isbns: isbns.to_vec(), invalid: vec!["X".to_owned()] })
    );
    for (body, bad) in [("", true), ("[]", true), (r#"{"isbns":[]}"#, true), ("{}", true)] {
        request.body = body.as_bytes().to_vec();
        let result = read(&request, 50);
        assert_eq!(
            matches!(result, Err(Failure::Request(RequestRejection::BadRequest { .. }))),
            bad,
            "{body}"
        );
    }
    request.body = format!(r#"{{"isbns":[{}"1"]}}"#, "\"1\",".repeat(1_000)).into_bytes();
    assert!(matches!(read(&request, 50), Err(Failure::Request(RequestRejection::TooLarge { .. }))));
    request.body = vec![b' '; MAX_REQUEST_BODY_BYTES + 1];
    assert!(matches!(read(&request, 50), Err(Failure::Request(RequestRejection::TooLarge { .. }))));
}

#[test]
fn the_page_is_as_large_as_configured() {
    for size in [1, 20, 50, 1_000] {
        for target in ["/author/x", "/books/x", "/search/books?text=x"] {
            let route = read(&Request::new(Method::Get, target), size).unwrap();
            assert!(
                matches!(route, ParsedIsbndbRequest::List { page_size, .. } if page_size == size),
                "{target}"
            );
        }
    }
}

#[test]
fn the_page_and_the_description_have_every_route_and_no_other() {
    use testkit::documented_routes;
    let page = include_str!("../../../../docs/API.md");
    let description = include_str!("../../../../openapi/isbndb-worker.json");
    let (_, own) = page.split_once("## isbndb-worker").unwrap();
    let routes = ROUTES.iter().map(|r| (r.method.as_str().to_owned(), r.template.to_owned()));
    let routes = routes.collect();
    assert_eq!(documented_routes::routes_in_page(own), routes);
    assert_eq!(documented_routes::operations_in_openapi(description), routes);
}
