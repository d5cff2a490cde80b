//! The Python package `rsnvds`: its own tests, what it reads against `rsmetajson`, its wheel.

use std::path::Path;
use std::process::{Command, Output};

use super::TempFile;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PYTHON: &str = "/usr/bin/python3";

/// A program of python/tests, on the metadata library of these tests.
fn program(name: &str) -> Command {
    let mut command = Command::new("timeout");
    // The one that the elements find by themselves.
    let folder = nvds::library().unwrap().origin().parent();
    if let Some(folder) = folder.filter(|folder| folder.is_absolute()) {
        command.env("RSNVDS_NVDS_LIB_DIR", folder);
    }
    command
        .args(["--kill-after=5", "120", PYTHON, "-B"])
        .arg(format!("python/tests/{name}"))
        .current_dir(ROOT)
        .env("G_DEBUG", "fatal-warnings")
        .env("LC_ALL", "C.UTF-8");
    command
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn the_package_reads_whatever_is_there() {
    let output = program("unit.py").output().unwrap();
    let told = text(&output);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("\nOK"), "{told}");
}

/// Every field of every frame, and NVIDIA's bindings where they are.
#[test]
fn the_package_reads_what_rsmetajson_writes() {
    let exe = std::env::current_exe().unwrap();
    let deps = exe.parent().unwrap();
    let plugins = deps.join("python-test-plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    for plugin in ["libgstrsnvds.so", "libgstnvdscpu.so"] {
        let built = deps.join(plugin);
        assert!(
            built.exists(),
            "{} is missing: run the tests of the whole workspace",
            built.display()
        );
        let link = plugins.join(plugin);
        std::fs::remove_file(&link).ok();
        std::os::unix::fs::symlink(&built, link).unwrap();
    }
    let output = program("played.py")
        .env("GST_PLUGIN_PATH", &plugins)
        .env("GST_REGISTRY_1_0", plugins.join("registry"))
        .output()
        .unwrap();
    let told = text(&output);
    assert!(output.status.success(), "{told}");
    let lines: Vec<&str> = told.lines().filter(|l| l.contains(" compared, ")).collect();
    assert_eq!(lines.len(), 6, "{told}");
    assert!(lines[0].starts_with("pose: 3 frames, 6 objects"), "{told}");
    // Whether pyds was there.
    println!("{told}");
}

/// What a wheel holds is what the folder holds, with the version of the crates.
#[test]
fn the_wheel_can_be_imported() {
    let folder = TempFile::new("wheel", "");
    std::fs::remove_file(folder.path()).unwrap();
    let output = Command::new("scripts/wheel.sh")
        .arg(folder.path())
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let name = String::from_utf8(output.stdout).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(name.trim(), format!("rsnvds-{version}-py3-none-any.whl"));
    let wheel = Path::new(folder.path()).join(name.trim());
    let program = "
import importlib.metadata, os, sys
import rsnvds
assert rsnvds.__file__.startswith(sys.path[1]), rsnvds.__file__
assert importlib.metadata.version('rsnvds') == rsnvds.__version__
files = {file.name for file in importlib.metadata.files('rsnvds') if file.parts[0] == 'rsnvds'}
expected = {name for name in os.listdir('python/rsnvds') if name != '__pycache__'}
assert files == expected, files ^ expected
print(rsnvds.__version__)
";
    let output = Command::new(PYTHON)
        .args(["-c", program])
        .current_dir(ROOT)
        .env("PYTHONPATH", &wheel)
        .output()
        .unwrap();
    std::fs::remove_dir_all(folder.path()).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), version);
}

/// `include/rsnvds.pc` has the version of the crates.
#[test]
fn pkg_config_knows_the_version() {
    let file = std::fs::read_to_string(Path::new(ROOT).join("include/rsnvds.pc")).unwrap();
    let version = format!("Version: {}", env!("CARGO_PKG_VERSION"));
    assert!(file.lines().any(|line| line == version), "{file}");
}
