//! Circles in a graph.

use std::collections::{BTreeMap, BTreeSet};

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
