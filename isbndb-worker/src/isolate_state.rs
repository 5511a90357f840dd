//! What this isolate remembers.

use std::rc::Rc;

use isbndb_core::isolate_state::IsolateMemory;

thread_local! {
    static ISOLATE: Rc<IsolateMemory> = Rc::new(IsolateMemory::new(workerd::client_state()));
}

pub fn isolate_memory() -> Rc<IsolateMemory> {
    ISOLATE.with(Rc::clone)
}
