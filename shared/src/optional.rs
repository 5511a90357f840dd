//! What a deployment may configure or leave out.
//!
//! Every other name that a Worker reads must stand in its wrangler config, in every environment:
//! `cargo xtask check` proves it. A name is added here when code reads it.

/// Vars, secrets and bindings that may be absent.
pub const OPTIONAL: &[&str] = &[
    // Where ISBNdb is: the plan says it; tests point it at an emulator.
    "ISBNDB_BASE_URL",
];

/// Whether a deployment may leave this name out.
#[must_use]
pub fn is_optional(name: &str) -> bool {
    OPTIONAL.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once() {
        for (index, name) in OPTIONAL.iter().enumerate() {
            assert!(is_optional(name));
            assert!(!OPTIONAL[..index].contains(name), "{name} twice");
        }
        assert!(!is_optional("ISBNDB_API_KEY"));
    }
}
