//! `POST /upload?name=…&encoding=…`: the request, checked before a byte is stored.

use ports::OutgoingRequest;
use ports::http_types::{Request, decode_segment};
use runtime::call_outcome::Failure;
use serde_json::json;

use crate::object_handlers::named_encoding;
use crate::settings::MAX_FILE_BYTES;
use crate::warming_engine::bucket_scan::UPLOADS_PREFIX;

#[derive(Clone, Debug)]
pub struct UploadRequest {
    pub key: String,
    /// The request to the object after the file is stored.
    pub warm_request: OutgoingRequest,
}

impl UploadRequest {
    /// Reads the request. R2 accepts only a body of known length.
    pub fn read(request: &Request, length: Option<u64>) -> Result<Self, Failure> {
        let length = length.ok_or_else(|| {
            Failure::bad_request("Content-Length is needed: R2 takes a body of known length")
        })?;
        if length == 0 {
            return Err(empty_file());
        }
        if length > MAX_FILE_BYTES {
            return Err(Failure::too_large(format!("{MAX_FILE_BYTES} bytes")));
        }
        let dry_run = match request.param("dryRun") {
            None | Some("false" | "0") => false,
            Some("" | "true" | "1") => true,
            Some(_) => return Err(Failure::bad_request("dryRun: must be true or false")),
        };
        let encoding = request.param("encoding").filter(|label| !label.is_empty());
        named_encoding(encoding)?;
        let key = format!(
            "{UPLOADS_PREFIX}{}",
            safe_file_name(request.param("name").unwrap_or("library.csv"))?
        );
        let body = json!({ "dryRun": dry_run, "file": key, "encoding": encoding });
        let warm_request = OutgoingRequest::json_post("/warm", &body).map_err(Failure::internal)?;
        Ok(Self { key, warm_request })
    }
}

pub fn empty_file() -> Failure {
    Failure::bad_request("the file is empty")
}

/// A file name that is safe as a key: the last segment, plain characters. A name without any usable
/// character is refused, since all such names would be one key.
fn safe_file_name(asked: &str) -> Result<String, Failure> {
    let decoded = decode_segment(asked).unwrap_or_default();
    let last = decoded.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last
        .chars()
        .map(|c| if c.is_alphanumeric() || "._- ".contains(c) { c } else { '-' })
        .take(100)
        .collect();
    let name = name.trim().trim_start_matches('.');
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if stem.contains(char::is_alphanumeric) {
        return Ok(name.to_owned());
    }
    Err(Failure::bad_request("name: it needs a letter or a digit, as in name=library.csv"))
}

#[cfg(test)]
mod tests {
    use ports::http_types::Method;

    use super::*;

    #[test]
    fn an_upload_is_checked_before_it_is_stored() {
        for (query, length, refused) in [
            ("?name=a.csv", None, "Content-Length"),
            ("?name=a.csv", Some(0), "empty"),
            ("?name=a.csv", Some(MAX_FILE_BYTES + 1), "bytes"),
            ("?name=a.csv&encoding=klingon", Some(9), "encoding"),
            ("?name=a.csv&dryRun=yes", Some(9), "dryRun"),
        ] {
            let failure = UploadRequest::read(
                &Request::new(Method::Post, &format!("/upload{query}")),
                length,
            );
            let failure = format!("{:?}", failure.unwrap_err());
            assert!(failure.contains(refused), "{query}: {failure}");
        }
        let request = Request::new(Method::Post, "/upload?name=a.csv&dryRun=true&encoding=gb18030");
        let upload = UploadRequest::read(&request, Some(MAX_FILE_BYTES)).unwrap();
        let warm: serde_json::Value = serde_json::from_slice(&upload.warm_request.body).unwrap();
        assert_eq!(upload.key, "uploads/a.csv");
        assert_eq!(warm, json!({ "dryRun": true, "file": upload.key, "encoding": "gb18030" }));
    }

    #[test]
    fn a_file_s_name_cannot_leave_its_folder() {
        for (asked, name) in [
            ("books.csv", "books.csv"),
            ("../../results/x.json", "x.json"),
            ("a%2Fb.csv", "b.csv"),
            (".hidden", "hidden"),
            ("7", "7"),
            ("蔵書 2026.csv", "蔵書 2026.csv"),
            ("a\u{0}b?.csv", "a-b-.csv"),
        ] {
            assert_eq!(safe_file_name(asked).unwrap(), name, "{asked}");
        }
        let unnamed = UploadRequest::read(&Request::new(Method::Post, "/upload"), Some(9)).unwrap();
        assert_eq!(unnamed.key, "uploads/library.csv");
    }

    #[test]
    fn a_name_without_a_usable_character_is_refused() {
        for asked in [
            "", ".", "..", "/", "a/b/", "%2F", "...", " ", "-", "???.csv", "..\\..", "%00",
            "\u{202e}",
        ] {
            let query = ports::http_types::encode_query([("name", asked)]);
            let request = Request::new(Method::Post, &format!("/upload?{query}"));
            let failure = UploadRequest::read(&request, Some(9)).unwrap_err();
            assert_eq!(failure.error_reply_and_retry_rules().status, 400, "{asked:?}");
        }
    }
}
