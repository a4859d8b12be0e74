//! The OAuth surface: the token endpoint, the public keys, and the documents that describe both.
//!
//! A token request passes [`token`] → `request` (read) → `client_auth` (who is it) → the engine → [`error`] or an answer.

mod client_auth;
pub(crate) mod discovery;
pub(crate) mod error;
pub(crate) mod jwks;
mod request;
pub(crate) mod token;
