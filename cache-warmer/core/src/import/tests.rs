//! Tests of the tables that the modules use.

use bibliography::text_normalization::fold_text;

use super::export_format;
use super::row_cells::well_quoted;

#[test]
fn marks_of_formats_are_in_folded_form() {
    for name in export_format::signature_columns() {
        assert_eq!(fold_text(name), name, "{name}");
    }
}

#[test]
fn a_quoted_cell_ends_with_its_quotation_mark() {
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
