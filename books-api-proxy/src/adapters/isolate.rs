//! What this isolate remembers.

use std::rc::Rc;

use proxy_core::isolate::IsolateMemory;
use proxy_core::request_env::Proxy;
use worker::Env;
use workerd::body::JsBody;

use super::WorkerdPlatform;

thread_local! {
    static ISOLATE: Rc<IsolateMemory<JsBody>> = Rc::new(IsolateMemory::new(workerd::client_state()));
}

pub fn proxy(env: &Env) -> Proxy<WorkerdPlatform> {
    Proxy { platform: WorkerdPlatform { env: env.clone() }, isolate: ISOLATE.with(Rc::clone) }
}
