#![no_main]
//! Whole requests to the three endpoints of clients, see [`house::House::request`].

#[path = "../src/house.rs"]
mod house;

use libfuzzer_sys::fuzz_target;

thread_local!(static HOUSE: house::House = house::House::open());

fuzz_target!(|data: &[u8]| {
    HOUSE.with(|house| house.request(data));
});
