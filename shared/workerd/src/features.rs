//! The parts that a deployment may leave out.

use std::cell::Cell;

use worker::Env;

pub(crate) use runtime::manifest::{ANALYTICS, AUTH, LOGGER};

use crate::env::has;

/// The optional bindings that every request asks for.
#[derive(Clone, Copy)]
pub(crate) struct Optional {
    pub analytics: bool,
    pub auth: bool,
    pub logger: bool,
}

thread_local! {
    /// The environment does not change within an isolate's life.
    static OPTIONAL: Cell<Option<Optional>> = const { Cell::new(None) };
}

/// Which optional bindings there are: looked at once, since a look at the environment costs a
/// crossing of the border.
pub(crate) fn optional(env: &Env) -> Optional {
    if let Some(known) = OPTIONAL.get() {
        return known;
    }
    let known =
        Optional { analytics: has(env, ANALYTICS), auth: has(env, AUTH), logger: has(env, LOGGER) };
    OPTIONAL.set(Some(known));
    known
}
