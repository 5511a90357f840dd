//! `/books/v1/volumes/{id}`: a volume by an id that an answer of ours gave out.

use shared::http::{Reply, Request};
use shared::outcome::{Answer, Failure};
use shared::query::Query;

use super::search::{Out, single};
use crate::app::{App, Ports};
use crate::live::{Live, google, open_library};
use crate::merge::{VolumeId, merge};
use crate::search::plan::Provider;
use crate::search::question::Question;
use crate::search::serve::Unserved;

/// An edition with a number comes from its entry in the cache. A record without one can only be
/// asked for again from the provider that has it: that is not cached, and counts as a miss.
///
/// # Errors
/// 404 for an id that we did not give out, or that its provider has no more.
pub async fn by_id(app: &App<Live>, request: &Request, id: &str) -> Result<Out, Unserved> {
    let missing = || Unserved::from(Failure::NotFound { what: "volume".to_owned() });
    let (provider, own) = match VolumeId::parse(id).ok_or_else(missing)? {
        VolumeId::Isbn(isbn) => {
            return single(app, request, &Question::Isbn { isbn }, |item| item.id == id).await;
        }
        VolumeId::Provider(provider, own) => (provider, own),
    };
    app.ports.admit_miss().await?;
    let caller = &app.ports.caller;
    let outcome = match provider {
        Provider::GoogleBooks => google::volume(caller, &own).await,
        Provider::OpenLibrary => open_library::work(caller, &own).await,
        // ISBNdb has nothing that could be asked for without a number.
        Provider::Isbndb => Ok(Answer::NotFound),
    };
    let Answer::Found(records) = outcome? else { return Err(missing()) };
    let title = records.first().map(|record| record.title.clone()).unwrap_or_default();
    let volume = merge(&Query::title(&title), records).into_iter().next().ok_or_else(missing)?;
    Ok(Out::Whole(Reply::json(200, &volume).with_header("cache-control", "no-cache")))
}
