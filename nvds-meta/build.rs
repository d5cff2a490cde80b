//! The library stays loaded for good: GLib's type system and the metas on buffers hold pointers into it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
