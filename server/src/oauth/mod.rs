//! The OAuth surface: the endpoints that clients call, the public keys, and the documents that describe them.
//!
//! A token request passes [`token`] → `body` → `asked` (`request` reads, `client_auth` finds who it is) → `dpop` → the engine → [`error`] or an answer.

pub(crate) mod about_token;
mod asked;
pub(crate) mod body;
mod client_auth;
pub(crate) mod discovery;
mod dpop;
pub(crate) mod error;
pub(crate) mod jwks;
pub(crate) mod protected_resource;
mod quota;
pub(crate) mod request;
pub(crate) mod token;
