mod destroy;
mod fake_deploy_ports;
mod verify;

use anyhow::Result;

use super::config::{self, WranglerEnvironmentConfig};
use super::deploy_options::{
    CloudflarePlan, DeployChoices, DeployOptions, PRODUCTION_ENVIRONMENT, SecretStorageKind,
};
use super::deploy_ports::ScriptModules;
use super::deploy_run::{self, DeployInput, Deployed};
use super::found_account_resources::FoundAccountResources;
use super::user_answers::SavedDeployAnswers;
use crate::workspace::Worker;
use fake_deploy_ports::{DeployFault, FakeDeployPorts};

fn production_deploy_options() -> DeployOptions {
    DeployOptions {
        env: PRODUCTION_ENVIRONMENT.to_owned(),
        dry_run: false,
        yes: true,
        plan: None,
        secrets: None,
        no_queue: false,
        same_as: None,
        no_build: false,
        addresses: None,
    }
}

fn modules_of_entry(text: &str) -> ScriptModules {
    config::modules_to_upload(|name| Ok(if name == "index.js" { text.into() } else { vec![7] }))
        .unwrap()
}

fn deploy_input(options: DeployOptions) -> DeployInput {
    let workers = Worker::ALL.map(|worker| {
        (
            WranglerEnvironmentConfig::read(worker, &options.env).unwrap(),
            modules_of_entry(r#"import w from"./index_bg.wasm""#),
        )
    });
    DeployInput {
        options,
        workers: workers.into(),
        commit: "c0ffee1".to_owned(),
        is_changed: false,
        wrangler: "4".to_owned(),
        same_as: Vec::new(),
    }
}

fn deploy_with_fake_ports(ports: &mut FakeDeployPorts, job: &DeployInput) -> Result<Deployed> {
    deploy_run::apply_configs(ports, job, &mut SavedDeployAnswers::default())
}

#[test]
fn after_any_failed_call_the_next_run_continues() {
    for secrets in [SecretStorageKind::Store, SecretStorageKind::Plain] {
        let job =
            deploy_input(DeployOptions { secrets: Some(secrets), ..production_deploy_options() });
        for fault in DeployFault::ALL {
            let mut at = 1;
            loop {
                let mut ports = FakeDeployPorts::new();
                ports.variables.insert("ISBNDB_API_KEY".to_owned(), "the-key".to_owned());
                ports.fault = Some((at, fault));
                let outcome = deploy_with_fake_ports(&mut ports, &job);
                let was_reached = ports.calls >= at;
                let what = format!("{secrets:?} {fault:?} at {at}");
                let mut shown = ports.said.clone();
                if let Err(error) = outcome {
                    let text = format!("{error:#}");
                    if !ports.writes.is_empty() {
                        assert!(
                            text.contains("done so far") || text.contains("goes on"),
                            "{what}: {text}"
                        );
                    }
                    assert!(!text.contains("the-key"), "{what}: {text}");
                }
                let mut ports = ports.for_next_run();
                let resumed = deploy_with_fake_ports(&mut ports, &job);
                assert!(resumed.is_ok(), "{what}: {:?}", resumed.err());
                shown.extend(ports.said.clone());
                check_token(&shown, &ports, secrets, &what);
                let mut ports = ports.for_next_run();
                let last = deploy_with_fake_ports(&mut ports, &job).unwrap();
                assert_eq!((last.changes, ports.writes.as_slice()), (0, [].as_slice()), "{what}");
                assert!(ports.printed_text().contains("Nothing to change"), "{what}");
                if !was_reached {
                    break;
                }
                at += 1;
            }
            assert!(at > 25, "only {at} calls");
        }
    }
}

/// The token that was shown last is the Workers' token.
fn check_token(shown: &[String], ports: &FakeDeployPorts, secrets: SecretStorageKind, what: &str) {
    let shown: Vec<_> =
        shown.iter().filter_map(|line| line.trim().strip_prefix("ADMIN_TOKEN = ")).collect();
    let shown = shown.last().map(|line| line.lines().next().unwrap());
    let kept: Vec<_> = match secrets {
        SecretStorageKind::Store => vec![ports.values.get("ADMIN_TOKEN")],
        SecretStorageKind::Plain => ["books-api-proxy", "personal-library-cache-warmer"]
            .map(|worker| ports.values.get(&format!("{worker}/ADMIN_TOKEN")))
            .into(),
    };
    for value in kept {
        assert_eq!(value.map(String::as_str), shown, "{what}");
    }
}

#[test]
fn every_worker_gets_the_location() {
    for worker in Worker::ALL {
        let config = WranglerEnvironmentConfig::read(worker, PRODUCTION_ENVIRONMENT).unwrap();
        let namespaces = config.namespace_titles().map(|title| (title, "0".repeat(32))).collect();
        let seen = FoundAccountResources { namespaces, ..FoundAccountResources::default() };
        let resolved = |location: Option<&str>| {
            let choices =
                DeployChoices { location: location.map(str::to_owned), ..DeployChoices::default() };
            config.resolve_ids(&seen, &choices, |_| false).unwrap()["vars"]["LOCATION_HINT"].clone()
        };
        assert_eq!(resolved(Some("weur")), "weur", "{worker:?}");
        assert!(resolved(None).is_null(), "{worker:?}");
    }
}

#[test]
fn an_unknown_location_is_refused() {
    let mut ports = FakeDeployPorts::new();
    ports.variables.insert("LOCATION_HINT".to_owned(), "Europe".to_owned());
    let error = deploy_run::apply_configs(
        &mut ports,
        &deploy_input(production_deploy_options()),
        &mut SavedDeployAnswers::default(),
    )
    .unwrap_err();
    assert!(format!("{error:#}").contains("Europe is no location"), "{error:#}");
}

#[test]
fn each_question_is_asked_once() {
    let job = deploy_input(DeployOptions { yes: false, ..production_deploy_options() });
    let mut ports = FakeDeployPorts::new();
    ports.accounts = 2;
    ports.answers = ["1", "me@example.org", "paid", "", "isbndb-key", "", "google-2", "y"]
        .map(str::to_owned)
        .into();
    let mut answers = SavedDeployAnswers::default();
    deploy_run::apply_configs(&mut ports, &job, &mut answers).unwrap();
    assert_eq!(ports.answers.len(), 0, "{:?}", ports.questions);
    assert_eq!(answers.plan, Some(CloudflarePlan::Paid));
    assert_eq!(answers.location.as_deref(), Some("enam"), "proposed by the time zone");
    assert!(answers.skipped.contains("GOOGLE_BOOKS_API_KEY"));
    let names: Vec<_> = ports.seen.stored.iter().cloned().collect();
    assert_eq!(names, ["ADMIN_TOKEN", "GOOGLE_BOOKS_IOSKEY", "ISBNDB_API_KEY"]);
    let mut ports = ports.for_next_run();
    let again = deploy_run::apply_configs(&mut ports, &job, &mut answers).unwrap();
    assert_eq!((again.changes, ports.questions.len()), (0, 0), "{:?}", ports.questions);
}

#[test]
fn every_read_comes_before_the_first_change() {
    let refused = |change: fn(&mut FakeDeployPorts), options: DeployOptions| {
        let mut ports = FakeDeployPorts::new();
        change(&mut ports);
        let error = deploy_with_fake_ports(&mut ports, &deploy_input(options)).err().unwrap();
        assert_eq!(ports.writes, Vec::<String>::new());
        format!("{error:#}")
    };
    let text = refused(|ports| ports.seen.subdomain = None, production_deploy_options());
    assert!(text.contains("workers/onboarding"), "{text}");
    let text = refused(|ports| ports.accounts = 2, production_deploy_options());
    assert!(text.contains("Name 0 (account-0), Name 1"), "{text}");
    // A dry run asks for nothing.
    let asking = DeployOptions { yes: false, dry_run: true, ..production_deploy_options() };
    let text = refused(|ports| ports.accounts = 2, asking);
    assert!(text.contains("Name 0 (account-0), Name 1"), "{text}");
    let text = refused(|ports| ports.seen.other_crons = 4, production_deploy_options());
    assert!(text.contains("other Workers of the account use 4"), "{text}");
    let text = refused(|ports| ports.variables.clear(), production_deploy_options());
    assert!(text.contains("wrangler login"), "{text}");
    let mut ports = FakeDeployPorts::new();
    deploy_with_fake_ports(
        &mut ports,
        &deploy_input(DeployOptions { dry_run: true, ..production_deploy_options() }),
    )
    .unwrap();
    assert_eq!(ports.writes, Vec::<String>::new());
    assert!(ports.printed_text().contains("create  KV namespace personal-library-cache\n"));
}

#[test]
fn a_module_that_wrangler_does_not_send_stops_the_upload() {
    let mut ports = FakeDeployPorts::new();
    ports.lost.insert("index_bg.wasm".to_owned());
    let text = format!(
        "{:#}",
        deploy_with_fake_ports(&mut ports, &deploy_input(production_deploy_options()))
            .err()
            .unwrap()
    );
    assert!(text.contains("would not send") && text.contains("created R2 bucket"), "{text}");
    assert!(!ports.writes.iter().any(|write| write.starts_with("deploy")));
}

#[test]
fn staging_and_production_share_no_resource() {
    let mut ports = FakeDeployPorts::new();
    deploy_with_fake_ports(&mut ports, &deploy_input(production_deploy_options())).unwrap();
    let staging =
        deploy_input(DeployOptions { env: "staging".to_owned(), ..production_deploy_options() });
    let mut ports = ports.for_next_run();
    deploy_with_fake_ports(&mut ports, &staging).unwrap();
    assert_eq!(ports.seen.workers.len(), 6);
    assert_eq!(ports.seen.namespaces.len(), 4);
    assert!(ports.seen.stored.contains("ADMIN_TOKEN_STAGING"));
    let mut ports = ports.for_next_run();
    assert_eq!(
        deploy_with_fake_ports(&mut ports, &deploy_input(production_deploy_options()))
            .unwrap()
            .changes,
        0
    );
}

#[test]
fn same_as_uploads_the_files_that_staging_runs() {
    let mut ports = FakeDeployPorts::new();
    let staging =
        deploy_input(DeployOptions { env: "staging".to_owned(), ..production_deploy_options() });
    deploy_with_fake_ports(&mut ports, &staging).unwrap();
    let live = |ports: &FakeDeployPorts, name: &str| {
        ports.seen.workers.get(name).unwrap().hash().to_owned()
    };
    let mut same = deploy_input(production_deploy_options());
    let name = "books-api-proxy-staging";
    same.same_as = vec![(name.to_owned(), live(&ports, name))];
    let mut ports = ports.for_next_run();
    deploy_with_fake_ports(&mut ports, &same).unwrap();
    same.same_as = vec![(name.to_owned(), "0123456789ab".to_owned())];
    let text = format!("{:#}", deploy_with_fake_ports(&mut ports, &same).err().unwrap());
    assert!(text.contains("deploy it from here first"), "{text}");
}

#[test]
fn a_changed_worker_is_uploaded_again() {
    for (change, why) in [
        (
            (|live| live.crons.clear()) as fn(&mut super::found_account_resources::Live),
            "cron triggers differ",
        ),
        (|live| live.is_public = false, "address differs"),
        (|live| live.tag.clear(), "that this command did not deploy"),
        (|live| live.tag = "ba9876543210-0000000".to_owned(), "in place of ba9876543210"),
    ] {
        let mut ports = FakeDeployPorts::new();
        deploy_with_fake_ports(&mut ports, &deploy_input(production_deploy_options())).unwrap();
        let mut ports = ports.for_next_run();
        change(ports.seen.workers.get_mut("personal-library-cache-warmer").unwrap());
        deploy_with_fake_ports(&mut ports, &deploy_input(production_deploy_options())).unwrap();
        assert_eq!(ports.writes, ["deploy personal-library-cache-warmer"]);
        assert!(ports.printed_text().contains(why), "{}", ports.printed_text());
    }
}

#[test]
fn no_queue_creates_no_queue() {
    let mut ports = FakeDeployPorts::new();
    deploy_with_fake_ports(
        &mut ports,
        &deploy_input(DeployOptions { no_queue: true, ..production_deploy_options() }),
    )
    .unwrap();
    assert!(ports.seen.queues.is_empty() && ports.seen.announced.is_empty());
}

#[test]
fn every_imported_file_is_uploaded() {
    let text = r#"import{a}from"./a.js";import w from './deep/b.wasm';let c=import("./c.js");"#;
    let found = modules_of_entry(text);
    let names: Vec<_> = found.keys().cloned().collect();
    assert_eq!(names, ["a.js", "c.js", "deep/b.wasm", "index.js"]);
    let missing = |name: &str| -> Result<Vec<u8>> {
        if name == "index.js" { Ok(text.into()) } else { anyhow::bail!("no {name}") }
    };
    assert!(config::modules_to_upload(missing).is_err());
}

#[test]
fn the_hash_covers_files_config_and_wrangler() {
    let config = serde_json::json!({ "name": "a" });
    let hash = config::hash(&config, &modules_of_entry("a"), "4.1");
    assert!(hash.len() == 12 && hash == config::hash(&config, &modules_of_entry("a"), "4.1"));
    let other = serde_json::json!({ "name": "b" });
    for changed in [
        config::hash(&other, &modules_of_entry("a"), "4.1"),
        config::hash(&config, &modules_of_entry("b"), "4.1"),
        config::hash(&config, &modules_of_entry("a"), "4.2"),
    ] {
        assert_ne!(changed, hash);
    }
}

#[test]
fn a_secret_that_a_worker_would_refuse_is_refused() {
    for (name, value, expected) in [
        ("ISBNDB_API_KEY", "key\u{200b}", "not printable ASCII"),
        ("ADMIN_TOKEN", "fifteen-letters", "at least 16 characters"),
    ] {
        let mut ports = FakeDeployPorts::new();
        ports.variables.insert(name.to_owned(), value.to_owned());
        let text = format!(
            "{:#}",
            deploy_with_fake_ports(&mut ports, &deploy_input(production_deploy_options()))
                .err()
                .unwrap()
        );
        assert!(text.contains(expected) && !text.contains(value), "{text}");
        assert!(ports.writes.is_empty());
    }
}
