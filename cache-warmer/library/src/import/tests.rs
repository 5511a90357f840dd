//! Tables that the modules rely on.

use shared::text::fold;

use super::{format, names};

#[test]
fn every_name_in_the_tables_is_in_folded_form() {
    let lists = [names::TITLE, names::AUTHOR, names::AUTHOR_INVERTED];
    for name in lists.into_iter().flatten().copied().chain(format::marks()) {
        assert_eq!(fold(name), name, "{name}");
    }
}
