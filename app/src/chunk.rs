//! Pages whose code is fetched when they are first shown, so that one page more does not weigh on the first load.
//!
//! All pages of a chunk lie in one file of the bundle; what several chunks need, and the first load does not, lies in files between
//! them. Only the release is split (feature `split`): elsewhere the same routes hold their pages in themselves.

use std::future::{Future, pending};
use std::pin::Pin;

use leptos::ev::popstate;
use leptos::prelude::*;
use leptos::wasm_split::SplitLoaderError;
use leptos_router::ChooseView;
use leptos_router::hooks::use_url;
use leptos_router::location::Url;

use crate::{HYDRATED, hints};

/// Fetches the code of a page.
type Fetch = fn() -> Pin<Box<dyn Future<Output = Result<(), SplitLoaderError>>>>;
/// Makes the page, with code that has been fetched.
type Make = fn() -> Pin<Box<dyn Future<Output = Result<AnyView, SplitLoaderError>>>>;

/// The `view` of a route whose page lies in a chunk; [`page!`](page) makes it.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    pub(crate) chunk: &'static str,
    pub(crate) fetch: Fetch,
    pub(crate) make: Make,
}

/// `page!(chunk, Component)`: the page that a component without properties makes, in the chunk of this name.
macro_rules! page {
    ($chunk:ident, $page:ident) => {{
        #[cfg(feature = "split")]
        #[::leptos::wasm_split::wasm_split($chunk, wasm_split_path = ::leptos::wasm_split, fallible, preload(fetch))]
        fn make() -> Result<::leptos::prelude::AnyView, ::leptos::wasm_split::SplitLoaderError> {
            Ok(::leptos::prelude::IntoAny::into_any($page()))
        }
        #[cfg(not(feature = "split"))]
        async fn make() -> Result<::leptos::prelude::AnyView, ::leptos::wasm_split::SplitLoaderError> {
            Ok(::leptos::prelude::IntoAny::into_any($page()))
        }
        #[cfg(not(feature = "split"))]
        async fn fetch() -> Result<(), ::leptos::wasm_split::SplitLoaderError> {
            Ok(())
        }
        $crate::chunk::Page {
            chunk: stringify!($chunk),
            fetch: || Box::pin(fetch()),
            make: || Box::pin(make()),
        }
    }};
}
pub(crate) use page;

impl ChooseView for Page {
    async fn choose(self) -> AnyView {
        hints::chunk(self.chunk);
        // The router has waited for `preload`, so there is no error to show.
        (self.make)().await.ok().into_any()
    }

    async fn preload(&self) {
        let url = use_url();
        if (self.fetch)().await.is_err() {
            url.with_untracked(leave_for);
            pending::<()>().await;
        }
    }
}

/// Lets the browser load the page of this address, as it would without script.
///
/// Code can't be fetched where the server has been replaced by another version since, or is not reached; the page that it
/// renders then brings what belongs to it. A page that has just come from the server stays as it is: its links and forms work.
fn leave_for(url: &Url) {
    let hydrated = document().body().is_some_and(|body| body.has_attribute(HYDRATED));
    if !hydrated {
        // A step back within this document, which has been loaded anew, would change nothing but the address.
        window_event_listener(popstate, |_| {
            let _ = window().location().reload();
        });
        return;
    }
    let mut address = url.path().to_owned();
    if !url.search().is_empty() {
        address.push('?');
        address.push_str(url.search());
    }
    let location = window().location();
    let here: String = [location.pathname(), location.search()].into_iter().flatten().collect();
    // Where the browser refuses there is nothing more to be done.
    let _ = if address == here {
        // On the way back the address is already shown, and the browser would only scroll.
        location.reload()
    } else {
        location.assign(&(address + url.hash()))
    };
}
