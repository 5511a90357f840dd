//! Variables, version, caller, rate limiting binding.

use runtime::binding_manifest::CF_VERSION_METADATA;
use runtime::config::Vars;
use wasm_bindgen::JsValue;
use worker::{Context, Env, WorkerVersionMetadata};

use crate::js_bindings;

/// The variables of an environment, for [`runtime::config`]. Numbers and booleans of the config
/// file become texts.
pub fn worker_variables(env: &Env) -> Vars<'static> {
    let env = env.clone();
    Vars::new(move |name| var(&env, name))
}

pub fn var(env: &Env, name: &str) -> Option<String> {
    let value = env_member(env, name)?;
    if value.as_f64().is_some() || value.as_bool().is_some() {
        return js_sys::JSON::stringify(&value).ok().map(Into::into);
    }
    value.as_string()
}

/// The deployed version's id, followed by `+` and its tag if it has one; `dev` if there is no
/// version (local runs).
pub fn deployed_version(env: &Env) -> String {
    let metadata = env.get_binding::<WorkerVersionMetadata>(CF_VERSION_METADATA).ok();
    match metadata.map(|metadata| (metadata.id(), metadata.tag())) {
        Some((id, tag)) if !id.is_empty() && !tag.is_empty() => format!("{id}+{tag}"),
        Some((id, _)) if !id.is_empty() => id,
        _ => "dev".to_owned(),
    }
}

/// True if the environment has a binding, secret or variable of that name: checked before an
/// optional binding is used.
pub fn has_env_entry(env: &Env, name: &str) -> bool {
    env_member(env, name).is_some()
}

/// The sibling that calls: `props.caller` of its service binding. `None` for a public request,
/// which cannot set it.
pub fn caller_name(context: &Context) -> Option<String> {
    js_bindings::caller_from_props(context.as_ref().as_ref()).filter(|caller| !caller.is_empty())
}

/// Asks a rate limiting binding. `None` if there is no such binding or it fails: the caller decides
/// what that means.
pub async fn check_rate_limit(env: &Env, binding: &str, key: &str) -> Option<bool> {
    let limiter = env.rate_limiter(binding).ok()?;
    limiter.limit(key.to_owned()).await.ok().map(|outcome| outcome.success)
}

/// A member of the environment, if it exists.
pub(crate) fn env_member(env: &Env, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(env, &JsValue::from(name))
        .ok()
        .filter(|value| !value.is_undefined() && !value.is_null())
}
