use anyhow::Result;

use super::super::config::WranglerEnvironmentConfig;
use super::super::destroy::{DestroyOptions, destroy_workers};
use super::fake_deploy_ports::{DeployFault, FakeDeployPorts};
use super::{deploy_input, deploy_with_fake_ports, production_deploy_options};
use crate::workspace::Worker;

const BUCKET: &str = "personal-library-data";

fn production_configs() -> [WranglerEnvironmentConfig; 3] {
    Worker::ALL.map(|worker| WranglerEnvironmentConfig::read(worker, "production").unwrap())
}

fn destroy_test_deployment(ports: &mut FakeDeployPorts, data: bool) -> Result<()> {
    let options = DestroyOptions { env: "production".to_owned(), data, yes: true };
    destroy_workers(ports, &options, &production_configs(), &mut None)
}

fn deployed_fake_ports() -> FakeDeployPorts {
    let mut ports = FakeDeployPorts::new();
    deploy_with_fake_ports(&mut ports, &deploy_input(production_deploy_options())).unwrap();
    ports.objects.insert(BUCKET.to_owned(), vec!["uploads/my books.csv".to_owned()]);
    ports.for_next_run()
}

#[test]
fn callers_go_first_and_data_stays() {
    let mut ports = deployed_fake_ports();
    destroy_test_deployment(&mut ports, false).unwrap();
    let force = |name| format!("DELETE /workers/services/{name}?force=true");
    let workers =
        ["personal-library-cache-warmer", "books-api-proxy", "isbndb-biography-worker-production"]
            .map(force);
    assert_eq!(ports.writes.get(..3).unwrap(), workers);
    assert!(ports.seen.queues.is_empty() && ports.seen.announced.is_empty());
    assert_eq!((ports.seen.namespaces.len(), ports.seen.buckets.len()), (2, 1));
    let mut ports = ports.for_next_run();
    destroy_test_deployment(&mut ports, false).unwrap();
    assert!(ports.writes.is_empty() && ports.printed_text().contains("Nothing to remove"));
}

#[test]
fn data_is_removed_on_demand_and_the_secrets_store_never() {
    let mut ports = deployed_fake_ports();
    destroy_test_deployment(&mut ports, true).unwrap();
    assert!(ports.seen.namespaces.is_empty() && ports.seen.buckets.is_empty());
    assert!(ports.seen.stored.contains("ADMIN_TOKEN"));
    assert!(
        ports
            .writes
            .contains(&format!("DELETE /r2/buckets/{BUCKET}/objects/uploads%2Fmy%20books.csv"))
    );
}

#[test]
fn another_answer_than_the_name_removes_nothing() {
    for answer in ["", "y", "staging"] {
        let mut ports = deployed_fake_ports();
        ports.answers.push_back(answer.to_owned());
        let options = DestroyOptions { env: "production".to_owned(), data: true, yes: false };
        assert!(destroy_workers(&mut ports, &options, &production_configs(), &mut None).is_err());
        assert!(ports.writes.is_empty());
    }
}

#[test]
fn every_call_of_a_removal_may_fail() {
    let deployed = deployed_fake_ports();
    for fault in DeployFault::ALL {
        for at in 1..40 {
            let mut ports = deployed.clone();
            ports.fault = Some((at, fault));
            let outcome = destroy_test_deployment(&mut ports, true);
            if let Err(error) = &outcome {
                let text = format!("{error:#}");
                assert!(ports.writes.is_empty() || text.contains("removed so far"), "{text}");
            }
            let mut ports = ports.for_next_run();
            destroy_test_deployment(&mut ports, true).unwrap();
            assert!(ports.seen.workers.is_empty() && ports.seen.buckets.is_empty());
            assert!(ports.seen.namespaces.is_empty() && ports.seen.queues.is_empty());
        }
    }
}
