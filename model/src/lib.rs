//! What things are: the nouns of Tessera and the rules that hold for them.
//!
//! Pure: no IO, no clock, no chance, no feature switches. Compiles for the server and for the browser, so that
//! a form can say what is wrong with a value by the same rule that the engine will apply to it.
//!
//! To add a noun: one file here with its struct and its `check_…` rules, then the same noun on each floor above.

pub mod admin;
pub mod api;
pub mod assertion;
pub mod claims;
pub mod client;
pub mod client_key;
pub mod client_secret;
pub mod dpop;
pub mod fix;
pub mod grant;
pub mod guard;
pub mod guard_report;
pub mod introspection;
pub mod invalid;
pub mod issuer;
pub mod kept;
pub mod key;
pub mod lockout;
pub mod log;
pub mod page;
pub mod pasted;
pub mod progress;
pub mod quickstart;
pub mod quota;
pub mod refusal;
pub mod rotation;
pub mod scope;
pub mod secret;
pub mod signing_secret;
pub mod time;
pub mod token;
pub mod usage;

pub use invalid::Invalid;
