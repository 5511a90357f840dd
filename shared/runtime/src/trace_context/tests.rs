use std::cell::Cell;

use proptest::prelude::*;

use super::*;

/// Counts up, so that ids differ and tests can expect them.
#[derive(Default)]
struct SequentialRandom(Cell<u64>);

impl RandomSource for SequentialRandom {
    fn uniform(&self) -> f64 {
        0.5
    }
    fn bits(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

const TEST_TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
const TEST_SPAN_ID: &str = "b7ad6b7169203331";

fn headers_from_pairs(pairs: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::default();
    for (name, value) in pairs {
        headers.append(name, *value);
    }
    headers
}

fn continues_trace(pairs: &[(&str, &str)]) -> bool {
    TraceContext::from_headers(&headers_from_pairs(pairs), &SequentialRandom::default()).trace_id()
        == TEST_TRACE_ID
}

#[test]
fn the_specification_s_cases_of_traceparent() {
    let full = format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01");
    let cases: &[(&str, String, bool)] = &[
        ("valid", full.clone(), true),
        ("valid, not sampled", format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}-00"), true),
        ("unknown flags of version 00", format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}-ff"), true),
        ("surrounding white space", format!(" {full}\t"), true),
        ("future version, same length", format!("cc-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01"), true),
        (
            "future version with more",
            format!("cc-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01-what-the-future-brings"),
            true,
        ),
        ("future version, a dash alone", format!("cc-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01-"), true),
        ("future version glued", format!("cc-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01.what"), false),
        ("version ff", format!("ff-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01"), false),
        ("version 00 with more", format!("{full}-extra"), false),
        ("version 00 with a dash", format!("{full}-"), false),
        ("version 00 glued", format!("{full}."), false),
        ("version in capitals", format!("CC-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01"), false),
        ("version not hex", format!(".0-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01"), false),
        ("version of one digit", format!("0-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01"), false),
        ("version of three digits", format!("000-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01"), false),
        ("trace id zero", format!("00-{}-{TEST_SPAN_ID}-01", "0".repeat(32)), false),
        (
            "trace id in capitals",
            format!("00-{}-{TEST_SPAN_ID}-01", TEST_TRACE_ID.to_uppercase()),
            false,
        ),
        ("trace id not hex", format!("00-.{}-{TEST_SPAN_ID}-01", &TEST_TRACE_ID[1..]), false),
        ("trace id too long", format!("00-{TEST_TRACE_ID}0-{TEST_SPAN_ID}-01"), false),
        ("trace id too short", format!("00-{}-{TEST_SPAN_ID}-01", &TEST_TRACE_ID[1..]), false),
        ("span id zero", format!("00-{TEST_TRACE_ID}-{}-01", "0".repeat(16)), false),
        (
            "span id in capitals",
            format!("00-{TEST_TRACE_ID}-{}-01", TEST_SPAN_ID.to_uppercase()),
            false,
        ),
        ("span id not hex", format!("00-{TEST_TRACE_ID}-+{}-01", &TEST_SPAN_ID[1..]), false),
        ("span id too long", format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}0-01"), false),
        ("span id too short", format!("00-{TEST_TRACE_ID}-{}-01", &TEST_SPAN_ID[1..]), false),
        ("flags in capitals", format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}-0A"), false),
        ("flags not hex", format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}-.0"), false),
        ("flags too long", format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}-001"), false),
        ("flags too short", format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}-1"), false),
        ("no flags", format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}"), false),
        ("two joined", format!("{full},{full}"), false),
        ("two joined, future", format!("cc-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01-x, {full}"), false),
        ("empty", String::new(), false),
        ("not ASCII", format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}-é"), false),
    ];
    for (name, value, expected) in cases {
        assert_eq!(continues_trace(&[(TRACEPARENT_HEADER, value)]), *expected, "{name}: {value}");
    }
    assert!(
        !continues_trace(&[(TRACEPARENT_HEADER, &full), (TRACEPARENT_HEADER, &full)]),
        "two headers"
    );
    assert!(continues_trace(&[("TraceParent", &full)]), "any case of the name");
}

#[test]
fn a_child_keeps_the_trace_and_names_its_parent() {
    let random = SequentialRandom::default();
    let parent = format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}-00");
    let own =
        TraceContext::from_headers(&headers_from_pairs(&[(TRACEPARENT_HEADER, &parent)]), &random);
    assert_eq!(own.parent_span_id().as_deref(), Some(TEST_SPAN_ID));
    assert_eq!(own.traceparent(), format!("00-{TEST_TRACE_ID}-0000000000000001-00"));
    let below = own.child_span(&random);
    let mut sent = Headers::default();
    below.write_trace_headers(&mut sent);
    assert_eq!(sent.get(X_TRACE_ID), Some(TEST_TRACE_ID));
    assert_eq!(sent.get(X_SPAN_ID), Some("0000000000000002"));
    assert_eq!(sent.get(X_PARENT_SPAN_ID), Some("0000000000000001"));
}

#[test]
fn unknown_flags_are_not_passed_on() {
    let header = format!("00-{TEST_TRACE_ID}-{TEST_SPAN_ID}-ff");
    let own = TraceContext::from_headers(
        &headers_from_pairs(&[(TRACEPARENT_HEADER, &header)]),
        &SequentialRandom::default(),
    );
    assert!(own.traceparent().ends_with("-01"));
    let header = format!("cc-{TEST_TRACE_ID}-{TEST_SPAN_ID}-01-more");
    let own = TraceContext::from_headers(
        &headers_from_pairs(&[(TRACEPARENT_HEADER, &header)]),
        &SequentialRandom::default(),
    );
    assert!(own.traceparent().starts_with("00-"), "we send version 00");
}

#[test]
fn documented_headers_carry_a_trace_without_w3c_s() {
    assert!(continues_trace(&[(X_TRACE_ID, TEST_TRACE_ID), (X_SPAN_ID, TEST_SPAN_ID)]));
    assert!(continues_trace(&[(X_TRACE_ID, TEST_TRACE_ID)]));
    assert!(!continues_trace(&[(X_TRACE_ID, "abc")]));
    assert!(
        !continues_trace(&[(TRACEPARENT_HEADER, "broken"), (X_TRACE_ID, TEST_TRACE_ID)]),
        "W3C goes first"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_we_send_is_read_back(trace_id in 1_u128.., span_id in 1_u64.., sampled: bool) {
        let header = format!("00-{trace_id:032x}-{span_id:016x}-0{}", u8::from(sampled));
        let own = TraceContext::from_headers(&headers_from_pairs(&[(TRACEPARENT_HEADER, &header)]), &SequentialRandom::default());
        prop_assert_eq!(own.trace_id(), format!("{trace_id:032x}"));
        prop_assert_eq!(own.parent_span_id(), Some(format!("{span_id:016x}")));
        let again = TraceContext::from_headers(
            &headers_from_pairs(&[(TRACEPARENT_HEADER, &own.traceparent())]), &SequentialRandom::default());
        prop_assert_eq!(again.trace_id(), own.trace_id());
        prop_assert_eq!(again.parent_span_id(), Some(own.span_id()));
    }

    #[test]
    fn no_input_breaks_the_parser(parent: String) {
        let own = TraceContext::from_headers(
            &headers_from_pairs(&[(TRACEPARENT_HEADER, &parent)]), &SequentialRandom::default());
        prop_assert_eq!(own.trace_id().len(), 32);
    }
}

#[test]
fn a_documented_uuid_with_a_short_span_is_taken_over() {
    let uuid = "0AF76519-16cd-43dd-8448-eb211c80319c";
    let sent = headers_from_pairs(&[(X_TRACE_ID, uuid), (X_SPAN_ID, "b7ad6b71")]);
    let own = TraceContext::from_headers(&sent, &SequentialRandom::default());
    assert_eq!(own.trace_id(), TEST_TRACE_ID);
    assert_eq!(own.parent_span_id().as_deref(), Some("00000000b7ad6b71"));
    for (what, broken) in [
        ("a digit short", "0af76519-16cd-43dd-8448-eb211c80319"),
        ("hyphens elsewhere", "0af7651-916cd-43dd-8448-eb211c80319c"),
        ("no hex digit", "0af76519-16cd-43dd-8448-eb211c80319g"),
        ("a sign", "+af76519-16cd-43dd-8448-eb211c80319c"),
        ("braces", "{0af76519-16cd-43dd-8448-eb211c80319c}"),
        ("zero", "00000000-0000-0000-0000-000000000000"),
    ] {
        assert!(!continues_trace(&[(X_TRACE_ID, broken)]), "{what}");
    }
}

#[test]
fn caller_and_callee_of_our_own_share_a_span() {
    let random = SequentialRandom::default();
    let request = TraceContext::start_new_trace(&random);
    let call = request.child_span(&random);
    let mut sent = Headers::default();
    call.write_trace_headers(&mut sent);
    assert_eq!(TraceContext::shared_span(&sent, &random), call);
    // The first call of a trace has no parent span.
    let mut first = Headers::default();
    request.write_trace_headers(&mut first);
    assert_eq!(TraceContext::shared_span(&first, &random), request);
    let none = TraceContext::shared_span(&Headers::default(), &random);
    assert_eq!(none.parent_span_id(), None);
}
