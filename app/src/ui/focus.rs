//! Keeping the focus where it was pressed.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;

/// Gives the focus back to the element that `focus` names, if it is one of `own`: a list that was drawn anew has lost it.
pub fn focus_again<const N: usize>(focus: RwSignal<Option<String>>, own: [String; N]) {
    Effect::new(move |_| {
        let id = focus.get_untracked().filter(|id| own.contains(id));
        if id.is_some_and(|id| focus_on(&id)) {
            focus.set(None);
        }
    });
}

/// Puts the focus on an element; false if there is none with this id.
pub fn focus_on(id: &str) -> bool {
    let Some(element) = document()
        .get_element_by_id(id)
        .and_then(|element| element.dyn_into::<HtmlElement>().ok())
    else {
        return false;
    };
    // What can't take the focus now is no reason to fail.
    let _ = element.focus();
    true
}
