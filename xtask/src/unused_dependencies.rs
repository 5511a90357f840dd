//! Dependencies that no code names: every crate of a Cargo.toml has to be in the sources of its
//! package, and every crate of the workspace's table in some package. Crates that only macros name
//! are listed in `package.metadata.cargo-machete`, as for cargo-machete.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use crate::workspace::{files_below, project_root, read_text_file};

/// Tables of dependencies, with the folders and files that they are for.
const TABLES: [(&str, &[&str]); 3] = [
    ("dependencies", &["src"]),
    ("dev-dependencies", &["src", "tests", "benches", "examples"]),
    ("build-dependencies", &["build.rs"]),
];

/// Reads every Cargo.toml of the workspace with its sources.
pub fn check_unused_dependencies() -> Result<()> {
    let unused = unused_below(&project_root())?;
    if unused.is_empty() { Ok(()) } else { bail!("{}", unused.join("\n")) }
}

fn unused_below(root: &Path) -> Result<Vec<String>> {
    let workspace = cargo_manifest(root)?;
    let part = |name: &str| workspace.get("workspace").and_then(|table| table.get(name));
    let members = part("members").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut unused = Vec::new();
    let mut named = BTreeSet::new();
    for member in members.iter().filter_map(Value::as_str) {
        let dir = root.join(member);
        let table = cargo_manifest(&dir)?;
        for (kind, places) in TABLES {
            let names = dependency_names(&table, kind);
            if names.is_empty() {
                continue;
            }
            let code = code_of(&dir, places)?;
            for name in names.difference(&ignored_dependencies(&table)) {
                if !names_crate(&code, &name.replace('-', "_")) {
                    unused.push(format!("{member}/Cargo.toml: no code uses {name} ({kind})"));
                }
            }
            named.extend(names);
        }
    }
    let shared = part("dependencies").and_then(Value::as_table).cloned().unwrap_or_default();
    for name in shared.keys().filter(|name| !named.contains(*name)) {
        unused.push(format!("Cargo.toml: no package depends on {name}"));
    }
    Ok(unused)
}

fn cargo_manifest(dir: &Path) -> Result<Table> {
    let path = dir.join("Cargo.toml");
    read_text_file(&path)?.parse().with_context(|| path.display().to_string())
}

/// The names in one kind of table: the package's own and those of its targets.
fn dependency_names(manifest: &Table, kind: &str) -> BTreeSet<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let of_targets = targets.into_iter().flat_map(Table::values).filter_map(|t| t.get(kind));
    let tables = manifest.get(kind).into_iter().chain(of_targets).filter_map(Value::as_table);
    tables.flat_map(Table::keys).cloned().collect()
}

/// Crates that only macros name.
fn ignored_dependencies(manifest: &Table) -> BTreeSet<String> {
    let metadata = manifest.get("package").and_then(|package| package.get("metadata"));
    let names = metadata.and_then(|all| all.get("cargo-machete")?.get("ignored")?.as_array());
    names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The Rust code of these folders and files, without comments on lines of their own.
fn code_of(dir: &Path, places: &[&str]) -> Result<String> {
    let mut files = Vec::new();
    for place in places.iter().map(|place| dir.join(place)).filter(|place| place.exists()) {
        files.extend(if place.is_dir() { files_below(&place, &|_| true)? } else { vec![place] });
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let mut code = String::new();
    for path in files {
        let text = read_text_file(&path)?;
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            code.push_str(line);
            code.push('\n');
        }
    }
    Ok(code)
}

/// True if the code has a path that begins with the crate, or imports the crate itself.
fn names_crate(code: &str, krate: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(krate).any(|(at, _)| {
        let before = code.get(..at).unwrap_or_default();
        let after = code.get(at + krate.len()..).unwrap_or_default();
        let is_whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        let is_imported = before.ends_with("use ") || before.ends_with("extern crate ");
        is_whole && (after.starts_with("::") || is_imported)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_crate_is_named_by_a_path_or_an_import() {
        for (code, expected) in [
            ("use serde_json::Value;", true),
            ("let x = serde_json::json!(1);", true),
            ("use serde_json as json;", true),
            ("let serde_json = 1;", false),
            ("my_serde_json::x()", false),
            ("serde_json_path::x()", false),
        ] {
            assert_eq!(names_crate(code, "serde_json"), expected, "{code}");
        }
    }

    #[test]
    fn an_unused_dependency_is_named_with_its_manifest() {
        let dir = std::env::temp_dir().join(format!("xtask-unused-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"a\"]\n[workspace.dependencies]\nused-one = \"1\"\nlost = \"1\"\n",
        );
        write(
            "a/Cargo.toml",
            "[package.metadata.cargo-machete]\nignored = [\"by-macro\"]\n\
             [dependencies]\nby-macro = \"1\"\nused-one.workspace = true\nonly-tests = \"1\"\nremarked = \"1\"\n\
             [target.'cfg(unix)'.dependencies]\nidle = \"1\"\n[dev-dependencies]\nproven = \"1\"\n",
        );
        write("a/src/deep/lib.rs", "use used_one::X;\n// remarked::Y\n");
        write("a/tests/t.rs", "only_tests::run(); proven::check();");
        assert_eq!(
            unused_below(&dir).unwrap(),
            [
                "a/Cargo.toml: no code uses idle (dependencies)",
                "a/Cargo.toml: no code uses only-tests (dependencies)",
                "a/Cargo.toml: no code uses remarked (dependencies)",
                "Cargo.toml: no package depends on lost",
            ]
        );
        fs::remove_dir_all(&dir).unwrap();
    }
}
