//! `/books/v1/volumes/{id}`: a volume by an id from an earlier answer.

use ports::http::Request;

use super::read_question;
use super::search::{SearchReply, single_volume};
use crate::app::App;
use crate::platform::Platform;
use crate::request_env::CacheBody;
use crate::request_ports::RequestPorts;
use crate::search::serve::SearchError;

/// An `isbn-…` id reads the entry of that ISBN. Any other id has its own entry, and only the
/// provider that issued the id is queried for it.
/// Errors: 404 for an id that we did not issue, or that its provider no longer has.
pub async fn by_id<E: Platform>(
    app: &App<RequestPorts<E>>,
    request: &Request,
    id: &str,
) -> Result<SearchReply<CacheBody<E>>, SearchError> {
    single_volume(app, request, &read_question::volume(id)?, |_| true).await
}
