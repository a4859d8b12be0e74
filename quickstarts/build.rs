//! Makes cargo notice files that are added under `programs/`: the macro that embeds them watches known files only.

fn main() {
    println!("cargo::rerun-if-changed=programs");
}
