//! What this isolate remembers.

use std::rc::Rc;

use isbndb_core::isolate::Isolate;

thread_local! {
    static ISOLATE: Rc<Isolate> = Rc::new(Isolate::new(workerd::client_state()));
}

pub fn get() -> Rc<Isolate> {
    ISOLATE.with(Rc::clone)
}
