//! The server from outside: what each kind of caller gets, in process and from the built program.

mod beside;
mod coverage;
mod crash;
mod documents;
mod guards;
mod house;
mod malformed;
mod program;
mod secrets;
mod settings;
mod stop;
mod token;
