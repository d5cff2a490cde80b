//! Key points in programs: in Python from messages and by the package, in C by the header as packages install it; and class
//! maps in C.

use std::process::Command;

use super::{PYTHON, ROOT, Scratch, plugin_path, text};

/// What a program prints for three frames of a file in pipelines/.
fn printed(scratch: &Scratch, program: &str, arguments: &[&str], file: &str) -> String {
    let line = std::fs::read_to_string(format!("{ROOT}/pipelines/{file}")).unwrap();
    let path = scratch.file("line.txt");
    std::fs::write(&path, line.replace("num-buffers=25", "num-buffers=3")).unwrap();
    let output = Command::new("timeout")
        .args(["--kill-after=5", "60", program])
        .args(arguments)
        .arg(&path)
        .current_dir(ROOT)
        .env("GST_PLUGIN_PATH", plugin_path())
        .env("GST_REGISTRY_1_0", scratch.file("registry"))
        .env("PYTHONPATH", format!("{ROOT}/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("G_DEBUG", "fatal-warnings")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    assert!(output.status.success(), "{program}: {}", text(&output));
    assert!(output.stderr.is_empty(), "{}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Compiled by what pkg-config says of a prefix with the files of the packages. The structs that it reads are those of
/// 9.x, so it runs on NVIDIA's library.
fn compile(scratch: &Scratch, name: &str) -> String {
    let program = scratch.file(name);
    for (from, to) in [("rsnvds.h", "include"), ("rsnvds.pc", "share/pkgconfig")] {
        let folder = scratch.file(to);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(format!("{ROOT}/include/{from}"), format!("{folder}/{from}")).unwrap();
    }
    let flags = Command::new("pkg-config")
        .args(["--cflags", "--libs", "rsnvds", "gstreamer-1.0"])
        .env("PKG_CONFIG_PATH", scratch.file("share/pkgconfig"))
        .output()
        .unwrap();
    assert!(flags.status.success(), "{}", text(&flags));
    let built = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-Iinclude/deepstream"])
        .args([&format!("examples/c/{name}.c"), "-o", &program])
        .args(String::from_utf8(flags.stdout).unwrap().split_whitespace())
        .args(["-L.deps/nvds", "-lnvdsgst_meta", "-lnvds_meta"])
        .arg(format!("-Wl,-rpath,{ROOT}/.deps/nvds"))
        .current_dir(ROOT)
        .status()
        .unwrap();
    assert!(built.success());
    program
}

#[test]
fn programs_in_python_and_c_read_the_same_key_points() {
    let scratch = Scratch::new("key-points");
    let script = format!("{ROOT}/examples/python/key_points.py");
    let by_messages = printed(&scratch, PYTHON, &[&script], "pose.txt");
    let lines: Vec<&str> = by_messages.lines().collect();
    assert_eq!(lines.len(), 6, "{by_messages}");
    assert!(
        lines[0].starts_with("source 0 frame 0: 0 0:200,155 1:212,145 2:188,145"),
        "{by_messages}"
    );
    let by_package = printed(&scratch, PYTHON, &[&script, "--package"], "pose.txt");
    assert_eq!(by_package, by_messages);
    let program = compile(&scratch, "key_points");
    assert_eq!(printed(&scratch, &program, &[], "pose.txt"), by_messages);
}

#[test]
fn programs_in_c_read_class_maps() {
    let scratch = Scratch::new("class-maps");
    let program = compile(&scratch, "segmentation");
    let counts = printed(&scratch, &program, &[], "segmentation.txt");
    let expected = |frame| format!("source 0 frame {frame}: 40x40 0:800 1:220 2:580 none:0");
    assert_eq!(counts.lines().collect::<Vec<_>>(), [0, 1, 2].map(expected));
}
