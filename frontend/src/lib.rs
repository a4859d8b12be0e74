//! The browser's half: takes over the pages that the server rendered.

use app::{App, HYDRATED};
use leptos::ev::click;
use leptos::mount::hydrate_from_async;
use leptos::prelude::{document, window_event_listener};
use wasm_bindgen_futures::spawn_local;

/// Called by the page's script once the bundle is loaded. The page may lie in a chunk that has yet to be fetched; it takes over then.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    spawn_local(async {
        let Some(body) = document().body() else { return };
        // The router listens from the start, but can't show another page before it has taken over this one. Until then, and for
        // good if the chunk does not come, the browser follows links.
        let links = window_event_listener(click, |event| event.stop_immediate_propagation());
        hydrate_from_async(body.clone(), App).await.forget();
        links.remove();
        // Nothing depends on it but the one who waits.
        let _ = body.set_attribute(HYDRATED, "");
    });
}

/// Room in the data of the bundle: the splitter deals the data out to the chunks, each part aligned, and if that is longer than what
/// it was cut from it leaves all of it in the first file. Nothing refers to these bytes, so they get into no file.
#[cfg(feature = "split")]
#[used]
static ROOM: [u8; 16 * 1024] = [1; 16 * 1024];
