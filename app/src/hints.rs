//! What the browser may fetch beside the page, before it has read a script that asks for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderValue;
use http::header::LINK;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// The addresses of the files of each chunk of the bundle, by the chunk's name. Pages find it in their context.
#[derive(Clone, Default)]
pub struct Chunks(pub Arc<BTreeMap<String, Vec<String>>>);

/// Names the files of the chunk in the answer's `Link` header (RFC 8288; HTML §4.6.8.20 "preload").
pub(crate) fn chunk(name: &str) {
    let (Some(chunks), Some(response)) = (use_context::<Chunks>(), use_context::<ResponseOptions>()) else {
        return;
    };
    for address in chunks.0.get(name).into_iter().flatten() {
        if let Ok(link) = HeaderValue::try_from(format!(
            "<{address}>; rel=preload; as=fetch; crossorigin=anonymous; type=\"application/wasm\""
        )) {
            response.append_header(LINK, link);
        }
    }
}
