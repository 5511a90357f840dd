//! What this isolate remembers.

use std::rc::Rc;

use isbndb_core::isolate::IsolateMemory;

thread_local! {
    static ISOLATE: Rc<IsolateMemory> = Rc::new(IsolateMemory::new(workerd::client_state()));
}

pub fn get() -> Rc<IsolateMemory> {
    ISOLATE.with(Rc::clone)
}
