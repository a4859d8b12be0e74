//! The browser's clipboard. Runs in the browser only.

use leptos::prelude::{document, window};
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::{HtmlDocument, HtmlTextAreaElement};

/// Puts `text` on the clipboard; false if the browser does not let us.
pub async fn write(text: &str) -> bool {
    let clipboard = window().navigator().clipboard();
    // Pages without TLS have no clipboard object at all; calling it would throw.
    if JsValue::from(clipboard.clone()).is_undefined() {
        return write_by_selection(text).unwrap_or(false);
    }
    wasm_bindgen_futures::JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// The older way: select the text in a field and let the browser copy the selection.
fn write_by_selection(text: &str) -> Result<bool, JsValue> {
    let document = document().dyn_into::<HtmlDocument>()?;
    let field: HtmlTextAreaElement = document.create_element("textarea")?.dyn_into()?;
    field.set_value(text);
    field.set_class_name("vh");
    let body = document.body().ok_or(JsValue::NULL)?;
    body.append_child(&field)?;
    field.select();
    let copied = document.exec_command("copy");
    body.remove_child(&field)?;
    copied
}
