//! The bulk ports of a request.

use bibliography::isbn::Isbn13;
use runtime::api::isbndb::BooksPage;
use runtime::outcome::Outcome;
use runtime::rate_limit::CallClass;

use super::RequestPorts;
use crate::batch::port::{Bulk, BulkPorts};
use crate::candidate::Candidate;
use crate::platform::Platform;
use crate::provider_calls::{google, isbndb, open_library, quota};
use crate::providers::FetchPolicy;

const CLASS: CallClass = CallClass::Background;

impl<E: Platform> BulkPorts for RequestPorts<E> {
    fn has_google(&self) -> bool {
        quota::has_google_key(self.request_env.platform())
    }

    async fn isbndb_editions(&self, isbns: &[Isbn13], fetch_policy: FetchPolicy) -> Bulk {
        isbndb::bulk(&self.request_env, isbns, fetch_policy).await
    }

    async fn open_library_editions(&self, isbns: &[Isbn13]) -> Bulk {
        Ok(open_library::bulk(&self.request_env, isbns, CLASS).await)
    }

    async fn google_edition(&self, isbn: Isbn13) -> Outcome<Vec<Candidate>> {
        google::edition(&self.request_env, isbn, CLASS).await
    }

    async fn isbndb_author(
        &self,
        name: &str,
        page: u32,
        fetch_policy: FetchPolicy,
    ) -> Outcome<BooksPage> {
        isbndb::author_page(&self.request_env, name, page, fetch_policy).await
    }

    async fn open_library_author(&self, name: &str) -> Outcome<Vec<Candidate>> {
        open_library::author(&self.request_env, name, CLASS).await
    }
}
