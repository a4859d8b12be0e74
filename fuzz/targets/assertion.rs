#![no_main]
//! Client assertions with a right signature, whatever they say, see [`house::House::assertion`].

#[path = "../src/house.rs"]
mod house;

use libfuzzer_sys::fuzz_target;

thread_local!(static HOUSE: house::House = house::House::open());

fuzz_target!(|data: &[u8]| {
    HOUSE.with(|house| house.assertion(data));
});
