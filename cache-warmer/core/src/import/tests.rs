//! Tables that the modules rely on.

use bibliography::text::fold;

use super::format;
use super::row_cells::well_quoted;

#[test]
fn marks_of_formats_are_in_folded_form() {
    for name in format::marks() {
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
