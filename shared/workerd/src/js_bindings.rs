//! The functions of `js_bindings.js`, described there, and the runtime calls that need none of
//! them.

use js_sys::{Array, ArrayBuffer, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/js_bindings.js")]
extern "C" {
    #[wasm_bindgen(js_name = requestHead)]
    pub(crate) fn request_head(request: &web_sys::Request, names: &Array) -> String;

    #[wasm_bindgen(js_name = headerLines)]
    pub(crate) fn header_lines(headers: &web_sys::Headers) -> String;

    #[wasm_bindgen(js_name = callerFromProps)]
    pub(crate) fn caller_from_props(context: &JsValue) -> Option<String>;

    /// An answer, without the headers that cannot be sent.
    pub(crate) fn respond(status: u16, lines: &str, body: &JsValue) -> web_sys::Response;

    /// A request without redirects. Throws if a part of it cannot be sent.
    #[wasm_bindgen(catch, js_name = request)]
    pub(crate) fn build_js_request(
        url: &str,
        method: &str,
        lines: &str,
        body: &JsValue,
        signal: &web_sys::AbortSignal,
    ) -> Result<web_sys::Request, JsValue>;

    #[wasm_bindgen(js_name = readStream)]
    pub(crate) fn read_stream(stream: &web_sys::ReadableStream, max_bytes: f64) -> Promise;

    #[wasm_bindgen(catch, js_name = getHot)]
    pub(crate) fn get_hot(env: &JsValue, binding: &str, key: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_name = putHot)]
    pub(crate) fn put_hot(
        env: &JsValue,
        binding: &str,
        key: &str,
        value: &ArrayBuffer,
        ttl_secs: Option<f64>,
        metadata: Option<&str>,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_name = getCold)]
    pub(crate) fn get_cold(
        env: &JsValue,
        binding: &str,
        key: &str,
        name: &str,
        ms: f64,
    ) -> Result<Promise, JsValue>;

    pub(crate) type StoredValue;

    #[wasm_bindgen(method, getter = value)]
    pub(crate) fn stored_bytes(this: &StoredValue) -> JsValue;

    #[wasm_bindgen(method, getter = metadata)]
    pub(crate) fn stored_metadata(this: &StoredValue) -> JsValue;
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
