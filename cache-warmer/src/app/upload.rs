//! `POST /upload`: a library from a person's own machine.

use ports::OutRequest;
use ports::http::{Reply, Request, decode_segment};
use runtime::outcome::Failure;
use runtime::service_client::Inbound;
use serde_json::json;
use worker::Env;
use workerd::r2::{Bucket, PutOptions};

use super::api::named_encoding;
use super::ledger::object;
use super::{BUDGET_MS, LIBRARY_DATA};
use crate::engine::bucket::UPLOADS;
use crate::settings::MAX_FILE_BYTES;

/// `POST /upload?name=…&encoding=…`: the CSV goes to R2 as it comes, then the ledger looks for it.
pub(super) async fn upload(
    request: &mut worker::Request,
    plain: &Request,
    env: &Env,
    inbound: &Inbound,
) -> Result<Reply, Failure> {
    let length = workerd::request::content_length(plain).ok_or_else(|| Failure::BadRequest {
        detail: "Content-Length is needed: R2 takes a body of known length".to_owned(),
    })?;
    if length == 0 {
        return Err(Failure::BadRequest { detail: "the file is empty".to_owned() });
    }
    if length > MAX_FILE_BYTES {
        return Err(Failure::TooLarge { limit: format!("{MAX_FILE_BYTES} bytes") });
    }
    let dry_run = plain.param("dryRun") == Some("true");
    let encoding = plain.param("encoding").filter(|label| !label.is_empty());
    named_encoding(encoding)?;
    let key = format!("{UPLOADS}{}", file_name(plain.param("name").unwrap_or_default()));
    let body = workerd::request::stream(request)
        .ok_or_else(|| Failure::BadRequest { detail: "the file is empty".to_owned() })?;
    let storage = |error: workerd::PlatformError| Failure::Internal { detail: error.to_string() };
    let options = PutOptions { content_type: Some("text/csv".to_owned()), ..PutOptions::default() };
    let bucket = Bucket::new(env, LIBRARY_DATA).map_err(storage)?;
    bucket.put_stream(&key, body, options).await.map_err(storage)?;
    let warm = OutRequest::post_json(
        "/warm",
        &json!({ "dryRun": dry_run, "file": key, "encoding": encoding }),
    )
    .map_err(|error| Failure::Internal { detail: error.to_string() })?;
    object(env, inbound.context(), "/warm", warm, BUDGET_MS).await
}

/// A name that is safe as a key: the last segment, plain characters.
fn file_name(asked: &str) -> String {
    let decoded = decode_segment(asked).unwrap_or_default();
    let last = decoded.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last
        .chars()
        .map(|c| if c.is_alphanumeric() || "._- ".contains(c) { c } else { '-' })
        .take(100)
        .collect();
    let name = name.trim().trim_start_matches('.');
    if name.is_empty() { "library.csv".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_name_cannot_leave_its_folder() {
        for (asked, name) in [
            ("books.csv", "books.csv"),
            ("../../results/x.json", "x.json"),
            ("a%2Fb.csv", "b.csv"),
            ("..", "library.csv"),
            ("", "library.csv"),
            (".hidden", "hidden"),
            ("蔵書 2026.csv", "蔵書 2026.csv"),
            ("a\u{0}b?.csv", "a-b-.csv"),
        ] {
            assert_eq!(file_name(asked), name, "{asked}");
        }
    }
}
