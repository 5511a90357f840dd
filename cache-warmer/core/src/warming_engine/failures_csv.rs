//! `failures.csv`: the failed rows unchanged, in the order of their lines, each with its line and
//! the reason, below the library's header, ready to be corrected and uploaded.
//!
//! The file may be as large as the library, so it is made in parts. Memory holds a page of rows,
//! one part, and the line numbers of the failed items.

use std::collections::VecDeque;

use crate::import::{ColumnLayout, MAX_ROW_BYTES, failures_csv_header_line, failures_csv_row};
use crate::warming_ledger::job::LibraryWarmingJob;
use crate::warming_ledger::warming_item::{REJECTED_FROM, RejectedRow, WarmingItem};
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmingLedgerStore};

pub(crate) const CSV_TYPE: &str = "text/csv; charset=utf-8";
/// Items and rejected rows in one read; the longest have 40 KB.
const RESULT_PAGE_ITEMS: u32 = 50;
/// Most `failures.csv` are smaller.
const SMALL_BYTES: usize = 262_144;

pub(crate) struct FailuresCsv<'a, S> {
    store: &'a S,
    number: u32,
    /// The headers of the file; empty if the first was never read, and then no row was.
    layouts: Vec<&'a ColumnLayout>,
    /// Lines of the failed items with their keys, in order, as far as they are not written.
    index: VecDeque<(u64, String)>,
    items: Vec<WarmingItem>,
    /// The next rejected rows.
    rejected: VecDeque<RejectedRow>,
    /// Key of the last rejected row that was read; `None` after all were read.
    rejected_after: Option<String>,
    line: u64,
    bytes: Vec<u8>,
}

impl<'a, S: WarmingLedgerStore> FailuresCsv<'a, S> {
    /// The rows after a line; 0 for all rows with the header.
    pub(crate) fn after_line(
        store: &'a S,
        job: &'a LibraryWarmingJob,
        line: u64,
    ) -> StorageResult<Self> {
        let layouts: Vec<&ColumnLayout> =
            job.import.iter().flat_map(|import| import.column_layouts()).collect();
        let header = match layouts.first() {
            _ if line > 0 => String::new(),
            Some(layout) => failures_csv_header_line(layout),
            None => "line,reason\n".to_owned(),
        };
        Ok(Self {
            store,
            number: job.number,
            layouts,
            index: index_of(store, job.number, line)?.into(),
            items: Vec::new(),
            rejected: VecDeque::new(),
            rejected_after: Some(format!("{REJECTED_FROM}{line:010}")),
            line,
            bytes: header.into_bytes(),
        })
    }

    /// Rows up to the requested number of bytes, at least one row, and the line after which the
    /// next piece begins.
    pub(crate) fn csv_rows(mut self, bytes: usize) -> StorageResult<(Vec<u8>, Option<u64>)> {
        let (start, mut more) = (self.line, true);
        while more && (self.bytes.len() < bytes || self.line == start) {
            more = self.push_row()?;
        }
        Ok((self.bytes, more.then_some(self.line)))
    }

    /// The next bytes, as many as requested except at the end; `None` after the end.
    pub(crate) fn next_chunk(&mut self, bytes: usize) -> StorageResult<Option<Vec<u8>>> {
        while self.bytes.len() < bytes && self.push_row()? {
            if self.bytes.len() > SMALL_BYTES {
                // `Vec` would double its size, and the isolate's memory never shrinks.
                self.bytes.reserve_exact((bytes + MAX_ROW_BYTES).saturating_sub(self.bytes.len()));
            }
        }
        let rest = self.bytes.split_off(self.bytes.len().min(bytes));
        let part = std::mem::replace(&mut self.bytes, rest);
        Ok((!part.is_empty()).then_some(part))
    }

    /// Adds one row; false at the end. A row that belongs to the items of its ISBN and of its title
    /// is written once.
    fn push_row(&mut self) -> StorageResult<bool> {
        if self.layouts.is_empty() {
            return Ok(false);
        }
        if self.rejected.is_empty()
            && let Some(after) = self.rejected_after.take()
        {
            let rejected = self.store.rejected_rows(self.number, &after, RESULT_PAGE_ITEMS)?;
            self.rejected_after = rejected.last().map(RejectedRow::ledger_key);
            self.rejected = rejected.into();
        }
        let row = match (self.index.front(), self.rejected.front()) {
            (None, None) => return Ok(false),
            (Some((line, _)), rejected) if rejected.is_none_or(|other| *line < other.line) => {
                self.item_row()?
            }
            _ => self.rejected.pop_front(),
        };
        if let Some(row) = row.filter(|row| row.line > self.line) {
            self.write(&row);
        }
        Ok(true)
    }

    /// Writes a row, with its own header before it if that differs from the previous row's.
    fn write(&mut self, row: &RejectedRow) {
        let of = |line: u64| self.layouts.iter().rposition(|layout| layout.line <= line);
        let (before, at) = (of(self.line).unwrap_or(0), of(row.line).unwrap_or(0));
        let Some(layout) = self.layouts.get(at) else { return };
        if at != before {
            self.bytes.extend_from_slice(failures_csv_header_line(layout).as_bytes());
        }
        let written = failures_csv_row(layout, row.line, &row.reason, &row.raw);
        self.line = row.line;
        self.bytes.extend_from_slice(written.as_bytes());
    }

    fn item_row(&mut self) -> StorageResult<Option<RejectedRow>> {
        let Some((line, key)) = self.index.front().cloned() else { return Ok(None) };
        if !self.items.iter().any(|item| item.key == key) {
            let next = self.index.iter().take(RESULT_PAGE_ITEMS as usize);
            let keys: Vec<String> = next.map(|(_, key)| key.clone()).collect();
            self.items = self.store.items_by_keys(self.number, &keys)?;
        }
        self.index.pop_front();
        let Some(item) = self.items.iter().find(|item| item.key == key) else { return Ok(None) };
        let row = item.rows.iter().find(|row| row.line == line);
        let failed = row.zip(item.state.failure_reason());
        Ok(failed.map(|(row, why)| RejectedRow {
            line,
            reason: why.to_owned(),
            raw: row.raw.clone(),
        }))
    }
}

/// Lines after a line that belong to failed items.
fn index_of<S: WarmingLedgerStore>(
    store: &S,
    number: u32,
    line: u64,
) -> StorageResult<Vec<(u64, String)>> {
    let mut index: Vec<(u64, String)> = Vec::new();
    let mut after = String::new();
    loop {
        let page = store.item_page(number, &after, RESULT_PAGE_ITEMS)?;
        let Some(last) = page.last() else { break };
        after = last.key.clone();
        for item in page.iter().filter(|item| item.state.failure_reason().is_some()) {
            let lines = item.rows.iter().map(|row| row.line).filter(|other| *other > line);
            index.extend(lines.map(|line| (line, item.key.clone())));
        }
    }
    index.sort_by_key(|(line, _)| *line);
    Ok(index)
}
