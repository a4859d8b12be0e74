//! The whole configuration as one file: written by `tessera export`, carried out by `tessera apply`.
//!
//! A [`file::File`] says what should be, a [`state::State`] what is; [`plan::plan`] is the difference, which [`carry_out::carry_out`] makes
//! true by the verbs of the engine. The plan is pure: nothing in it reads or writes. What two objects differ in is told by the form in which
//! [`export`] writes them, so a file that was exported can't differ from where it came from.

pub mod carry_out;
pub mod document;
pub mod export;
pub mod file;
mod file_api;
mod file_client;
mod file_grant;
pub mod kept;
mod matching;
mod members;
pub mod mistakes;
pub mod plan;
mod plan_apis;
mod plan_clients;
mod plan_grants;
pub mod state;
#[cfg(test)]
mod tests;
mod words;

/// The member of each object that holds what Auth0 has no name for.
const OURS: &str = "tessera";
