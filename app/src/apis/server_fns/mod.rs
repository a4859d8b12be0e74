//! Wire calls of the API pages, one file a tab. Each starts at the gate: without a signed-in admin there is no engine.

mod access;
mod api;
mod guard;
mod introspection;
mod quickstart;
mod run;
mod scope;
mod signing_secret;

pub use access::*;
pub use api::*;
pub use guard::*;
pub use introspection::*;
pub use quickstart::*;
pub use run::*;
pub use scope::*;
pub use signing_secret::*;
