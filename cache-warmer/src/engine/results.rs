//! `failures.csv`: every row that came to nothing, as it stood, with its line and why.

use shared::order;

use crate::ledger::item::{Item, REJECTED_FROM, State};
use crate::ledger::job::Job;
use crate::ledger::store::{Store, Stored};
use library::import::{Layout, failures_header, failures_row};

/// Content type of the file.
pub(crate) const CSV_TYPE: &str = "text/csv; charset=utf-8";
/// Rows read at once.
const PAGE: u32 = 500;

/// Writes the file: by line, the header of the library in front, ready to be mended and uploaded.
///
/// # Errors
/// The storage failed.
pub(crate) fn failures_csv<S: Store>(store: &S, job: &Job) -> Stored<Vec<u8>> {
    let Some(layout) = job.import.as_ref().and_then(|import| import.layout.as_ref()) else {
        return Ok(b"line,reason\n".to_vec());
    };
    let mut rows: Vec<(u64, String)> = Vec::new();
    let mut after = String::new();
    loop {
        let page = store.page(job.number, &after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.key.clone();
        page.iter().for_each(|item| push_item(&mut rows, layout, item));
    }
    let mut after = REJECTED_FROM.to_owned();
    loop {
        let page = store.rejected(job.number, &after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.key();
        for row in page {
            rows.push((row.line, failures_row(layout, row.line, &row.reason, &row.raw)));
        }
    }
    order::sort_by_key(&mut rows, |(line, _)| *line);
    // A row may stand behind its number and behind its title: once is enough to mend it.
    rows.dedup_by_key(|(line, _)| *line);
    let mut text = failures_header(layout);
    rows.iter().for_each(|(_, row)| text.push_str(row));
    Ok(text.into_bytes())
}

fn push_item(rows: &mut Vec<(u64, String)>, layout: &Layout, item: &Item) {
    let (State::Failed { why } | State::NotFound { why }) = &item.state else { return };
    for row in &item.rows {
        rows.push((row.line, failures_row(layout, row.line, why, &row.raw)));
    }
}
