//! W3C Trace Context: the trace of a request, carried over all three Workers.
//!
//! An invalid `traceparent` is not repaired: a new trace starts. `tracestate`, which has other
//! vendors' data, is not passed on. <https://www.w3.org/TR/trace-context/>

use ports::RandomSource;
use ports::http_types::Headers;

/// W3C header: version, trace, parent span, flags.
pub const TRACEPARENT_HEADER: &str = "traceparent";
/// Documented header: the trace.
pub const X_TRACE_ID: &str = "x-trace-id";
/// Documented header: the sender's span.
pub const X_SPAN_ID: &str = "x-span-id";
/// Documented header: the span above the sender's.
pub const X_PARENT_SPAN_ID: &str = "x-parent-span-id";

/// The one flag that version 00 defines.
const SAMPLED: u8 = 0x01;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: u128,
    span_id: u64,
    parent_span_id: Option<u64>,
    sampled: bool,
}

impl TraceContext {
    /// A new trace with its first span, sampled.
    pub fn start_new_trace<R: RandomSource>(random: &R) -> Self {
        Self {
            trace_id: (u128::from(nonzero(random)) << 64) | u128::from(random.bits()),
            span_id: nonzero(random),
            parent_span_id: None,
            sampled: true,
        }
    }

    /// The span of a request from outside: a child of the span in its headers, or a new trace.
    /// `traceparent` takes precedence over the documented `x-trace-id` and `x-span-id`.
    pub fn from_headers<R: RandomSource>(headers: &Headers, random: &R) -> Self {
        Self::sender_span(headers)
            .map_or_else(|| Self::start_new_trace(random), |sent| sent.child_span(random))
    }

    /// The span of a request from one of our own Workers: caller and callee share it, so that both
    /// reports describe one span. (Zipkin's shared spans.)
    pub fn shared_span<R: RandomSource>(headers: &Headers, random: &R) -> Self {
        let parent = headers.get(X_PARENT_SPAN_ID).and_then(|text| parse_hex(text, 16));
        match Self::sender_span(headers).filter(|sent| sent.span_id != 0) {
            Some(sent) => {
                let parent_span_id = parent.and_then(|id| u64::try_from(id).ok());
                Self { parent_span_id: parent_span_id.filter(|id| *id != 0), ..sent }
            }
            None => Self::from_headers(headers, random),
        }
    }

    fn sender_span(headers: &Headers) -> Option<Self> {
        let mut sent = headers.iter().filter(|(name, _)| *name == TRACEPARENT_HEADER);
        match (sent.next(), sent.next()) {
            (None, _) => from_x_headers(headers),
            (Some((_, one)), None) => parse_traceparent(one.trim()),
            // Two values: either may be meant.
            _ => None,
        }
    }

    pub fn child_span<R: RandomSource>(&self, random: &R) -> Self {
        Self {
            span_id: nonzero(random),
            parent_span_id: (self.span_id != 0).then_some(self.span_id),
            ..*self
        }
    }

    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace_id)
    }

    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span_id)
    }

    pub fn parent_span_id(&self) -> Option<String> {
        self.parent_span_id.map(|id| format!("{id:016x}"))
    }

    pub fn traceparent(&self) -> String {
        let flags = if self.sampled { SAMPLED } else { 0 };
        format!("00-{:032x}-{:016x}-{flags:02x}", self.trace_id, self.span_id)
    }

    /// Writes the W3C and the documented headers of this span.
    pub fn write_trace_headers(&self, headers: &mut Headers) {
        headers.set(TRACEPARENT_HEADER, self.traceparent());
        self.write_documented(headers);
    }

    /// Writes `x-trace-id`, `x-span-id` and `x-parent-span-id` only: the headers of an answer.
    pub fn write_documented(&self, headers: &mut Headers) {
        headers.set(X_TRACE_ID, self.trace_id());
        headers.set(X_SPAN_ID, self.span_id());
        if let Some(parent) = self.parent_span_id() {
            headers.set(X_PARENT_SPAN_ID, parent);
        }
    }
}

/// 64 random bits that are not all zero: zero means "no span" to W3C.
fn nonzero<R: RandomSource>(random: &R) -> u64 {
    random.bits().max(1)
}

/// Reads a `traceparent`, which names the caller's span.
fn parse_traceparent(text: &str) -> Option<TraceContext> {
    // A comma: a proxy joined two headers into one.
    if text.contains(',') || !text.is_ascii() {
        return None;
    }
    let (head, tail) = text.split_at_checked(55)?;
    let mut parts = head.split('-');
    let version = parse_hex(parts.next()?, 2)?;
    let trace_id = parse_hex(parts.next()?, 32)?;
    let span_id = u64::try_from(parse_hex(parts.next()?, 16)?).ok()?;
    let flags = parse_hex(parts.next()?, 2)?;
    let whole = parts.next().is_none()
        && match version {
            0xff => false,
            0 => tail.is_empty(),
            // A later version may append parts, each after a dash.
            _ => tail.is_empty() || tail.starts_with('-'),
        };
    (whole && trace_id != 0 && span_id != 0).then(|| TraceContext {
        trace_id,
        span_id,
        parent_span_id: None,
        sampled: flags & u128::from(SAMPLED) != 0,
    })
}

/// The caller's span in the documented headers: a trace of 32 hex digits or a UUID, a span of 16 or
/// 8 digits. A trace without a span id is continued too.
fn from_x_headers(headers: &Headers) -> Option<TraceContext> {
    let sent = headers.get(X_TRACE_ID)?;
    let trace_id = parse_hex(sent, 32).or_else(|| uuid(sent)).filter(|id| *id != 0)?;
    let span_id = headers
        .get(X_SPAN_ID)
        .and_then(|text| parse_hex(text, 16).or_else(|| parse_hex(text, 8)))
        .and_then(|id| u64::try_from(id).ok())
        .unwrap_or(0);
    Some(TraceContext { trace_id, span_id, parent_span_id: None, sampled: true })
}

/// The 128 bits of a UUID (RFC 9562: groups of 8, 4, 4, 4 and 12 hex digits, in either case).
fn uuid(text: &str) -> Option<u128> {
    let groups: Vec<&str> = text.split('-').collect();
    let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
    is_uuid.then(|| parse_hex(&groups.concat().to_ascii_lowercase(), 32)).flatten()
}

/// Exactly `digits` lower-case hex digits. (`from_str_radix` alone would take `+` and capitals.)
fn parse_hex(text: &str, digits: usize) -> Option<u128> {
    let lower = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (text.len() == digits && lower).then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests;
