//! The bulk ports on workerd.

use bibliography::isbn::Isbn13;
use runtime::api::leaf::BooksPage;
use runtime::outcome::Outcome;
use runtime::rate_limit::CallClass;

use super::{Live, google, isbndb, open_library, quota};
use crate::batch::port::{Bulk, BulkPorts};
use crate::candidate::Candidate;
use crate::providers::Terms;

const CLASS: CallClass = CallClass::Background;

impl BulkPorts for Live {
    fn has_google(&self) -> bool {
        quota::has_google_key(&self.caller.env)
    }

    async fn isbndb_editions(&self, isbns: &[Isbn13], terms: Terms) -> Bulk {
        isbndb::bulk(&self.caller, isbns, terms).await
    }

    async fn open_library_editions(&self, isbns: &[Isbn13]) -> Bulk {
        Ok(open_library::bulk(&self.caller, isbns, CLASS).await)
    }

    async fn google_edition(&self, isbn: Isbn13) -> Outcome<Vec<Candidate>> {
        google::edition(&self.caller, isbn, CLASS).await
    }

    async fn isbndb_author(&self, name: &str, page: u32, terms: Terms) -> Outcome<BooksPage> {
        isbndb::author_page(&self.caller, name, page, terms).await
    }

    async fn open_library_author(&self, name: &str) -> Outcome<Vec<Candidate>> {
        open_library::author(&self.caller, name, CLASS).await
    }
}
