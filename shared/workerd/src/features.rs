//! The parts that a deployment may leave out.

use worker::Env;

pub(crate) use runtime::manifest::{ANALYTICS, AUTH, LOGGER};

use crate::env::{has, vars};
use crate::isolate::{self, Optional};

/// What a deployment sets of them: looked at once, since a look at the environment costs a
/// crossing of the border.
pub(crate) fn optional(env: &Env) -> Optional {
    let isolate = isolate::get();
    if let Some(known) = isolate.optional.get() {
        return known;
    }
    let known = Optional {
        analytics: has(env, ANALYTICS),
        auth: has(env, AUTH),
        logger: has(env, LOGGER),
        // A bad one is the error of every request that begins with the settings.
        location: vars(env).location_hint().unwrap_or_default(),
    };
    isolate.optional.set(Some(known));
    known
}
