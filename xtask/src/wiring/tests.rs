use ports::binding_manifest::{BindingKind, BindingManifestEntry};

use super::wiring_rules::{check_configs, check_manifests, check_page};
use super::worker_manifests::WorkerBindingManifest;
use super::*;

const ISBNDB_CONFIG: &str = r#"
name = "isbndb"
compatibility_flags = ["no_nodejs_compat", "no_nodejs_compat_v2"]
workers_dev = false
preview_urls = false
vars = { PACE = "1" }
[env.staging]
name = "isbndb-staging"
vars = { PACE = "1" }
"#;

const PROXY_CONFIG: &str = r#"
name = "proxy"
compatibility_flags = ["no_nodejs_compat", "no_nodejs_compat_v2"]
[[services]]
binding = "ISBNDB_WORKER"
service = "isbndb"
props = { caller = "books-api-proxy" }
[[kv_namespaces]]
binding = "CACHE"
id = "1"
[env.staging]
name = "proxy-staging"
[[env.staging.services]]
binding = "ISBNDB_WORKER"
service = "isbndb-staging"
props = { caller = "books-api-proxy" }
[[env.staging.kv_namespaces]]
binding = "CACHE"
id = "2"
"#;

const WARMER_CONFIG: &str = r#"
name = "warmer"
compatibility_flags = ["no_nodejs_compat", "no_nodejs_compat_v2"]
[[services]]
binding = "BOOKS_API_PROXY"
service = "proxy"
props = { caller = "cache-warmer" }
[[services]]
binding = "ISBNDB_WORKER"
service = "isbndb"
props = { caller = "cache-warmer" }
[env.staging]
name = "warmer-staging"
[[env.staging.services]]
binding = "BOOKS_API_PROXY"
service = "proxy-staging"
props = { caller = "cache-warmer" }
[[env.staging.services]]
binding = "ISBNDB_WORKER"
service = "isbndb-staging"
props = { caller = "cache-warmer" }
"#;

fn violations_of(isbndb: &str, proxy: &str, warmer: &str) -> Vec<String> {
    let texts = [isbndb, proxy, warmer];
    let configs: Vec<WranglerConfig> = Worker::ALL
        .into_iter()
        .zip(texts)
        .map(|(worker, text)| WranglerConfig::parse(worker, text).unwrap())
        .collect();
    check_configs(&configs, &["AUTH".to_owned(), "ANALYTICS".to_owned()].into())
}

/// The broken rules when one text in a valid config is replaced by another.
fn violations_after_edit(of: Worker, from: &str, to: &str) -> Vec<String> {
    let change = |worker: Worker, text: &str| {
        if worker == of {
            assert!(text.contains(from), "{from:?} is not in the config");
            text.replacen(from, to, 1)
        } else {
            text.to_owned()
        }
    };
    violations_of(
        &change(Worker::Isbndb, ISBNDB_CONFIG),
        &change(Worker::Proxy, PROXY_CONFIG),
        &change(Worker::Warmer, WARMER_CONFIG),
    )
}

#[test]
fn a_valid_config_breaks_no_rule() {
    assert_eq!(violations_of(ISBNDB_CONFIG, PROXY_CONFIG, WARMER_CONFIG), Vec::<String>::new());
}

#[test]
fn an_operators_worker_may_have_an_optional_name() {
    let with = |name: &str| {
        let auth = format!("[[services]]\nbinding = \"{name}\"\nservice = \"my-auth\"\n");
        let twin = auth.replace("[[services]]", "[[env.staging.services]]");
        violations_of(
            ISBNDB_CONFIG,
            PROXY_CONFIG,
            &format!(
                "{}{twin}",
                WARMER_CONFIG.replacen("[env.staging]", &(auth + "[env.staging]"), 1)
            ),
        )
    };
    assert_eq!(with("AUTH"), Vec::<String>::new());
    assert!(with("OTHER").iter().any(|b| b.contains("no Worker of this environment")));
}

#[test]
fn every_broken_rule_is_reported() {
    use Worker::{Isbndb as L, Proxy as P, Warmer as W};
    let back = "[[services]]\nbinding = \"BACK\"\nservice = \"warmer\"\n\
                props = { caller = \"books-api-proxy\" }\n[[kv_namespaces]]";
    for (of, from, to, expected) in [
        (L, "workers_dev = false", "workers_dev = true", "reached by the public (workers_dev)"),
        (L, "workers_dev = false", "", "reached by the public (workers_dev)"),
        (L, "preview_urls = false", "", "reached by the public (preview_urls)"),
        (L, "workers_dev = false", "workers_dev = false\nroute = \"a.b/*\"", "(route)"),
        (L, "[env.staging]", "[env.staging]\nroutes = [\"a.b/*\"]", "(routes)"),
        (
            L,
            "[env.staging]",
            "[env.staging]\nworkers_dev = true",
            "(staging): the ISBNdb Worker can be",
        ),
        (
            L,
            "[env.staging]",
            "[[services]]\nbinding = \"X\"\nservice = \"proxy\"\n[env.staging]",
            "the ISBNdb Worker has the service binding X",
        ),
        (
            L,
            "name = \"isbndb-staging\"\nvars = { PACE = \"1\" }",
            "name = \"isbndb-staging\"",
            "PACE",
        ),
        (
            W,
            "no_nodejs_compat\"",
            "other\"",
            "production): the compatibility flag no_nodejs_compat is",
        ),
        (
            W,
            ", \"no_nodejs_compat_v2\"",
            "",
            "(staging): the compatibility flag no_nodejs_compat_v2",
        ),
        (
            P,
            "[env.staging]",
            "[env.staging]\ncompatibility_flags = [\"no_nodejs_compat\"]",
            "(staging): the compatibility flag no_nodejs_compat_v2 is missing",
        ),
        (L, "name = \"isbndb-staging\"", "name = \"isbndb\"", "it has the name of production"),
        (L, "name = \"isbndb-staging\"", "", "it has no name of its own"),
        (P, "id = \"2\"", "id = \"1\"", "CACHE points at 1 like production"),
        (
            P,
            "service = \"isbndb-staging\"",
            "service = \"isbndb\"",
            "no Worker of this environment",
        ),
        (P, "[[kv_namespaces]]", back, "part of a cycle"),
        (P, "props = { caller = \"books-api-proxy\" }", "", "lacks props"),
        (W, "props = { caller = \"cache-warmer\" }", "props = { caller = \"me\" }", "lacks props"),
        (
            W,
            "[[services]]",
            "[[services]]\nbinding = \"BOOKS_API_PROXY_CANARY\"\nservice = \"canary\"\n[[services]]",
            "BOOKS_API_PROXY_CANARY lacks props = { caller = \"cache-warmer\" }",
        ),
        (
            P,
            "[[env.staging.kv_namespaces]]\nbinding = \"CACHE\"\nid = \"2\"",
            "",
            "(staging): the binding CACHE is missing",
        ),
        (
            P,
            "[[env.staging.kv_namespaces]]\nbinding = \"CACHE\"\nid = \"2\"",
            "[[env.staging.r2_buckets]]\nbinding = \"CACHE\"\nbucket_name = \"2\"",
            "CACHE is of another kind",
        ),
        (
            W,
            "[env.staging]\nname",
            "[vars]\nURL = \"http://127.0.0.1:1\"\n[env.staging.vars]\nURL = \"x\"\n[env.staging]\nname",
            "names this machine",
        ),
        (
            P,
            "[[services]]",
            "routes = [{ pattern = \"a.b\", custom_domain = true }]\n[[services]]",
            "(staging): it would take the domain of production",
        ),
    ] {
        let found = violations_after_edit(of, from, to);
        assert!(found.iter().any(|b| b.contains(expected)), "{expected}: {found:?}");
    }
}

#[test]
fn a_domain_in_comments_belongs_to_one_environment() {
    for worker in [Worker::Proxy, Worker::Warmer] {
        let text = std::fs::read_to_string(worker.config_path()).unwrap();
        let config =
            WranglerConfig::parse(worker, &text.replace("# routes =", "routes =")).unwrap();
        let of = |text: &str| config.strings.iter().filter(|(_, s)| s.contains(text)).count();
        assert_eq!((of(".example.com"), of("-staging.example.com")), (2, 1), "{worker:?}");
        for environment in &config.environments {
            let label = &environment.label;
            assert!(environment.public_ways.contains(&"routes"), "{worker:?} {label}");
            assert!(!environment.inherits_routes, "{worker:?} {label}");
        }
    }
}

#[test]
fn an_environment_missing_in_one_config_is_named() {
    let warmer = WARMER_CONFIG.split("[env.staging]").next().unwrap();
    let found = violations_of(ISBNDB_CONFIG, PROXY_CONFIG, warmer);
    assert_eq!(found, ["cache-warmer.toml has no environment staging"]);
}

#[test]
fn an_optional_binding_may_be_in_one_environment() {
    let dataset =
        "[[analytics_engine_datasets]]\nbinding = \"NAME\"\ndataset = \"d\"\n[env.staging]";
    let with = |name: &str| {
        violations_after_edit(Worker::Proxy, "[env.staging]", &dataset.replace("NAME", name))
    };
    assert_eq!(with("ANALYTICS"), Vec::<String>::new());
    assert_eq!(with("OTHER"), ["books-api-proxy.toml (staging): the binding OTHER is missing"]);
}

#[test]
fn common_vars_are_compared_within_an_environment() {
    let change = |isbndb: &str, warmer: &str| {
        let with = |text: &str, value: &str| {
            let vars =
                |value| format!("vars = {{ MAX_BOOKS_PER_AUTHOR = \"{value}\", PACE = \"1\" }}");
            let text = text.replace("vars = { PACE = \"1\" }\n", "");
            let text = text.replacen("name =", &format!("{}\nname =", vars(value)), 1);
            text.replacen("[env.staging]", &format!("[env.staging]\n{}", vars("7")), 1)
        };
        violations_of(&with(ISBNDB_CONFIG, isbndb), PROXY_CONFIG, &with(WARMER_CONFIG, warmer))
    };
    assert_eq!(change("50", "50"), Vec::<String>::new());
    let differs = "production: MAX_BOOKS_PER_AUTHOR differs between Workers: 40, 50";
    assert_eq!(change("40", "50"), [differs]);
}

const fn worker_manifest(own: &'static [BindingManifestEntry]) -> WorkerBindingManifest {
    WorkerBindingManifest { worker: Worker::Isbndb, own, common: &[] }
}

const fn new_manifest_entry(
    name: &'static str,
    kind: BindingKind,
    is_required: bool,
) -> BindingManifestEntry {
    BindingManifestEntry { name, kind, is_required }
}

const ENTRIES: &[BindingManifestEntry] = &[
    new_manifest_entry("PACE", BindingKind::Var, true),
    new_manifest_entry("MAY_BE", BindingKind::Service, false),
    new_manifest_entry("SOME_KEY", BindingKind::Secret, true),
];

#[test]
fn the_page_describes_exactly_the_names_that_are_read() {
    let manifests = [worker_manifest(ENTRIES)];
    let sound = "• `PACE`, `MAY_BE` and `basic`; `SOME_KEY`";
    assert_eq!(check_page(&manifests, sound), Vec::<String>::new());
    let page = sound.replace("PACE", "SPEED").replace("`MAY_BE`", "MAY_BE");
    assert_eq!(
        check_page(&manifests, &page),
        [
            "docs/CONFIGURATION.md lacks MAY_BE",
            "docs/CONFIGURATION.md lacks PACE",
            "docs/CONFIGURATION.md describes SPEED, which no code reads"
        ]
    );
}

#[test]
fn the_configs_have_exactly_the_names_that_are_read() {
    let config = "name = \"isbndb\"\nvars = { PACE = \"1\" }\n";
    let found = |config: &str| {
        let configs = [WranglerConfig::parse(Worker::Isbndb, config).unwrap()];
        check_manifests(&configs, &[worker_manifest(ENTRIES)])
    };
    // A secret may be a plain one.
    assert_eq!(found(config), Vec::<String>::new());
    for (change, expected) in [
        (config.replace("PACE", "SPEED"), "PACE is not configured, and the code reads it"),
        (config.replace("PACE", "SPEED"), "SPEED is configured but no code reads it"),
        (
            format!("{config}[[kv_namespaces]]\nbinding = \"MAY_BE\"\nid = \"1\"\n"),
            "MAY_BE is not a Service, as the code reads it",
        ),
        (format!("{config}[env.staging]\nname = \"s\""), "isbndb-worker.toml (staging): PACE"),
    ] {
        let broken = found(&change);
        assert!(broken.iter().any(|b| b.contains(expected)), "{expected}: {broken:?}");
    }
}

#[test]
fn no_name_is_twice_in_a_manifest() {
    for manifest in WorkerBindingManifest::all_workers() {
        let mut names: Vec<_> = manifest.manifest_entries().map(|entry| entry.name).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b), "{:?}: {names:?}", manifest.worker);
    }
}

#[test]
fn levels_are_counted_along_the_longest_path() {
    let calls = std::collections::BTreeMap::from([
        ("a", vec!["b", "d"]),
        ("b", vec!["c"]),
        ("c", vec!["d"]),
        ("x", vec!["y"]),
        ("y", vec!["x"]),
    ]);
    for (worker, expected) in [("a", Some(4)), ("c", Some(2)), ("d", Some(1)), ("x", None)] {
        assert_eq!(call_graph::levels(&calls, worker, &mut Vec::new()), expected, "{worker}");
    }
}
