//! `/books/v1/volumes/{id}`: a volume by an id that an answer of ours gave out.

use ports::http::Request;

use super::read_question;
use super::search::{EdgeReply, single};
use crate::app::App;
use crate::platform::Platform;
use crate::request_env::PlatformBody;
use crate::request_ports::RequestPorts;
use crate::search::serve::SearchError;

/// An edition with a number comes from its entry, a record without one from an entry of its own,
/// which only the provider that gave it can fill.
/// Errors: 404 for an id that we did not issue, or that its provider has no more.
pub async fn by_id<E: Platform>(
    app: &App<RequestPorts<E>>,
    request: &Request,
    id: &str,
) -> Result<EdgeReply<PlatformBody<E>>, SearchError> {
    single(app, request, &read_question::volume(id)?, |_| true).await
}
