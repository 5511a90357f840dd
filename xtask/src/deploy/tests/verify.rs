use serde_json::{Value, json};

use super::super::deployment_verification::{DeployedWorkers, VerifyOptions, verify_deployment};
use super::fake_deploy_ports::FakeDeployPorts;
use crate::dev::HttpResponse;

fn test_reply(status: u16, body: &Value) -> HttpResponse {
    HttpResponse { status, body: body.to_string(), ..HttpResponse::default() }
}

/// A search answered by a tier.
fn response_with_x_cache(tier: &str) -> HttpResponse {
    let headers = [("x-cache", tier), ("x-response-time", "7")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    HttpResponse { status: 200, headers, ms: 40, ..HttpResponse::default() }
}

/// A deployment in which everything works.
fn working() -> FakeDeployPorts {
    let mut ports = FakeDeployPorts::new();
    ports.variables.insert("ADMIN_TOKEN".to_owned(), "secret".to_owned());
    let mut add = |key: &str, replies: Vec<HttpResponse>| ports.web.insert(key.to_owned(), replies);
    for (host, worker) in [("proxy", "books-api-proxy"), ("warmer", "cache-warmer")] {
        let health = json!({ "worker": worker, "status": "healthy", "version": "v", "hash": "h" });
        add(&format!("GET https://{host}/health"), vec![test_reply(200, &health)]);
    }
    let job = |state: &str, done| json!({ "state": state, "items": { "done": done, "total": 12 } });
    let accepted = test_reply(202, &json!({ "jobs": [{ "id": "verify-1" }] }));
    add("POST https://warmer/upload?name=verify.csv", vec![accepted]);
    let states = vec![test_reply(200, &job("warming", 3)), test_reply(200, &job("done", 12))];
    add("GET https://warmer/jobs/verify-1", states);
    let library = std::fs::read_to_string("sample/verify.csv").unwrap();
    for cell in library.lines().skip(1).flat_map(|line| line.split(',').skip(1)) {
        let url = format!("GET https://proxy/search/auto?q={}", cell.replace(' ', "%20"));
        add(
            &url,
            vec![
                response_with_x_cache("HIT-R2-COLD"),
                response_with_x_cache("HIT-KV-HOT"),
                response_with_x_cache("HIT-MEMORY"),
            ],
        );
    }
    ports
}

const DEPLOYED_WORKER_NAMES: [&str; 3] =
    ["isbndb", "books-api-proxy", "personal-library-cache-warmer"];

fn verify_played_account(ports: &mut FakeDeployPorts, yes: bool) -> Result<(), String> {
    let options = VerifyOptions { env: "production".to_owned(), url: None, yes };
    let target = DeployedWorkers {
        proxy: "https://proxy".to_owned(),
        warmer: "https://warmer".to_owned(),
        account: Some("account-0".to_owned()),
        names: DEPLOYED_WORKER_NAMES.map(str::to_owned).to_vec(),
    };
    verify_deployment(ports, &options, &target, None).map_err(|error| format!("{error:#}"))
}

#[test]
fn each_tier_is_shown_with_its_times() {
    let mut ports = working();
    verify_played_account(&mut ports, true).unwrap();
    let text = ports.printed_text();
    for (tier, answers) in [("HIT-MEMORY", "12"), ("HIT-KV-HOT", "12"), ("HIT-R2-COLD", "12")] {
        let line = text.lines().find(|line| line.starts_with(tier)).unwrap();
        let words: Vec<_> = line.split_whitespace().collect();
        assert_eq!(words.get(1..5).unwrap(), [answers, "7,", "7", "40"], "{line}");
    }
    let watched = "books-api-proxy: 3 invocations seen, CPU ms 4 (median), 90 (most); over the CPU limit \
                   (1102): 1; limited (429): 1";
    assert!(text.contains(watched) && ports.tails.is_empty(), "{text}");
    assert!(text.contains("personal-library-cache-warmer is healthy: version v"), "{text}");
    assert!(text.contains("isbndb: no invocation was logged"), "{text}");
    assert!(text.contains("answered from cache") && !text.contains("secret"), "{text}");
}

#[test]
fn each_fault_is_named_with_the_next_step() {
    let search = "GET https://proxy/search/auto?q=9780547928227";
    let job = "GET https://warmer/jobs/verify-1";
    let upload = "POST https://warmer/upload?name=verify.csv";
    let sick = json!({ "storage": { "LEDGER": { "error": "no rows left" } } });
    let other = json!({ "worker": "cache-warmer", "status": "healthy" });
    let ended = json!({ "state": "done", "items": { "done": 9, "total": 12 } });
    let limited = json!({ "detail": "30 a minute" });
    let cpu = HttpResponse {
        status: 503,
        body: "error code: 1102".to_owned(),
        ..HttpResponse::default()
    };
    for (place, answer, expected) in [
        ("GET https://warmer/health", test_reply(503, &sick), "LEDGER: no rows left\nDeploy again"),
        ("GET https://proxy/health", HttpResponse::default(), "health answers nothing"),
        ("GET https://proxy/health", test_reply(200, &other), "is not books-api-proxy's"),
        (
            upload,
            test_reply(403, &json!({ "detail": "wrong" })),
            "does not accept this ADMIN_TOKEN",
        ),
        (upload, test_reply(500, &json!({})), "did not take the file"),
        (job, test_reply(200, &ended), "done with 9 of 12 warm"),
        (job, test_reply(200, &json!({ "state": "failed", "error": "no rows" })), "(no rows)"),
        (job, test_reply(502, &json!({})), "not over after five minutes"),
        (search, test_reply(429, &limited), "429: 30 a minute"),
        (search, cpu, "more CPU time than the plan allows (1102)"),
        (search, response_with_x_cache("MISS"), "not answered from cache: 9780547928227"),
    ] {
        let mut ports = working();
        ports.web.insert(place.to_owned(), vec![answer]);
        let text = verify_played_account(&mut ports, true).unwrap_err();
        assert!(text.contains(expected), "{place}: {text}");
    }
}

#[test]
fn nothing_is_uploaded_without_a_yes() {
    let mut ports = working();
    ports.web.remove("POST https://warmer/upload?name=verify.csv");
    ports.answers.push_back(String::new());
    verify_played_account(&mut ports, false).unwrap();
    assert!(ports.questions[0].contains("at most 12 units"));
    let mut ports = working();
    ports.variables.clear();
    assert!(verify_played_account(&mut ports, true).unwrap_err().contains("set ADMIN_TOKEN"));
    ports.answers = ["y", "secret"].map(str::to_owned).into();
    verify_played_account(&mut ports, false).unwrap();
}
