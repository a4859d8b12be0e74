//! Taking back all tokens that a client has.

use leptos::prelude::*;
use model::time::exact;

use super::detail::ClientTabs;
use super::server_fns::ClientDetail;
use crate::ui::{ConfirmPost, Danger};

/// Revokes all tokens of the client, after saying who will notice.
#[component]
pub(super) fn CutOffZone(detail: ClientDetail) -> impl IntoView {
    let (client, cut_off) = (detail.client, expect_context::<ClientTabs>().cut_off);
    let last = client.tokens_valid_from.map(|from| format!(" Last done just before {}.", exact(from)));
    let text = format!("Do this when a token may have been seen by others.{}", last.unwrap_or_default());
    view! {
        <Danger title="Revoke all tokens" text=text>
            <ConfirmPost
                label="Revoke all tokens"
                title=format!("Revoke all tokens of {} issued before now?", client.name)
                consequences=vec![
                    "APIs that introspect tokens refuse them at once.".into(),
                    "APIs that verify tokens by themselves do not notice: they accept each one until it expires.".into(),
                    "The client can ask for new ones at once. Where its secret may have been seen too, rotate that first.".into(),
                ]
                post=cut_off
                field=("client_id", client.client_id)
            />
        </Danger>
    }
    .into_any()
}
