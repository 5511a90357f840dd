//! The functions of `js_bindings.js`, described there, and the runtime calls that need none of them.

use js_sys::{Array, ArrayBuffer, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/js_bindings.js")]
extern "C" {
    pub(crate) fn head(request: &web_sys::Request, names: &Array) -> String;

    pub(crate) fn lines(headers: &web_sys::Headers) -> String;

    pub(crate) fn caller(context: &JsValue) -> Option<String>;

    /// An answer, without the headers that cannot be sent.
    pub(crate) fn respond(status: u16, lines: &str, body: &JsValue) -> web_sys::Response;

    /// A request without redirects. Throws if a part of it cannot be sent.
    #[wasm_bindgen(catch)]
    pub(crate) fn request(
        url: &str,
        method: &str,
        lines: &str,
        body: &JsValue,
        signal: &web_sys::AbortSignal,
    ) -> Result<web_sys::Request, JsValue>;

    pub(crate) fn drain(stream: &web_sys::ReadableStream, max_bytes: f64) -> Promise;

    #[wasm_bindgen(catch)]
    pub(crate) fn hot(env: &JsValue, binding: &str, key: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_name = keepHot)]
    pub(crate) fn put_hot(
        env: &JsValue,
        binding: &str,
        key: &str,
        value: &ArrayBuffer,
        ttl_secs: Option<f64>,
        metadata: Option<&str>,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch)]
    pub(crate) fn cold(
        env: &JsValue,
        binding: &str,
        key: &str,
        name: &str,
        ms: f64,
    ) -> Result<Promise, JsValue>;

    pub(crate) type StoredValue;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn value(this: &StoredValue) -> JsValue;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn metadata(this: &StoredValue) -> JsValue;
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    pub(crate) fn log(text: &str);

    #[wasm_bindgen(js_namespace = console)]
    pub(crate) fn warn(text: &str);

    #[wasm_bindgen(js_namespace = console)]
    pub(crate) fn error(text: &str);

    /// The handle is a number or an object, depending on the compatibility date.
    #[wasm_bindgen(catch, js_name = setTimeout)]
    pub(crate) fn set_timeout(callback: &JsValue, ms: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(crate) fn clear_timeout(handle: &JsValue);
}
