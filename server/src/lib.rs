//! What the wire says: the only floor that speaks HTTP and the command line.
//!
//! [`router()`] is the whole house without a socket, as tests drive it; [`serve`] puts it on one.
//! To find what answers an address, begin at `router.rs`: every route stands there.

pub mod config;
pub mod configuration;
mod docs;
mod document;
mod health;
pub mod limits;
pub mod management;
mod oauth;
pub mod proxies;
pub mod router;
mod serve;
pub mod telemetry;
pub mod tls;
mod web;

pub use oauth::error::ErrorProfile;
pub use router::{Options, router};
pub use serve::serve;
