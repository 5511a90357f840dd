//! The forbidden edges. One table; a new rule is a row.

use std::collections::{BTreeMap, BTreeSet};

use super::crate_source::{CrateModules, RustPath};
use super::module_graph::{ModuleGraph, find_cycles, folder_edges};

/// Modules, with all below them, that may not name some other modules.
struct ForbiddenImportRule {
    from: &'static [&'static str],
    except: &'static [&'static str],
    to: &'static [&'static str],
    why: &'static str,
}

const PLATFORM: &[&str] = &["worker", "workerd", "js_sys", "web_sys", "wasm_bindgen"];

const FORBIDDEN: &[ForbiddenImportRule] = &[
    ForbiddenImportRule {
        from: &[
            "bibliography",
            "ports",
            "runtime",
            "testkit",
            "isbndb_core",
            "proxy_core",
            "simulation",
            "warmer_core",
        ],
        except: &[],
        to: PLATFORM,
        why: "only workerd and the Workers' shells meet the platform",
    },
    ForbiddenImportRule {
        from: &["bibliography"],
        except: &[],
        to: &["ports", "runtime", "testkit", "workerd"],
        why: "it knows what a book is and nothing else",
    },
    ForbiddenImportRule {
        from: &["ports"],
        except: &[],
        to: &["bibliography", "runtime", "testkit", "workerd"],
        why: "it depends on no crate of ours",
    },
    ForbiddenImportRule {
        from: &["testkit"],
        except: &[],
        to: &["bibliography", "runtime", "workerd"],
        why: "it implements the ports only",
    },
    ForbiddenImportRule {
        from: &["runtime::rate_limit"],
        except: &[],
        to: &["runtime::resilient_client", "runtime::call_outcome", "runtime::wire_types"],
        why: "the rate limit is a state machine that knows no caller",
    },
    ForbiddenImportRule {
        from: &[
            "proxy_core::merge",
            "runtime::cache_policy",
            "runtime::rate_limit",
            "warmer_core::import",
            "warmer_core::warming_ledger",
        ],
        except: &[],
        to: &["ports"],
        why: "it is a function of its input",
    },
    ForbiddenImportRule {
        from: &["emulators"],
        except: &[],
        to: &["bibliography", "ports", "runtime", "testkit"],
        why: "a mistake in shared code would hide itself",
    },
    ForbiddenImportRule {
        from: &["emulators::google", "emulators::isbndb", "emulators::open_library"],
        except: &[],
        to: &[
            "emulators::request_pipeline",
            "emulators::control_api",
            "emulators::faults",
            "emulators::loopback_listener",
        ],
        why: "a provider is a function of the catalogue, the settings and the request",
    },
    ForbiddenImportRule {
        from: &["emulators::catalogue"],
        except: &[],
        to: &[
            "emulators::emulator_reply_context",
            "emulators::emulated_provider_admission",
            "emulators::emulator_reply",
            "emulators::settings",
        ],
        why: "the catalogue knows no provider's protocol",
    },
    ForbiddenImportRule {
        from: &["warmer_core::import"],
        except: &[],
        to: &[
            "runtime",
            "warmer_core::object_handlers",
            "warmer_core::warming_engine",
            "warmer_core::forecast",
            "warmer_core::warming_ledger",
            "warmer_core::warming_ledger_object_service",
            "warmer_core::settings",
        ],
        why: "it reads a file, whatever becomes of its rows",
    },
    ForbiddenImportRule {
        from: &["workerd", "isbndb_worker", "books_api_proxy", "cache_warmer", "gateway"],
        except: &["workerd::fetch_transport"],
        to: &["worker::Fetch"],
        why: "a request without a deadline and a size limit",
    },
    ForbiddenImportRule {
        from: &["isbndb_worker", "books_api_proxy", "cache_warmer", "gateway"],
        except: &["isbndb_worker::isbndb_object", "books_api_proxy::adapters::platform"],
        to: &["workerd::FetchTransport", "workerd::fetch_transport"],
        why: "only providers are fetched: our Workers are called over bindings, never over HTTP",
    },
];

/// Crates whose code may run several times in one process: the state of an isolate is a value that
/// they receive.
const CORES: &[&str] = &[
    "bibliography",
    "isbndb_core",
    "ports",
    "proxy_core",
    "runtime",
    "simulation",
    "testkit",
    "warmer_core",
];

/// Rules that name no existing module: after a renaming they would forbid nothing.
pub fn rules_without_module(modules: &BTreeSet<String>) -> Vec<String> {
    let named = FORBIDDEN.iter().flat_map(|rule| {
        let targets = rule.to.iter().filter(|target| is_own_module(target, modules));
        rule.from.iter().chain(rule.except).chain(targets)
    });
    unknown_names(named.chain(CORES).copied(), modules)
}

/// False for a type and for what another crate than ours holds.
fn is_own_module(path: &str, modules: &BTreeSet<String>) -> bool {
    let mut segments = path.split("::");
    segments.next().is_some_and(|krate| modules.contains(krate))
        && !segments.last().unwrap_or_default().starts_with(char::is_uppercase)
}

fn unknown_names<'n>(
    named: impl Iterator<Item = &'n str>,
    modules: &BTreeSet<String>,
) -> Vec<String> {
    let unknown = named.filter(|name| !modules.contains(*name));
    unknown.map(|name| format!("{name}: a rule names it, and there is no such module")).collect()
}

/// Checks a crate; one sentence for each rule that is broken.
pub fn check_crate(krate: &CrateModules, graph: &ModuleGraph) -> Vec<String> {
    let mut broken = check_cycles(krate, graph);
    check_forbidden(krate, graph, FORBIDDEN, &mut broken);
    if CORES.contains(&krate.name.as_str()) {
        check_statics(krate, &mut broken);
    }
    broken
}

fn check_statics(krate: &CrateModules, broken: &mut Vec<String>) {
    for (path, module) in &krate.modules {
        let place = module_path(krate, path);
        broken.extend(
            module.statics.iter().map(|name| {
                format!("{place}: the static {name}: a core keeps state in values only")
            }),
        );
    }
}

fn check_cycles(krate: &CrateModules, graph: &ModuleGraph) -> Vec<String> {
    let mut broken = Vec::new();
    // Folders may form a circle although their files form none.
    let mut seen = BTreeSet::new();
    for edges in [&graph.inside, &folder_edges(&graph.inside)] {
        for circle in find_cycles(edges) {
            if seen.insert(BTreeSet::from_iter(circle.clone())) {
                broken.push(format!(
                    "{} modules use each other in a circle: {}",
                    circle.len(),
                    edges_of(krate, edges, &circle).join(", ")
                ));
            }
        }
    }
    broken
}

fn edges_of(
    krate: &CrateModules,
    edges: &BTreeMap<RustPath, BTreeSet<RustPath>>,
    circle: &[RustPath],
) -> Vec<String> {
    let to = |from: &RustPath| edges.get(from).into_iter().flatten();
    let all = circle.iter().flat_map(|from| to(from).map(move |to| (from, to)));
    all.filter(|(from, to)| from != to && circle.contains(to))
        .map(|(from, to)| format!("{} → {}", module_path(krate, from), module_path(krate, to)))
        .collect()
}

fn check_forbidden(
    krate: &CrateModules,
    graph: &ModuleGraph,
    rules: &[ForbiddenImportRule],
    broken: &mut Vec<String>,
) {
    let inside = graph
        .inside
        .iter()
        .flat_map(|(from, to)| to.iter().map(move |to| (from, module_path(krate, to))));
    let external =
        graph.external.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to.join("::"))));
    for (from, to) in inside.chain(external) {
        let from = module_path(krate, from);
        let any = |places: &[&str], path: &str| places.iter().any(|place| is_in(path, place));
        for rule in rules.iter().filter(|rule| any(rule.from, &from) && !any(rule.except, &from)) {
            if any(rule.to, &to) {
                broken.push(format!("{from} names {to}: {}", rule.why));
            }
        }
    }
}

/// True for a module itself and for all that is in it.
fn is_in(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

pub fn module_path(krate: &CrateModules, path: &[String]) -> String {
    [krate.name.as_str()]
        .into_iter()
        .chain(path.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn krate_of_files(files: &[(&str, &str)]) -> CrateModules {
        let mut krate = CrateModules::new("some-crate");
        for (path, text) in files {
            let path: RustPath =
                path.split("::").filter(|s| !s.is_empty()).map(str::to_owned).collect();
            krate.add_module(&path, text).unwrap();
        }
        krate
    }

    #[test]
    fn a_forbidden_edge_is_named() {
        const RULES: &[ForbiddenImportRule] = &[ForbiddenImportRule {
            from: &["some_crate::pure"],
            except: &["some_crate::pure::free"],
            to: &["ports", "some_crate::app"],
            why: "no",
        }];
        let broken = |path: &str, text: &str| {
            let krate = krate_of_files(&[
                ("", "mod pure; mod purely; mod app;"),
                ("pure", "mod deep; mod free;"),
                ("pure::free", "use ports::Clock;"),
                ("pure::deep", if path == "pure::deep" { text } else { "" }),
                ("purely", if path == "purely" { text } else { "" }),
                ("app", "pub mod x { pub struct X; }"),
            ]);
            let mut broken = Vec::new();
            check_forbidden(&krate, &ModuleGraph::of(&krate), RULES, &mut broken);
            broken
        };
        let none: [&str; 0] = [];
        assert_eq!(
            broken("pure::deep", "use ports::Clock;"),
            ["some_crate::pure::deep names ports::Clock: no"]
        );
        assert_eq!(
            broken("pure::deep", "pub use ports::Clock;"),
            ["some_crate::pure::deep names ports::Clock: no"]
        );
        assert_eq!(
            broken("pure::deep", "fn f(x: crate::app::x::X) {}"),
            ["some_crate::pure::deep names some_crate::app::x: no"]
        );
        assert_eq!(broken("purely", "use ports::Clock;"), none);
        assert_eq!(broken("pure::deep", "use portsmouth::Dock;"), none);
    }

    #[test]
    fn a_circle_is_named_with_its_edges() {
        let broken = |of_b: &str| {
            let krate = krate_of_files(&[
                ("", "mod a; mod b;"),
                ("a", "use super::b::B; pub struct A;"),
                ("b", of_b),
            ]);
            check_cycles(&krate, &ModuleGraph::of(&krate))
        };
        assert_eq!(
            broken("use super::a::A; pub struct B;"),
            ["2 modules use each other in a circle: some_crate::a → some_crate::b, \
              some_crate::b → some_crate::a"]
        );
        assert_eq!(broken("pub struct B;"), Vec::<String>::new());
    }

    #[test]
    fn a_rule_about_no_module_is_named() {
        let modules = ["some_crate", "some_crate::a"].map(str::to_owned).into();
        let names = ["some_crate::a", "some_crate", "some_crate::b"];
        assert_eq!(
            unknown_names(names.into_iter(), &modules),
            ["some_crate::b: a rule names it, and there is no such module"]
        );
        let own = ["some_crate", "some_crate::b", "some_crate::B", "other::b"];
        let own = own.map(|path| is_own_module(path, &modules));
        assert_eq!(own, [true, true, false, false], "forbidden targets are checked too");
    }

    #[test]
    fn every_static_in_a_core_is_named() {
        let krate = krate_of_files(&[
            ("", "mod a;"),
            (
                "a",
                "static A: u8 = 0; const B: u8 = 0; thread_local! { static C: u8 = 0; }
                 fn f() { static D: u8 = 0; } #[cfg(test)] static E: u8 = 0;
                 fn g(text: &'static str) {}",
            ),
        ]);
        let mut broken = Vec::new();
        check_statics(&krate, &mut broken);
        let names: Vec<_> = broken.iter().filter_map(|b| b.split(": ").nth(1)).collect();
        assert_eq!(names, ["the static A", "the static thread_local!", "the static D"]);
    }
}
