//! `/books/v1/volumes/{id}`: a volume by an id that an answer of ours gave out.

use ports::http::Request;

use super::ask;
use super::search::{Out, single};
use crate::app::App;
use crate::live::Live;
use crate::search::serve::Unserved;

/// An edition with a number comes from its entry, a record without one from an entry of its own,
/// which only the provider that gave it can fill.
///
/// # Errors
/// 404 for an id that we did not give out, or that its provider has no more.
pub async fn by_id(app: &App<Live>, request: &Request, id: &str) -> Result<Out, Unserved> {
    single(app, request, &ask::volume(id)?, |_| true).await
}
