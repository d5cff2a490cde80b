//! With the feature `bindgen`: makes bindings.rs from include/nvds.h in the output folder, where
//! tests/bindings.rs compares it with the checked-in src/bindings.rs. Without it: nothing.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "bindgen")]
    regenerate();
}

#[cfg(feature = "bindgen")]
fn regenerate() {
    let header = "include/nvds.h";
    println!("cargo:rerun-if-changed={header}");
    let gst = pkg_config::Config::new()
        .cargo_metadata(false)
        .probe("gstreamer-1.0")
        .expect(
            "the GStreamer headers are needed to regenerate the bindings (libgstreamer1.0-dev)",
        );
    let bindings = bindgen::Builder::default()
        .header(header)
        .clang_args(
            gst.include_paths
                .iter()
                .map(|p| format!("-I{}", p.display())),
        )
        .allowlist_file(".*include/nvds\\.h")
        // GLib's and GStreamer's types come from their own -sys crates.
        .blocklist_file(".*/(glib|gobject|gst|gstreamer)[^/]*/.*")
        .blocklist_type("G[A-Z].*|_G[A-Z].*|g[a-z]+[0-9]*")
        .allowlist_type("NvDs.*|NvBuf.*|NvOSD.*|NvBbox.*|GstNv.*|PFN_.*")
        .raw_line("use glib_sys::{GList, GRecMutex, GType, gboolean, gpointer};")
        .raw_line("use gst_sys::{GstBuffer, GstMeta};")
        .raw_line("")
        .raw_line("type gchar = ::std::os::raw::c_char;")
        .raw_line("type gint = i32;")
        .raw_line("type guint = u32;")
        .raw_line("type gint64 = i64;")
        .raw_line("type guint64 = u64;")
        .raw_line("type gfloat = f32;")
        .raw_line("type gdouble = f64;")
        .derive_default(false)
        .derive_debug(false)
        .generate_comments(false)
        .merge_extern_blocks(true)
        .formatter(bindgen::Formatter::Rustfmt)
        .generate()
        .expect("bindgen could not read include/nvds.h");
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    bindings
        .write_to_file(out.join("bindings.rs"))
        .expect("the output folder is writable");
}
