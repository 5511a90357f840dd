use super::crate_source::CrateModules;
use super::module_graph::{ModuleGraph, find_cycles, folder_edges};

fn krate_of_files(files: &[(&str, &str)]) -> CrateModules {
    let mut krate = CrateModules::new("some-crate");
    for (path, text) in files {
        let path: Vec<String> =
            path.split("::").filter(|s| !s.is_empty()).map(str::to_owned).collect();
        krate.add_module(&path, text).unwrap();
    }
    krate
}

/// The edges as `a>b`: a module's path with dots, the root empty.
fn edge_list(files: &[(&str, &str)]) -> Vec<String> {
    let graph = ModuleGraph::of(&krate_of_files(files));
    let all = graph.inside.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    all.map(|(from, to)| format!("{}>{}", from.join("."), to.join("."))).collect()
}

#[test]
fn each_form_of_a_path_is_an_edge() {
    let b = "pub struct B; pub fn make() {}";
    for a in [
        "use crate::b::B;",
        "use super::b::{B as Other, make};",
        "use crate::b;",
        "use crate::b::*;",
        "fn f() { crate::b::make() }",
        "fn f(b: super::b::B) {}",
        "#[cfg(not(test))] use crate::b::B;",
        "fn f() { println!(\"{}\", crate::b::make()) }",
        "#[serde(with = \"crate::b\")] struct A;",
        "struct A { #[serde(default = \"super::b::make\")] b: u8 }",
        "impl From<u8> for crate::b::B { fn from(_: u8) -> Self { todo!() } }",
        "mod inner {}  use self::super::b::B;",
    ] {
        assert_eq!(edge_list(&[("", "mod a; mod b;"), ("a", a), ("b", b)]), ["a>b"], "{a}");
    }
}

#[test]
fn tests_comments_and_texts_are_no_edges() {
    for a in [
        "#[cfg(test)] mod tests { use crate::b::B; }",
        "#[cfg(test)] use crate::b::B;",
        "#[cfg(all(test, unix))] fn f() { crate::b::make() }",
        "struct A; impl A { #[cfg(test)] fn f() { crate::b::make() } }",
        "/// As [`crate::b::B`].\nstruct A;",
        "const TEXT: &str = \"crate::b::make\";",
    ] {
        let none: [&str; 0] = [];
        assert_eq!(
            edge_list(&[("", "mod a; mod b;"), ("a", a), ("b", "pub struct B;")]),
            none,
            "{a}"
        );
    }
}

#[test]
fn a_re_export_leads_to_its_definition() {
    let facade = "mod deep; pub use deep::{Thing, make};";
    let deep = "pub struct Thing; pub fn make() {}";
    let files = |a| [("", "mod a; mod b;"), ("a", a), ("b", facade), ("b::deep", deep)];
    assert_eq!(edge_list(&files("use crate::b::Thing;")), ["a>b.deep"]);
    assert_eq!(edge_list(&files("use crate::b; fn f() { b::make() }")), ["a>b", "a>b.deep"]);
    // Deeper modules may use items that the re-exporting module itself defines.
    let below = [("", "mod b;"), ("b", "mod deep; pub use deep::f; pub struct Own;")];
    assert_eq!(
        edge_list(&[below[0], below[1], ("b::deep", "use super::Own; pub fn f() {}")]),
        ["b.deep>b"]
    );
    // A module that also uses a name that it re-exports depends on its definition.
    let both = "mod deep; pub use deep::f; pub struct Own; fn g() { f() }";
    let found =
        edge_list(&[("", "mod b;"), ("b", both), ("b::deep", "use super::Own; pub fn f() {}")]);
    assert_eq!(found, ["b>b.deep", "b.deep>b"]);
}

#[test]
fn edges_to_other_crates_are_separate() {
    let files = [("", "mod a;"), ("a", "use other::x::Y; use std::fmt; fn f() { third::g() }")];
    let graph = ModuleGraph::of(&krate_of_files(&files));
    assert!(graph.inside.is_empty());
    let named: Vec<String> =
        graph.external.values().flatten().map(|path| path.join("::")).collect();
    assert_eq!(named, ["other::x::Y", "third::g"]);
}

#[test]
fn every_module_of_a_circle_is_found() {
    let graph =
        |files: &[(&str, &str)]| find_cycles(&ModuleGraph::of(&krate_of_files(files)).inside);
    let line = [("", "mod a; mod b;"), ("a", "use super::b::B;"), ("b", "pub struct B;")];
    assert!(graph(&line).is_empty());
    let found = graph(&[
        ("", "mod a; mod b; mod c; mod d;"),
        ("a", "use super::b::B; pub struct A;"),
        ("b", "use super::c::C; pub struct B;"),
        ("c", "use super::a::A; pub struct C;"),
        ("d", "use super::a::A;"),
    ]);
    assert_eq!(found, [[["a"], ["b"], ["c"]]]);
}

#[test]
fn folders_form_a_circle_although_their_files_do_not() {
    let files = [
        ("", "mod a; mod b;"),
        ("a", "mod x; mod y;"),
        ("a::x", "use crate::b::B;"),
        ("a::y", "pub struct Y;"),
        ("b", "use crate::a::y::Y; pub struct B;"),
    ];
    let graph = ModuleGraph::of(&krate_of_files(&files));
    assert!(find_cycles(&graph.inside).is_empty());
    assert_eq!(find_cycles(&folder_edges(&graph.inside)), [[["a"], ["b"]]]);
    // A folder and the modules in it count as one.
    let below = [("", "mod a;"), ("a", "mod x; pub struct A;"), ("a::x", "use super::A;")];
    assert!(folder_edges(&ModuleGraph::of(&krate_of_files(&below)).inside).is_empty());
}
