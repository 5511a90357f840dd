//! The program over TCP: behaviour that only a real connection shows.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's helpers fail the test by panicking"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

struct Program {
    child: Child,
    port: u16,
}

impl Program {
    fn spawn_emulators(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_emulators"))
            .args(["--exit-with-stdin", "--complete"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        assert_eq!(ready["googleBooks"], format!("http://127.0.0.1:{port}/google/books/v1"));
        Self { child, port }
    }

    /// Sends a request and reads until the connection ends.
    fn raw(
        &self,
        method: &str,
        target: &str,
        headers: &str,
        body: &str,
    ) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let length = body.len();
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }

    fn send_raw_request(
        &self,
        method: &str,
        target: &str,
        headers: &str,
        body: &str,
    ) -> HttpResponse {
        let raw = String::from_utf8(self.raw(method, target, headers, body).unwrap()).unwrap();
        let (head, body) = raw.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        HttpResponse { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn ask_google(&self, key: &str) -> HttpResponse {
        let target = format!("/google/books/v1/volumes?q=isbn:9780441172719&key={key}");
        self.send_raw_request("GET", &target, "", "")
    }

    fn fetch_isbndb(&self, target: &str) -> HttpResponse {
        self.send_raw_request(
            "GET",
            &format!("/isbndb/{target}"),
            "authorization: isbndb-key\r\n",
            "",
        )
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.send_raw_request(method, &format!("/__control/{path}"), "", &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body_json()
    }

    fn fault(&self, rule: &Value) {
        self.control("POST", "faults", rule);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let ended = self.child.wait().unwrap();
        assert!(ended.success() || std::thread::panicking());
    }
}

struct HttpResponse {
    status: u16,
    head: String,
    body: String,
}

impl HttpResponse {
    fn body_json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }
}

#[test]
fn connection_faults_reach_the_socket_and_end() {
    let program = Program::spawn_emulators(&[]);
    let target = "/google/books/v1/volumes?q=isbn:9780441172719&key=google-key-1";

    program.fault(&json!({ "provider": "google", "fault": "reset", "times": 1 }));
    let reset = program.raw("GET", target, "", "").unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(program.ask_google("google-key-1").status, 200);

    program.fault(&json!({ "provider": "google", "fault": "cut_body", "times": 1 }));
    let cut = String::from_utf8(program.raw("GET", target, "", "").unwrap()).unwrap();
    let (head, body) = cut.split_once("\r\n\r\n").unwrap();
    let promised = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|length| length.parse::<usize>().ok());
    assert!(promised.unwrap() > body.len() && !body.is_empty(), "{promised:?} {}", body.len());

    program.fault(&json!({ "provider": "google", "fault": "cut_chunked", "times": 1 }));
    let cut = String::from_utf8(program.raw("GET", target, "", "").unwrap()).unwrap();
    assert!(cut.contains("transfer-encoding: chunked") && !cut.contains("content-length"), "{cut}");
    assert!(cut.contains("\"items\"") && !cut.ends_with("0\r\n\r\n"), "{cut}");

    program.fault(&json!({ "provider": "google", "fault": "stall", "times": 1 }));
    let mut stream = TcpStream::connect(("127.0.0.1", program.port)).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut begun = Vec::new();
    let silent = stream.read_to_end(&mut begun).unwrap_err();
    assert!(matches!(silent.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut));
    assert!(String::from_utf8(begun).unwrap().contains("\"items\""), "half of the body arrives");

    program.fault(&json!({ "provider": "google", "fault": "hang", "times": 1 }));
    let mut stream = TcpStream::connect(("127.0.0.1", program.port)).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let silent = stream.read(&mut [0]).unwrap_err();
    assert!(matches!(silent.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut));

    assert_eq!(program.ask_google("google-key-1").status, 200);
    let log = program.control("GET", "log?since=0", &Value::Null);
    let faults: Vec<&Value> =
        log["requests"].as_array().unwrap().iter().map(|request| &request["fault"]).collect();
    assert_eq!(
        faults,
        [
            &json!("reset"),
            &Value::Null,
            &json!("cut_body"),
            &json!("cut_chunked"),
            &json!("stall"),
            &json!("hang"),
            &Value::Null
        ]
    );
}

#[test]
fn only_googles_etags_change_between_requests() {
    let program = Program::spawn_emulators(&[]);
    let item = || program.ask_google("google-key-1").body_json()["items"][0].clone();
    let (mut one, mut other) = (item(), item());
    let (first, second) = (one["etag"].take(), other["etag"].take());
    assert!(first.is_string() && second.is_string());
    assert_ne!(first, second);
    assert_eq!(one, other);
}

#[test]
fn body_and_status_faults_change_the_answer() {
    let program = Program::spawn_emulators(&["--isbndb-plan", "enterprise"]);
    let ask = |rule: Value| {
        program.fault(&json!({ "provider": "all", "fault": "none" }));
        program.fault(&rule);
        program.fetch_isbndb("book/9780441172719")
    };
    let of = |fault: &str| json!({ "provider": "isbndb", "fault": fault });
    let bad = ask(of("bad_json"));
    assert!(bad.status == 200 && serde_json::from_str::<Value>(&bad.body).is_err());
    assert!(ask(of("html")).head.contains("text/html"));
    assert_eq!(ask(of("empty")).body_json(), json!({}));
    let moved = ask(of("redirect"));
    assert!(moved.status == 302 && moved.head.contains("location: http://127.0.0.1:9/"));
    assert_ne!(ask(of("wrong_book")).body_json()["book"]["isbn13"], "9780441172719");
    assert!(ask(of("huge")).body.len() > 8 * 1024 * 1024);
    let unavailable =
        ask(json!({ "provider": "isbndb", "fault": "status", "status": 503, "retryAfter": "7" }));
    assert!(unavailable.status == 503 && unavailable.head.contains("retry-after: 7\r\n"));
    assert_eq!(
        unavailable.head.matches("retry-after").count(),
        1,
        "the rule's header replaces the provider's"
    );
    let day = ask(json!({ "provider": "all", "fault": "status", "status": 429, "scope": "day" }));
    assert!(day.body.contains("Daily quota"));
    let own = ask(json!({ "provider": "isbndb", "fault": "status", "status": 200, "body": "" }));
    assert_eq!((own.status, own.body.as_str()), (200, ""));
    let other =
        ask(json!({ "provider": "isbndb", "fault": "status", "status": 500, "path": "author/" }));
    assert_eq!(other.body_json()["book"]["isbn13"], "9780441172719");
}

#[test]
fn a_fault_uses_quota_like_the_real_answer() {
    let program = Program::spawn_emulators(&[]);
    program.control("POST", "settings", &json!({ "pace": false }));
    let spent = || {
        let settings = program.control("GET", "settings", &Value::Null);
        let quotas = settings["quota"].as_array().unwrap();
        quotas.iter().find(|quota| quota["provider"] == "isbndb").unwrap()["spent"].clone()
    };
    for (rule, units) in [
        (json!({ "fault": "status", "status": 500 }), 1),
        (json!({ "fault": "status", "status": 404 }), 2),
        (json!({ "fault": "status", "status": 401 }), 2),
        (json!({ "fault": "status", "status": 403 }), 2),
        (json!({ "fault": "status", "status": 429 }), 2),
        (json!({ "fault": "html", "status": 429 }), 3),
        (json!({ "fault": "bad_json" }), 4),
    ] {
        let mut whole = rule.clone();
        whole["provider"] = json!("isbndb");
        program.fault(&whole);
        program.fetch_isbndb("book/9780441172719");
        assert_eq!(spent(), units, "{rule}");
    }
    program.control("POST", "settings", &json!({ "pace": true, "advanceClockMs": 60_000 }));
    program.fault(&json!({ "provider": "isbndb", "fault": "html", "times": 2 }));
    assert!(program.fetch_isbndb("key").head.contains("text/html"));
    let refused = program.fetch_isbndb("key");
    assert!(refused.status == 429 && refused.body.contains("Per minute quota"), "{}", refused.body);
    let rules = program.control("GET", "faults", &Value::Null);
    assert_eq!(rules["faults"][0]["times"], 1, "a refused request does not use up a rule");
    program.fault(&json!({ "provider": "isbndb", "fault": "hang" }));
    let mut stream = TcpStream::connect(("127.0.0.1", program.port)).unwrap();
    write!(stream, "GET /isbndb/key HTTP/1.1\r\nhost: x\r\nauthorization: isbndb-key\r\n\r\n")
        .unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(stream.read(&mut [0]).is_err(), "a hang applies before a refusal");
}

#[test]
fn a_spent_quota_returns_on_the_next_day() {
    let program = Program::spawn_emulators(&["--google-daily", "2", "--quota-day-secs", "3600"]);
    assert_eq!(program.ask_google("google-key-1").status, 200);
    assert_eq!(program.ask_google("google-key-1").status, 200);
    let spent = program.ask_google("google-key-1");
    assert_eq!(spent.status, 429);
    let metadata = &spent.body_json()["error"]["details"][0]["metadata"];
    assert_eq!(metadata["quota_limit_value"], "2");
    assert_eq!(program.ask_google("google-key-2").status, 200, "the other key has its own quota");
    assert_eq!(program.ask_google("nonsense").status, 400);

    let quota = json!({ "quota": [{ "provider": "isbndb", "key": "isbndb-key", "left": 1 }] });
    program.control("POST", "settings", &quota);
    let last = program.fetch_isbndb("key").body_json();
    assert_eq!(last["plan_limit"], json!({ "total": 1000, "spent": 1000, "left": 0 }));
    program.control("POST", "settings", &json!({ "pace": false }));
    assert!(program.fetch_isbndb("key").body.contains("Daily quota exceeded"));

    program.control("POST", "settings", &json!({ "advanceClockMs": 3_600_000 }));
    assert_eq!(program.ask_google("google-key-1").status, 200);
    let back = program.fetch_isbndb("key");
    assert!(back.status == 200 && back.head.contains("\"daily\";r=999;t="), "{}", back.head);
    let counts = program.control("GET", "counts", &Value::Null);
    assert_eq!(counts["google"]["refusedQuota"], 1);
    assert_eq!(counts["google"]["units"], 4);
    assert_eq!(counts["isbndb"]["byStatus"], json!({ "200": 2, "429": 1 }));
}

#[test]
fn the_log_has_each_request_and_no_key() {
    let program = Program::spawn_emulators(&[]);
    program.ask_google("google-key-2");
    let headers =
        "authorization: isbndb-key\r\ntraceparent: 00-1-2-01\r\nuser-agent: test (a@b.example)\r\n";
    let body = "{\"isbns\":[\"9780441172719\",\"9780593098230\"]}";
    assert_eq!(program.send_raw_request("POST", "/isbndb/books", headers, body).status, 200);
    let wrong_host = program.send_raw_request("GET", "/isbndb-host/premium/key", headers, "");
    assert_eq!(wrong_host.status, 403);
    let text = program.control("GET", "log", &Value::Null).to_string();
    assert!(!text.contains("google-key-2") && !text.contains("isbndb-key"), "{text}");
    let log: Value = serde_json::from_str(&text).unwrap();
    let requests = log["requests"].as_array().unwrap();
    assert_eq!(requests[0]["key"], "google-2");
    assert_eq!(requests[0]["query"], "q=isbn:9780441172719&key=google-2");
    assert_eq!((&requests[1]["units"], &requests[1]["body"]["count"]), (&json!(2), &json!(2)));
    assert_eq!(
        (&requests[1]["traceparent"], &requests[1]["userAgent"]),
        (&json!(true), &json!("test (a@b.example)"))
    );
    assert_eq!(requests[2]["status"], 403);
    let seq = log["seq"].as_u64().unwrap();
    assert_eq!(
        program.control("GET", &format!("log?since={seq}"), &Value::Null)["requests"],
        json!([])
    );
    program.control("POST", "log/clear", &Value::Null);
    program.ask_google("google-key-1");
    let after = program.control("GET", "log", &Value::Null);
    assert_eq!(after["requests"][0]["seq"], seq + 1, "numbers are not reused");
}

#[test]
fn open_library_limits_by_user_agent_and_pace() {
    let program = Program::spawn_emulators(&[]);
    let ask = |agent: &str| {
        program.send_raw_request(
            "GET",
            "/openlibrary/search.json?q=dune",
            &format!("user-agent: {agent}\r\n"),
            "",
        )
    };
    assert_eq!(ask("python-requests/2.31").status, 403);
    assert_eq!(ask("Mozilla/5.0").status, 200);
    let second = ask("Mozilla/5.0");
    assert_eq!((second.status, second.head.contains("retry-after")), (429, false));
    for _ in 0..6 {
        assert_eq!(ask("test/1.0 (a@b.example)").status, 200, "a burst is answered");
    }
    let counts = program.control("GET", "counts", &Value::Null);
    assert!(
        counts["openlibrary"]["overPolicy"].as_u64().unwrap() > 0,
        "requests over the policy are counted"
    );
    program.control("POST", "settings", &json!({ "openLibraryStrict": true }));
    assert_eq!(ask("test/1.0 (a@b.example)").status, 429);
    program.control("POST", "reset", &Value::Null);
    assert_eq!(ask("test/1.0 (a@b.example)").status, 200);
}

#[test]
fn the_control_api_refuses_what_it_cannot_read() {
    let program = Program::spawn_emulators(&["--no-lookalikes"]);
    for (path, body) in [
        ("faults", r#"{"provider":"bing","fault":"reset"}"#),
        ("faults", r#"{"provider":"google","fault":"flood"}"#),
        ("settings", r#"{"generatoin":1}"#),
        ("settings", r#"{"quota":[{"provider":"isbndb","key":"nobody","spent":1}]}"#),
    ] {
        assert_eq!(
            program.send_raw_request("POST", &format!("/__control/{path}"), "", body).status,
            400,
            "{body}"
        );
    }
    let books = program.control("GET", "catalogue", &Value::Null);
    let books = books["books"].as_array().unwrap();
    assert!(books.len() > 50, "the built-in library");
    let has_kind = |book: &Value| book["kind"] == "listed" || book["kind"] == "example";
    let known_to = |book: &Value| book["knownTo"].as_array().unwrap().len();
    assert!(books.iter().all(|book| has_kind(book) && known_to(book) == 3));
    let changed = program.control(
        "POST",
        "settings",
        &json!({ "generation": 1, "latencyMs": { "isbndb": 5 } }),
    );
    assert_eq!(
        changed["settings"]["latencyMs"],
        json!({ "google": 0, "openlibrary": 0, "isbndb": 5 })
    );
    let restored = program.control("POST", "settings", &json!({ "restoreAll": true }));
    assert_eq!(restored["settings"]["generation"], 2);
}

#[test]
fn the_program_ends_with_its_parent() {
    let mut parent = Command::new("sleep").arg("60").spawn().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_emulators"))
        .args(["--parent-pid", &parent.id().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(child.try_wait().unwrap().is_none(), "ended before its parent");
    // No `wait`: a killed parent may stay a zombie.
    parent.kill().unwrap();
    let ended = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        child.try_wait().unwrap().is_some()
    });
    child.kill().ok();
    child.wait().unwrap();
    parent.wait().unwrap();
    assert!(ended);
}
