//! Compiles the part that knows std::vector. The library stays loaded for good: threads of the inference element hold its
//! state until they end.

fn main() {
    println!("cargo::rerun-if-changed=src/shim.cpp");
    println!("cargo::rerun-if-changed=src/parser.h");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    cc::Build::new()
        .cpp(true)
        .file("src/shim.cpp")
        .std("c++14")
        .warnings_into_errors(true)
        .extra_warnings(true)
        .flag("-fvisibility=hidden")
        // Unoptimised it needs a function that the C++ library of Ubuntu 18.04 and 20.04 does not have.
        .opt_level(2)
        .compile("rsnvds_custom_shim");
}
