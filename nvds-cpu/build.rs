//! Version and release date for the plugin, and the parts in C++: what calls parser libraries, and what lays out the classes
//! of nvdsanalytics' metadata.

/// Set in builds that must not link to a C++ library, which then end where a parser throws.
const NO_CATCH: &str = "RSNVDS_PARSERS_UNCAUGHT";

fn main() {
    gst_plugin_version_helper::info();
    let shims = ["src/infer/library/shim.cpp", "src/dsanalytics/payload.cpp"];
    for shim in shims {
        println!("cargo::rerun-if-changed={shim}");
    }
    println!("cargo::rerun-if-env-changed={NO_CATCH}");
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .files(shims)
        .std("c++14")
        .warnings_into_errors(true)
        .extra_warnings(true)
        .flag("-fvisibility=hidden");
    if std::env::var_os(NO_CATCH).is_some() {
        build.flag("-fno-exceptions").cpp_link_stdlib(None);
    } else {
        build.define("RSNVDS_CATCH", None);
    }
    build.compile("rsnvds_parser_shim");
}
