//! The optional parts of a deployment.

use worker::Env;

pub(crate) use runtime::manifest::{ANALYTICS, AUTH, LOGGER};

use crate::env::{has_env_entry, vars_of_env};
use crate::isolate::{self, OptionalBindings};

/// Which optional bindings exist. Read once: each read of the environment crosses into JavaScript.
pub(crate) fn optional_bindings(env: &Env) -> OptionalBindings {
    let isolate = isolate::get();
    if let Some(known) = isolate.optional.get() {
        return known;
    }
    let known = OptionalBindings {
        analytics: has_env_entry(env, ANALYTICS),
        auth: has_env_entry(env, AUTH),
        logger: has_env_entry(env, LOGGER),
    };
    isolate.optional.set(Some(known));
    known
}

/// Where objects are created, read once. A bad hint is ignored here, because every request that
/// reads the settings fails with it.
pub(crate) fn location_hint(env: &Env) -> Option<&'static str> {
    let hint = || vars_of_env(env).location_hint().unwrap_or_default();
    *isolate::get().location.get_or_init(hint)
}
