use anyhow::Result;

use super::super::config::WorkerEnvironmentConfig;
use super::super::destroy::{DestroyOptions, destroy_workers};
use super::played::{Played, PlayedFault};
use super::{deploy_input, play_deploy, production_options};
use crate::workspace::Worker;

const BUCKET: &str = "personal-library-data";

fn production_configs() -> [WorkerEnvironmentConfig; 3] {
    Worker::ALL.map(|worker| WorkerEnvironmentConfig::read(worker, "production").unwrap())
}

fn destroy(played: &mut Played, data: bool) -> Result<()> {
    let options = DestroyOptions { env: "production".to_owned(), data, yes: true };
    destroy_workers(played, &options, &production_configs(), &mut None)
}

fn deployed() -> Played {
    let mut played = Played::new();
    play_deploy(&mut played, &deploy_input(production_options())).unwrap();
    played.objects.insert(BUCKET.to_owned(), vec!["uploads/my books.csv".to_owned()]);
    played.again()
}

#[test]
fn callers_go_first_and_data_stays() {
    let mut played = deployed();
    destroy(&mut played, false).unwrap();
    let force = |name| format!("DELETE /workers/services/{name}?force=true");
    let workers =
        ["personal-library-cache-warmer", "books-api-proxy", "isbndb-biography-worker-production"]
            .map(force);
    assert_eq!(played.writes.get(..3).unwrap(), workers);
    assert!(played.seen.queues.is_empty() && played.seen.announced.is_empty());
    assert_eq!((played.seen.namespaces.len(), played.seen.buckets.len()), (2, 1));
    let mut played = played.again();
    destroy(&mut played, false).unwrap();
    assert!(played.writes.is_empty() && played.printed_text().contains("Nothing to remove"));
}

#[test]
fn data_is_removed_on_demand_and_the_secrets_store_never() {
    let mut played = deployed();
    destroy(&mut played, true).unwrap();
    assert!(played.seen.namespaces.is_empty() && played.seen.buckets.is_empty());
    assert!(played.seen.stored.contains("ADMIN_TOKEN"));
    assert!(
        played
            .writes
            .contains(&format!("DELETE /r2/buckets/{BUCKET}/objects/uploads%2Fmy%20books.csv"))
    );
}

#[test]
fn another_answer_than_the_name_removes_nothing() {
    for answer in ["", "y", "staging"] {
        let mut played = deployed();
        played.answers.push_back(answer.to_owned());
        let options = DestroyOptions { env: "production".to_owned(), data: true, yes: false };
        assert!(destroy_workers(&mut played, &options, &production_configs(), &mut None).is_err());
        assert!(played.writes.is_empty());
    }
}

#[test]
fn every_call_of_a_removal_may_fail() {
    let deployed = deployed();
    for fault in PlayedFault::ALL {
        for at in 1..40 {
            let mut played = deployed.clone();
            played.fault = Some((at, fault));
            let outcome = destroy(&mut played, true);
            if let Err(error) = &outcome {
                let text = format!("{error:#}");
                assert!(played.writes.is_empty() || text.contains("removed so far"), "{text}");
            }
            let mut played = played.again();
            destroy(&mut played, true).unwrap();
            assert!(played.seen.workers.is_empty() && played.seen.buckets.is_empty());
            assert!(played.seen.namespaces.is_empty() && played.seen.queues.is_empty());
        }
    }
}
