//! The server from outside: what each kind of caller gets, in process and from the built program.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod about_token;
mod apply;
mod authority;
mod beside;
mod broken_api;
mod built;
mod corpus;
mod coverage;
mod documents;
mod download;
mod dpop;
mod guard;
mod guard_program;
mod guard_rails;
mod guards;
mod house;
mod limits;
mod malformed;
mod management;
mod pages;
mod program;
mod protected_resource;
mod reference;
mod secrets;
mod session;
mod settings;
mod signing_secrets;
mod stop;
mod tls;
mod tls_program;
mod token;
mod tour;
