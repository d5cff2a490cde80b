//! C code as a yardstick: compiled when a benchmark starts, and loaded. Needs a C compiler and GStreamer's headers,
//! which the project is built with anyway.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles a C file of `benches/`, with NVIDIA's metadata libraries linked, and loads it.
///
/// # Panics
/// When it does not compile: a benchmark has nothing to compare with then.
pub fn load(source: &str) -> libloading::Library {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = root.join("benches").join(source);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let name = source.file_stem().unwrap().to_string_lossy();
    let library = folder.join(format!("lib{name}-{}.so", std::process::id()));
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let compiler = cc::Build::new()
        .target(&target)
        .host(&target)
        .opt_level(3)
        .pic(true)
        .debug(false)
        .warnings(true)
        .extra_warnings(true)
        .cargo_metadata(false)
        .get_compiler();
    let flags = Command::new("pkg-config")
        .args(["--cflags", "--libs", "gstreamer-1.0"])
        .output()
        .unwrap();
    let flags = String::from_utf8(flags.stdout).unwrap();
    let nvds = nvds::library().unwrap().origin();
    let nvds = nvds.parent().unwrap();
    let status = compiler
        .to_command()
        .arg("-shared")
        .arg("-I")
        .arg(root.join("nvds-sys/include"))
        .arg("-o")
        .arg(&library)
        .arg(&source)
        .args(flags.split_whitespace())
        .arg("-L")
        .arg(nvds)
        .args(["-lnvds_meta", "-lnvdsgst_meta", "-lm"])
        .arg(format!("-Wl,-rpath,{}", nvds.display()))
        .status()
        .unwrap();
    assert!(status.success(), "{} does not compile", source.display());
    // SAFETY: the file was made above; loading it runs no code of its own.
    let loaded = unsafe { libloading::Library::new(&library) }.unwrap();
    std::fs::remove_file(&library).ok();
    loaded
}
