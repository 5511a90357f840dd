//! Tables that the modules rely on.

use shared::text::fold;

use super::tokens::well_quoted;
use super::{column_names, format};

#[test]
fn every_name_in_the_tables_is_in_folded_form() {
    let lists = [column_names::TITLE, column_names::AUTHOR, column_names::AUTHOR_INVERTED];
    for name in lists.into_iter().flatten().copied().chain(format::marks()) {
        assert_eq!(fold(name), name, "{name}");
    }
}

#[test]
fn quotation_marks_match_where_nothing_is_behind_them() {
    for (row, well) in [
        ("", true),
        ("a,b", true),
        ("\"a\"", true),
        ("\"a,\"\"b\"\",\nc\",d", true),
        ("a \"b\" c,d", true),
        ("a,\"b\"\r\n", true),
        ("\"a\"\n\"", true),
        ("a\n\"", true),
        ("\"a", false),
        ("\"a\"\"", false),
        ("\"a\"b,c", false),
        ("a,\"b\" ,c", false),
        ("\"a\",\"b\"c", false),
        ("a,b,\"", false),
    ] {
        assert_eq!(well_quoted(row.as_bytes(), b','), well, "{row:?}");
    }
}
