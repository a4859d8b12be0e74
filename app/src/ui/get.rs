//! Forms that ask for a page: what was entered stands in its address. Without script the browser does the same by itself.

use leptos::ev::SubmitEvent;
use leptos::form::form_data_from_event;
use leptos::prelude::*;
use leptos::web_sys::UrlSearchParams;
use leptos_router::hooks::use_navigate;

/// A form that goes to `action` with what was entered, and leaves out what is empty: the address is for people to keep and to send.
#[component]
pub fn GetForm(
    /// Where it goes.
    #[prop(into)]
    action: Signal<String>,
    /// Its fields and the button.
    children: Children,
) -> impl IntoView {
    let navigate = use_navigate();
    let go = move |event: SubmitEvent| {
        // What can't be read is left to the browser.
        if let Some(fields) = fields_of(&event) {
            event.prevent_default();
            navigate(&with_filled(&action.get_untracked(), &fields), Default::default());
        }
    };
    view! {
        <form method="get" action=move || action.get() on:submit=go>
            {children()}
        </form>
    }
}

/// What was entered into the form of this event, as `application/x-www-form-urlencoded`.
pub(super) fn fields_of(event: &SubmitEvent) -> Option<String> {
    let form = form_data_from_event(event).ok()?;
    UrlSearchParams::new_with_str_sequence_sequence(&form).ok()?.to_string().as_string()
}

/// `path` with those of the encoded `fields` that have a name and a value; a button may have neither.
fn with_filled(path: &str, fields: &str) -> String {
    let filled: Vec<&str> = fields
        .split('&')
        .filter(|field| !field.is_empty() && !field.starts_with('=') && !field.ends_with('='))
        .collect();
    if filled.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", filled.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::with_filled;

    #[test]
    fn what_is_empty_is_left_out() {
        for (fields, address) in [
            ("", "/logs"),
            ("q=&type=&=", "/logs"),
            ("q=a+b&type=&client=c1&=", "/logs?q=a+b&client=c1"),
            ("q=%3D", "/logs?q=%3D"),
        ] {
            assert_eq!(with_filled("/logs", fields), address);
        }
    }
}
