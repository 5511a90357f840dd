//! From the paths that modules name to the edges between them, and the circles of these edges.
//!
//! A name that a module only re-exports (`pub use`) belongs to the module that defines it: a path
//! through the re-exporting module is no edge to that module.

use std::collections::{BTreeMap, BTreeSet};

use super::crate_source::{CrateModules, Module, RustPath};

/// Re-exports of re-exports, at most.
const MAX_STEPS: usize = 16;

#[derive(Clone, Debug, Default)]
pub struct ModuleGraph {
    pub inside: BTreeMap<RustPath, BTreeSet<RustPath>>,
    pub external: BTreeMap<RustPath, BTreeSet<RustPath>>,
}

enum ResolvedRustPath {
    Inside(RustPath),
    External(RustPath),
}

impl ModuleGraph {
    pub fn of(krate: &CrateModules) -> Self {
        let mut graph = Self::default();
        for (from, module) in &krate.modules {
            let imports = module.imports.iter().filter(|i| !i.is_public || i.path.is_empty());
            let imported = imports.map(|import| &import.path);
            let named = module.named.iter().filter(|path| is_reference(module, path));
            for path in imported.chain(named) {
                match resolve_path(krate, from, path, MAX_STEPS) {
                    Some(ResolvedRustPath::Inside(to)) if to != *from => {
                        graph.inside.entry(from.clone()).or_default().insert(to);
                    }
                    Some(ResolvedRustPath::External(to)) => {
                        graph.external.entry(from.clone()).or_default().insert(to);
                    }
                    _ => {}
                }
            }
            // A re-exported name counts as named, although this module does not use it.
            for import in module.imports.iter().filter(|import| import.is_public) {
                if let Some(ResolvedRustPath::External(to)) =
                    resolve_path(krate, from, &import.path, MAX_STEPS)
                {
                    graph.external.entry(from.clone()).or_default().insert(to);
                }
            }
        }
        graph
    }
}

/// A single name is a reference only if it is imported: else it is a variable or a local item.
fn is_reference(module: &Module, path: &[String]) -> bool {
    match path {
        [name] => module.imports.iter().any(|import| import.name == *name),
        _ => true,
    }
}

/// The target of a path that is written in the module `from`.
fn resolve_path(
    krate: &CrateModules,
    from: &[String],
    path: &[String],
    steps: usize,
) -> Option<ResolvedRustPath> {
    let (first, rest) = path.split_first()?;
    let steps = steps.checked_sub(1)?;
    match first.as_str() {
        "crate" => walk(krate, &[], rest, steps),
        "self" if rest.first().is_some_and(|next| next == "super") => {
            resolve_path(krate, from, rest, steps)
        }
        "self" => walk(krate, from, rest, steps),
        "super" => {
            let parent = from.split_last()?.1;
            match rest.first().map(String::as_str) {
                Some("super") => resolve_path(krate, parent, rest, steps),
                _ => walk(krate, parent, rest, steps),
            }
        }
        "Self" | "std" | "core" | "alloc" => None,
        name => {
            let module = krate.modules.get(from)?;
            if module.children.contains(name) || module.items.contains(name) {
                return walk(krate, from, path, steps);
            }
            if let Some(import) = module.imports.iter().find(|import| import.name == name) {
                // `use x::y` as `x` names the crate `x`: resolved here, it would name itself.
                if import.path.first() == path.first() {
                    return Some(ResolvedRustPath::External(
                        import.path.iter().chain(rest).cloned().collect(),
                    ));
                }
                let path: RustPath = import.path.iter().chain(rest).cloned().collect();
                return resolve_path(krate, from, &path, steps);
            }
            let is_crate = name.starts_with(|c: char| c.is_ascii_lowercase()) && !rest.is_empty();
            is_crate.then(|| ResolvedRustPath::External(path.to_vec()))
        }
    }
}

fn walk(
    krate: &CrateModules,
    at: &[String],
    path: &[String],
    steps: usize,
) -> Option<ResolvedRustPath> {
    let Some((name, rest)) = path.split_first() else {
        return Some(ResolvedRustPath::Inside(at.to_vec()));
    };
    let module = krate.modules.get(at)?;
    let steps = steps.checked_sub(1)?;
    if module.children.contains(name) {
        let child: RustPath = at.iter().chain([name]).cloned().collect();
        return walk(krate, &child, rest, steps);
    }
    if module.items.contains(name) {
        return Some(ResolvedRustPath::Inside(at.to_vec()));
    }
    let named = module.imports.iter().find(|import| import.name == *name);
    if let Some(import) = named {
        let path: RustPath = import.path.iter().chain(rest).cloned().collect();
        return resolve_path(krate, at, &path, steps);
    }
    for import in module.imports.iter().filter(|import| import.name == "*") {
        let through: RustPath = import.path.iter().chain(path).cloned().collect();
        if let Some(ResolvedRustPath::Inside(to)) = resolve_path(krate, at, &through, steps)
            && krate.modules.get(&to).is_some_and(|module| module.items.contains(name))
        {
            return Some(ResolvedRustPath::Inside(to));
        }
    }
    // A method, a variant, or a macro's output.
    Some(ResolvedRustPath::Inside(at.to_vec()))
}

/// The groups of nodes that reach each other, each sorted.
pub fn find_cycles<N: Ord + Clone>(edges: &BTreeMap<N, BTreeSet<N>>) -> Vec<Vec<N>> {
    let reach: BTreeMap<&N, BTreeSet<&N>> =
        edges.keys().map(|node| (node, reachable(edges, node))).collect();
    let mut found = Vec::new();
    let mut seen: BTreeSet<&N> = BTreeSet::new();
    for (node, reached) in &reach {
        if reached.contains(node) && !seen.contains(node) {
            let back = |other: &&&N| reach.get(**other).is_some_and(|back| back.contains(node));
            let circle: Vec<&N> = reached.iter().filter(back).copied().collect();
            seen.extend(circle.iter().copied());
            found.push(circle.into_iter().cloned().collect());
        }
    }
    found
}

/// Every node that a node reaches over at least one edge.
fn reachable<'g, N: Ord>(edges: &'g BTreeMap<N, BTreeSet<N>>, from: &N) -> BTreeSet<&'g N> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&N> = edges.get(from).into_iter().flatten().collect();
    while let Some(node) = open.pop() {
        if found.insert(node) {
            open.extend(edges.get(node).into_iter().flatten());
        }
    }
    found
}

/// The edges between folders, where a module includes all modules in it: for every module, the
/// edges between the modules directly in it.
pub fn folder_edges(
    edges: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let mut folders: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (from, to) in edges.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to))) {
        let common = from.iter().zip(to).take_while(|(a, b)| a == b).count();
        // A module inside the other one is no neighbour of it.
        if let (Some(from), Some(to)) = (from.get(..=common), to.get(..=common)) {
            folders.entry(from.to_vec()).or_default().insert(to.to_vec());
        }
    }
    folders
}
