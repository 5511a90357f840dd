//! Conversions between wasm and JavaScript, run in Node: `cargo xtask test` installs the runner.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use js_sys::{Function, Reflect};
use ports::binding_manifest::Var;
use ports::http_types::{Method, Reply};
use ports::{Clock, OutgoingRequest, Transport, TransportError};
use runtime::call_outcome::{Failure, RequestRejection};
use runtime::secret::{SecretError, SecretSource};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use worker::Env;
use workerd::body::JsBufferBody;
use workerd::kv;
use workerd::platform_request_reader::HeaderNames;
use workerd::r2::{self, R2Bucket, R2PutOptions};
use workerd::{
    BindingTransport, EnvPorts, FetchTransport, env, fetch_event, platform_request_reader,
    platform_response,
};

/// Runs a piece of JavaScript.
fn js(code: &str) -> JsValue {
    Function::new_no_args(code).call0(&JsValue::NULL).unwrap()
}

/// An environment from an object literal.
fn environment_from_js(literal: &str) -> Env {
    js(&format!("return {literal}")).unchecked_into()
}

fn incoming(code: &str) -> worker::Request {
    worker::Request::from(js(code).unchecked_into::<web_sys::Request>())
}

fn text(value: &JsValue, name: &str) -> Option<String> {
    Reflect::get(value, &JsValue::from(name)).unwrap().as_string()
}

#[wasm_bindgen_test]
async fn a_request_becomes_plain_data() {
    let mut platform = incoming(
        "return new Request('https://h/author/%E6%9D%91?q=a+b&q=%F0%9F%93%9A', {
            method: 'POST', body: '{\"a\":1}', headers: { 'X-Thing': 'v', cookie: 'c' } })",
    );
    let plain = platform_request_reader::from_worker(&mut platform, 100).await.unwrap();
    assert_eq!(plain.method, Method::Post);
    assert_eq!(plain.path, "/author/%E6%9D%91");
    assert_eq!(
        plain.query,
        [("q".to_owned(), "a b".to_owned()), ("q".to_owned(), "📚".to_owned())]
    );
    assert_eq!(plain.headers.get("x-thing"), Some("v"));
    assert_eq!(plain.body, br#"{"a":1}"#);
}

#[wasm_bindgen_test]
async fn bodies_and_urls_are_capped() {
    for (code, ok) in [
        ("return new Request('https://h/', { method: 'POST', body: 'x'.repeat(10) })", true),
        ("return new Request('https://h/', { method: 'POST', body: 'x'.repeat(11) })", false),
        (
            "return new Request('https://h/', { method: 'POST', body: 'x', headers: { 'content-length': '11' } })",
            false,
        ),
        (
            "return new Request('https://h/', { method: 'POST', duplex: 'half', body: new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(6)) } }) })",
            false,
        ),
        ("return new Request('https://h/?' + 'x'.repeat(20000))", false),
        ("return new Request('https://h/', { method: 'DELETE' })", true),
    ] {
        let result = platform_request_reader::from_worker(&mut incoming(code), 10).await;
        assert_eq!(result.is_ok(), ok, "{code}");
        assert!(
            ok || matches!(result, Err(Failure::Request(RequestRejection::TooLarge { .. }))),
            "{code}"
        );
    }
    let broken = "return new Request('https://h/', { method: 'POST', duplex: 'half',
        body: new ReadableStream({ start(c) { c.error(new Error('gone')) } }) })";
    let result = platform_request_reader::from_worker(&mut incoming(broken), 10).await;
    assert!(matches!(result, Err(Failure::Request(RequestRejection::BadRequest { .. }))));
}

#[wasm_bindgen_test]
fn a_reply_becomes_a_response() {
    let mut plain =
        Reply::with_json_body(200, &7).with_header("x-a", "1").with_header("x-bad", "a\nb");
    plain.headers.append("x-a", "2");
    plain.headers.append("set-cookie", "a=1");
    plain.headers.append("set-cookie", "b=2");
    let response: web_sys::Response = platform_response::into_worker(plain).unwrap().into();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers().get("x-a").unwrap().as_deref(), Some("1, 2"));
    assert_eq!(response.headers().get("set-cookie").unwrap().as_deref(), Some("a=1, b=2"));
    assert!(!response.headers().has("x-bad").unwrap(), "left out, not a failed answer");
    let plain = Reply::empty(200).with_header("x-bad", "a\rb").with_header("x-a", "1");
    let response = platform_response::from_bytes(plain);
    assert!(!response.headers().has("x-bad").unwrap(), "left out, not a failed answer");
    assert_eq!(response.headers().get("x-a").unwrap().as_deref(), Some("1"));
    let not_modified =
        platform_response::from_js_body(&Reply::empty(304), &JsBufferBody::from(b"x".as_slice()));
    assert_eq!((not_modified.status(), not_modified.body()), (304, None));
    // The runtime would throw for a body with these, and for a status out of range.
    for (status, sent) in [(204, 204), (304, 304), (42, 500), (700, 500)] {
        let mut plain = Reply::with_json_body(200, &7);
        plain.status = status;
        let response: web_sys::Response = platform_response::into_worker(plain).unwrap().into();
        assert_eq!(response.status(), sent);
    }
}

#[wasm_bindgen_test]
fn variables_are_texts_or_absent() {
    let env = environment_from_js("({ A: ' 5 ', B: 7, C: true, D: '', E: { get() {} } })");
    let vars = env::worker_variables(&env);
    assert_eq!(vars.bounded_number(Var("A"), 0, 0..=9), Ok(5));
    assert_eq!(vars.bounded_number(Var("B"), 0, 0..=9), Ok(7));
    assert_eq!(vars.boolean(Var("C"), false), Ok(true));
    for name in ["D", "E", "NONE"] {
        assert_eq!(vars.var_text(Var(name)), None, "{name}");
    }
    assert!(env::has_env_entry(&env, "E") && !env::has_env_entry(&env, "NONE"));
    assert_eq!(env::deployed_version(&env), "dev");
    let env =
        environment_from_js("({ CF_VERSION_METADATA: { id: 'abc', tag: '', timestamp: '' } })");
    assert_eq!(env::deployed_version(&env), "abc");
    let env =
        environment_from_js("({ CF_VERSION_METADATA: { id: 'abc', tag: 'h-c', timestamp: '' } })");
    assert_eq!(env::deployed_version(&env), "abc+h-c");
}

#[wasm_bindgen_test]
fn the_caller_is_in_the_props() {
    for (literal, caller) in [
        ("({ props: { caller: 'cache-warmer' } })", Some("cache-warmer")),
        ("({ props: {} })", None),
        ("({})", None),
        ("({ props: { caller: 7 } })", None),
        ("({ props: { caller: '' } })", None),
    ] {
        let context = worker::Context::new(js(&format!("return {literal}")).unchecked_into());
        assert_eq!(env::caller_name(&context).as_deref(), caller, "{literal}");
    }
}

#[wasm_bindgen_test]
async fn a_secret_comes_from_the_store_or_from_a_plain_text() {
    let env = environment_from_js(
        "(() => { globalThis.reads = 0; class Fetcher { constructor(f) { this.get = f } }
        return {
            STORED: new Fetcher(async () => { globalThis.reads++; return 'from store\\n' }),
            ABSENT: new Fetcher(async () => { throw new Error('no such secret') }),
            EMPTY: new Fetcher(async () => ''),
            ADMIN_TOKEN: new Fetcher(async () => 'short'), SEARCH_TOKEN: 'x',
            STUCK: new Fetcher(() => new Promise(() => {})),
            PLAIN: 'from text', BLANK: '' } })()",
    );
    for (name, expected) in [
        ("PLAIN", Ok("from text")),
        ("STORED", Ok("from store")),
        ("BLANK", Err(SecretError::Missing)),
        ("NONE", Err(SecretError::Missing)),
        ("ABSENT", Err(SecretError::Unreadable)),
        ("EMPTY", Err(SecretError::Unreadable)),
        ("ADMIN_TOKEN", Err(SecretError::TooShort)),
        ("SEARCH_TOKEN", Err(SecretError::TooShort)),
        ("STUCK", Err(SecretError::Unreadable)),
    ] {
        let read = EnvPorts(&env).secret(name).await;
        assert_eq!(read.as_ref().map(|secret| secret.expose()).map_err(|e| *e), expected, "{name}");
    }
    assert!(EnvPorts(&env).secret("STORED").await.is_ok());
    assert_eq!(js("return globalThis.reads").as_f64(), Some(1.0), "kept for a while");
}

/// A KV namespace that records its writes.
const KV: &str = "({ KV: (() => { const kept = new Map(); return {
    get: async (keys) => new Map(keys.map((k) => [k, null])),
    getWithMetadata: async (key, options) => {
        globalThis.lastGet = options;
        const one = (k) => ({ value: kept.get(k)?.value ?? null, metadata: kept.get(k)?.options?.metadata ?? null });
        if (Array.isArray(key)) return new Map(key.map((k) => [k, { ...one(k), value: one(k).value && new TextDecoder().decode(one(k).value) }]));
        return one(key);
    },
    put: async (key, value, options) => {
        if (key === 'full') throw new Error('KV PUT failed: 429');
        globalThis.lastPut = options; kept.set(key, { value, options });
    },
    list: async () => ({}), delete: async (key) => { kept.delete(key) } } })() })";

#[wasm_bindgen_test]
async fn kv_keeps_bytes_and_metadata_and_lengthens_a_short_life() {
    let env = environment_from_js(KV);
    let bytes = br#"{"m":{"a":1},"t":"\u00e9"}"#.as_slice();
    kv::put(&env, "KV", "k", &bytes.into(), Some(5), Some("v1 fresh")).await.unwrap();
    assert_eq!(js("return globalThis.lastPut.expirationTtl").as_f64(), Some(60.0));
    let entry = kv::read(&env, "KV", "k").await.unwrap().unwrap();
    assert_eq!(js("return globalThis.lastGet").as_string().as_deref(), Some("arrayBuffer"));
    assert_eq!(
        (entry.value.copy_to_vec().as_slice(), entry.metadata.as_deref()),
        (bytes, Some("v1 fresh"))
    );
    let short = JsBufferBody::from(b"x".as_slice());
    kv::put(&env, "KV", "forever", &short, None, None).await.unwrap();
    assert!(js("return globalThis.lastPut.expirationTtl").is_undefined());
    assert_eq!(kv::read(&env, "KV", "forever").await.unwrap().unwrap().metadata, None);
    assert!(kv::read(&env, "KV", "none").await.unwrap().is_none());
    kv::delete(&env, "KV", "k").await.unwrap();
    assert!(kv::read(&env, "KV", "k").await.unwrap().is_none());
    let error = kv::put(&env, "KV", "full", &short, Some(60), None).await.unwrap_err();
    assert_eq!(error.to_string(), "kv put: too_many_calls");
    for broken in [
        "({})",
        "({ KV: { getWithMetadata: async () => { throw new Error('limit') } } })",
        "({ KV: { getWithMetadata: async () => ({ value: 'text', metadata: null }) } })",
    ] {
        let error = kv::read(&environment_from_js(broken), "KV", "k").await.unwrap_err();
        assert_eq!(error.operation, "kv get", "{broken}");
    }
    let unbound = environment_from_js("({})");
    assert!(kv::put(&unbound, "KV", "k", &short, None, None).await.is_err());
    assert!(kv::delete(&unbound, "KV", "k").await.is_err());
}

#[wasm_bindgen_test]
async fn r2_reads_a_javascript_body_within_its_time() {
    let env = environment_from_js(R2);
    let bucket = R2Bucket::new(&env, "R2").unwrap();
    let metadata = [("schema".to_owned(), "1".to_owned())].into();
    let options = R2PutOptions { metadata, ..R2PutOptions::default() };
    bucket.put("a", b"hello".to_vec(), options).await.unwrap();
    let entry = r2::read_js_body(&env, "R2", "a", "schema", 1_000).await.unwrap().unwrap();
    assert_eq!(
        (entry.value.copy_to_vec(), entry.metadata.as_deref()),
        (b"hello".to_vec(), Some("1"))
    );
    let entry = r2::read_js_body(&env, "R2", "a", "other", 1_000).await.unwrap().unwrap();
    assert_eq!((entry.value.len_bytes(), entry.metadata), (5, None));
    assert!(r2::read_js_body(&env, "R2", "none", "schema", 1_000).await.unwrap().is_none());
    for (broken, detail) in [
        ("({})", "failed"),
        ("({ R2: { get: () => { throw new Error('at once') } } })", "failed"),
        ("({ R2: { get: async () => { throw new Error('later') } } })", "failed"),
        ("({ R2: { get: () => new Promise(() => {}) } })", "timeout"),
        (
            "({ R2: { get: async () => ({ arrayBuffer: () => new Promise(() => {}) }) } })",
            "timeout",
        ),
    ] {
        let error = r2::read_js_body(&environment_from_js(broken), "R2", "a", "schema", 20)
            .await
            .unwrap_err();
        assert_eq!(error.operation, "r2 get");
        assert_eq!(error.kind.to_string(), detail, "{broken}");
    }
}

#[wasm_bindgen_test]
async fn only_the_named_headers_are_read() {
    let request: web_sys::Request = js(
        "return new Request('https://h/a?q=1', { headers: { 'X-Thing': 'v', cookie: 'c', 'x-empty': '' } })",
    )
    .unchecked_into();
    let names = HeaderNames::new(&["x-thing", "x-none", "x-empty"]);
    let (plain, read) = platform_request_reader::with_headers(&request, &names, 100).await;
    assert_eq!(read, Ok(()));
    assert_eq!(
        (plain.method, plain.path.as_str(), plain.param("q")),
        (Method::Get, "/a", Some("1"))
    );
    let headers: Vec<_> = plain.headers.iter().collect();
    assert_eq!(headers, [("x-thing", "v"), ("x-empty", "")]);
}

#[wasm_bindgen_test]
async fn a_request_that_is_refused_keeps_its_headers() {
    for (code, path) in [
        (
            "('https://h/a', { method: 'POST', headers: { 'x-thing': 'v' }, body: 'x'.repeat(11) })",
            "/a",
        ),
        ("('https://h/' + 'a'.repeat(20_000), { headers: { 'x-thing': 'v' } })", "/-"),
    ] {
        let request: web_sys::Request = js(&format!("return new Request{code}")).unchecked_into();
        let names = HeaderNames::new(&["x-thing"]);
        let (plain, read) = platform_request_reader::with_headers(&request, &names, 10).await;
        assert!(matches!(read, Err(Failure::Request(RequestRejection::TooLarge { .. }))), "{code}");
        assert_eq!((plain.path.as_str(), plain.headers.get("x-thing")), (path, Some("v")));
    }
    let overlong = "return new Request('https://h/' + 'a'.repeat(20_000), {
        headers: { 'x-thing': 'v' } })";
    let (plain, read) = platform_request_reader::read_without_body(&incoming(overlong));
    assert!(matches!(read, Err(Failure::Request(RequestRejection::TooLarge { .. }))));
    assert_eq!((plain.path.as_str(), plain.headers.get("x-thing")), ("/-", Some("v")));
}

#[wasm_bindgen_test]
async fn an_event_without_waiting_is_answered_without_a_promise() {
    let made = || platform_response::from_bytes(Reply::empty(204));
    let at_once = fetch_event::respond_to_fetch_event(async move { made() });
    assert!(at_once.is_instance_of::<web_sys::Response>());
    let later = fetch_event::respond_to_fetch_event(async move {
        workerd::JsSystemPorts.sleep(1).await;
        made()
    });
    let promise: js_sys::Promise = later.dyn_into().unwrap();
    let response: web_sys::Response =
        worker::wasm_bindgen_futures::JsFuture::from(promise).await.unwrap().dyn_into().unwrap();
    assert_eq!(response.status(), 204);
}

#[wasm_bindgen_test]
async fn an_error_in_a_task_reaches_the_listeners() {
    let seen = js("return new Promise((seen) => { globalThis.reportError = seen;
            queueMicrotask(() => { throw new Error('lost') }) })");
    let error =
        worker::wasm_bindgen_futures::JsFuture::from(js_sys::Promise::from(seen)).await.unwrap();
    assert_eq!(text(&error, "message").as_deref(), Some("lost"));
}

/// A bucket that keeps one version of each object and honours `onlyIf`.
const R2: &str = "({ R2: new (class R2Bucket {
    kept = new Map(); version = 0;
    object(key, o) { return { key, version: o.etag, size: o.value.length, etag: o.etag,
        httpEtag: o.etag, uploaded: new Date(5), httpMetadata: {}, customMetadata: o.custom,
        checksums: {}, range: { offset: 0, length: o.value.length } } }
    async put(key, value, { onlyIf, customMetadata }) {
        const old = this.kept.get(key);
        if (old && onlyIf?.uploadedBefore <= new Date(5)) return null;
        const o = { value, etag: 'e' + ++this.version, custom: customMetadata ?? {} };
        this.kept.set(key, o);
        return this.object(key, o);
    }
    async get(key, { range } = {}) {
        const o = this.kept.get(key);
        if (!o) return null;
        const part = range ? o.value.slice(range.offset, range.offset + range.length) : o.value;
        return { ...this.object(key, o), bodyUsed: false, body: new Response(part).body,
            arrayBuffer: async () => part.buffer.slice(part.byteOffset, part.byteOffset + part.length) };
    }
    async head(key) { const o = this.kept.get(key); return o ? this.object(key, o) : null }
    async list({ prefix, cursor, limit }) {
        const all = [...this.kept.keys()].filter((k) => k.startsWith(prefix)).sort();
        const from = Number(cursor ?? 0);
        const truncated = from + limit < all.length;
        return { objects: all.slice(from, from + limit).map((k) => this.object(k, this.kept.get(k))),
            truncated, cursor: truncated ? String(from + limit) : undefined, delimitedPrefixes: [] };
    }
    async delete(keys) { for (const k of [keys].flat()) this.kept.delete(k) }
})() })";

#[wasm_bindgen_test]
async fn r2_keeps_bytes_metadata_and_conditions() {
    let bucket = R2Bucket::new(&environment_from_js(R2), "R2").unwrap();
    let options = |older_than_ms| R2PutOptions {
        older_than_ms,
        metadata: [("schema".to_owned(), "1".to_owned())].into(),
        content_type: Some("application/json".to_owned()),
    };
    let first = bucket.put("a/1", b"world".to_vec(), options(None)).await.unwrap().unwrap();
    assert_eq!(first.metadata["schema"], "1");
    let old = bucket.put("a/1", b"old".to_vec(), options(Some(5))).await.unwrap();
    assert!(old.is_none(), "it was stored at 5");
    let whole = bucket.get_range("a/1", 0, 100).await.unwrap().unwrap();
    assert_eq!((whole.bytes.as_slice(), &whole.head), (b"world".as_slice(), &first));
    assert_eq!((whole.head.size_bytes, whole.head.uploaded_at_ms), (5, 5));
    let part = bucket.get_range("a/1", 1, 3).await.unwrap().unwrap();
    assert_eq!(part.bytes, b"orl");
    assert!(bucket.get_range("none", 0, 100).await.unwrap().is_none());
    assert!(bucket.head("none").await.unwrap().is_none());
    for (key, than_ms) in [("a/1", 6), ("a/4", 0)] {
        let stored = bucket.put(key, b"new".to_vec(), options(Some(than_ms))).await.unwrap();
        assert!(stored.is_some(), "{key}");
    }
    bucket.delete("a/4").await.unwrap();
    for key in ["a/2", "a/3", "b/1"] {
        bucket.put(key, b"x".to_vec(), R2PutOptions::default()).await.unwrap();
    }
    let page = bucket.list("a/", None, 2).await.unwrap();
    assert_eq!(page.objects.iter().map(|o| o.key.as_str()).collect::<Vec<_>>(), ["a/1", "a/2"]);
    let rest = bucket.list("a/", page.cursor.as_deref(), 2).await.unwrap();
    assert_eq!((rest.objects.len(), rest.cursor), (1, None));
    bucket.delete("a/1").await.unwrap();
    bucket.delete("none").await.unwrap();
    assert!(bucket.head("a/1").await.unwrap().is_none());
}

/// A binding whose `fetch` is this JavaScript function of the request.
fn binding_with_fetch(fetch: &str) -> BindingTransport {
    let literal = format!(
        "({{ ISBNDB_WORKER: new (class Fetcher {{ fetch(request) {{ return ({fetch})(request) }} }})() }})"
    );
    BindingTransport::new(&environment_from_js(&literal), "ISBNDB_WORKER").unwrap()
}

#[wasm_bindgen_test]
async fn a_binding_is_called_with_an_absolute_url_and_answers_whole() {
    let transport = binding_with_fetch(
        "async (request) => { globalThis.seen = { url: request.url, method: request.method,
            redirect: request.redirect, trace: request.headers.get('traceparent'),
            body: await request.text() };
            return new Response('answer', { status: 404, headers: { 'x-a': '1' } }) }",
    );
    let mut sent = OutgoingRequest::new_without_body(Method::Post, "/books?x=%20")
        .with_header("traceparent", "t");
    sent.body = b"[1]".to_vec();
    let answer = transport.send(sent, 1_000, 100).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (404, b"answer".as_slice()));
    assert_eq!(answer.headers.get("x-a"), Some("1"));
    let seen = js("return globalThis.seen");
    for (name, value) in [
        ("url", "https://isbndb-worker.internal/books?x=%20"),
        ("method", "POST"),
        ("redirect", "manual"),
        ("trace", "t"),
        ("body", "[1]"),
    ] {
        assert_eq!(text(&seen, name).as_deref(), Some(value), "{name}");
    }
}

#[wasm_bindgen_test]
async fn timeouts_broken_and_large_bodies_are_distinguished() {
    use TransportError::{Timeout, TooLarge, Unreachable};
    for (fetch, expected) in [
        ("() => new Promise(() => {})", Err(Timeout)),
        (
            "async () => new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(1)) } }))",
            Err(Timeout),
        ),
        ("async () => { throw new Error('worker threw') }", Err(Unreachable)),
        ("() => { throw new TypeError('at once') }", Err(Unreachable)),
        (
            "async () => new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(1)); c.error(new Error('cut')) } }))",
            Err(Unreachable),
        ),
        (
            "async () => new Response('ab', { headers: { 'content-length': '9' } })",
            Err(Unreachable),
        ),
        (
            "async () => new Response('ab', { headers: { 'content-length': '9', 'content-encoding': 'gzip' } })",
            Ok(2),
        ),
        ("async () => new Response('x'.repeat(11))", Err(TooLarge)),
        ("async () => new Response('', { headers: { 'content-length': '11' } })", Err(TooLarge)),
        ("async () => new Response('x'.repeat(10))", Ok(10)),
        ("async () => new Response(null, { status: 204 })", Ok(0)),
    ] {
        let answer = binding_with_fetch(fetch).send(OutgoingRequest::get("/"), 60, 10).await;
        assert_eq!(answer.map(|answer| answer.body.len()), expected, "{fetch}");
    }
}

#[wasm_bindgen_test]
async fn a_dropped_request_is_aborted() {
    let transport = binding_with_fetch(
        "(request) => { globalThis.aborted = false;
            request.signal.addEventListener('abort', () => { globalThis.aborted = true });
            return new Promise(() => {}) }",
    );
    let answer = transport.send(OutgoingRequest::get("/"), 30, 10).await;
    assert_eq!(answer, Err(TransportError::Timeout));
    assert_eq!(js("return globalThis.aborted").as_bool(), Some(true), "by the deadline");
    // Dropped by the caller: another provider was faster.
    let given_up = workerd::js_system_ports::with_timeout(
        20,
        transport.send(OutgoingRequest::get("/"), 5_000, 10),
    )
    .await;
    assert!(given_up.is_none());
    assert_eq!(js("return globalThis.aborted").as_bool(), Some(true), "by the caller");
}

#[wasm_bindgen_test]
async fn a_provider_fetch_does_not_follow_redirects() {
    js("globalThis.fetch = async (request) => { globalThis.asked = request;
        return new Response('moved', { status: 302, headers: { location: 'https://elsewhere/' } }) }");
    let answer = FetchTransport.send(OutgoingRequest::get("https://h/x"), 1_000, 10).await.unwrap();
    assert_eq!(answer.status, 302);
    let asked = js("return globalThis.asked");
    assert_eq!(text(&asked, "redirect").as_deref(), Some("manual"));
    assert_eq!(text(&asked, "url").as_deref(), Some("https://h/x"));
    let bad = FetchTransport.send(OutgoingRequest::get("not a url"), 1_000, 10).await;
    assert_eq!(bad, Err(TransportError::Unreachable));
}

#[wasm_bindgen_test]
async fn a_delay_of_a_month_waits_and_is_cleared_on_drop() {
    use ports::Clock;
    js("globalThis.live = new Set();
        const [set, clear] = [setTimeout, clearTimeout];
        globalThis.setTimeout = (f, ms) => { const t = set(() => { live.delete(t); f() }, ms); live.add(t); return t };
        globalThis.clearTimeout = (t) => { live.delete(t); clear(t) }");
    let month_ms = 30 * 86_400_000;
    let slept =
        workerd::js_system_ports::with_timeout(30, workerd::JsSystemPorts.sleep(month_ms)).await;
    assert!(slept.is_none());
    assert_eq!(
        js("return live.size").as_f64(),
        Some(0.0),
        "a timer left behind keeps an object awake"
    );
}
