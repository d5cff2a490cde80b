//! Compiles the probes, optimised as the rest of the program is.

fn main() -> Result<(), pkg_config::Error> {
    println!("cargo::rerun-if-changed=src/analytics.c");
    println!("cargo::rerun-if-changed=src/annotate.c");
    println!("cargo::rerun-if-changed=src/library.h");
    println!("cargo::rerun-if-changed=src/probe.c");
    println!("cargo::rerun-if-changed=src/yolo.cpp");
    println!("cargo::rerun-if-changed=../../nvds-sys/include/nvds.h");
    // gstreamer-sys links it.
    let gstreamer = pkg_config::Config::new()
        .cargo_metadata(false)
        .probe("gstreamer-1.0")?;
    cc::Build::new()
        .files(["src/analytics.c", "src/annotate.c", "src/probe.c"])
        .include("../../nvds-sys/include")
        .includes(&gstreamer.include_paths)
        .std("c11")
        .warnings_into_errors(true)
        .extra_warnings(true)
        // The callback types of GStreamer have parameters that are not needed here.
        .flag("-Wno-unused-parameter")
        .compile("rsnvds_bench_probe");
    cc::Build::new()
        .cpp(true)
        .file("src/yolo.cpp")
        .std("c++14")
        .opt_level(3)
        .warnings_into_errors(true)
        .extra_warnings(true)
        .compile("rsnvds_bench_yolo");
    Ok(())
}
