//! The checked-in bindings are what bindgen makes of the header today.
#![cfg(feature = "bindgen")]

#[test]
fn checked_in_bindings_are_current() {
    let generated = include_str!(concat!(env!("OUT_DIR"), "/bindings.rs"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bindings.rs");
    if std::env::var_os("RSNVDS_UPDATE_BINDINGS").is_some() {
        std::fs::write(path, generated).unwrap();
    }
    // The formatter's line breaking may differ between toolchains; the tokens may not.
    let tokens = |text: &str| text.replace([' ', '\n', ','], "");
    assert!(
        tokens(generated) == tokens(&std::fs::read_to_string(path).unwrap()),
        "src/bindings.rs does not match include/nvds.h: run \
         RSNVDS_UPDATE_BINDINGS=1 cargo test -p nvds-sys --features bindgen --test bindings"
    );
}
