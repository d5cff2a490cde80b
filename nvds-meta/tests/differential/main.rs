//! Random sequences of calls, on NVIDIA's library and on ours, each in a process of its own: after each step all that
//! can be seen must be the same.
//!
//! A test finds a difference, shortens the script, and shows it with the first line that differs. What NVIDIA's
//! library cannot do without a crash is no part of any script.

mod buffers;
mod callbacks;
mod describe;
mod driver;
mod elements;
mod library;
mod lists;
mod script;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::driver::Driver;
use crate::script::{AUDIO, BUFFERS, METAS, Step, scripts, text};

/// Names the library's folder to the driver.
const FOLDER: &str = "NVDS_META_TEST_FOLDER";
const VERBOSE: &str = "NVDS_META_TEST_VERBOSE";

/// Reads a script from standard input and writes what is seen to standard output, in lines that begin with `| `. Run
/// by the tests below.
#[test]
#[ignore = "the other tests run it as a program"]
fn drive() {
    let folder = std::env::var_os(FOLDER).expect("the folder of a library");
    let mut driver = Driver::new(Path::new(&folder), std::env::var_os(VERBOSE).is_some());
    let mut script = String::new();
    std::io::stdin().read_to_string(&mut script).unwrap();
    let mut out = std::io::stdout().lock();
    let mut tell = |line: &str| {
        writeln!(out, "\n| {line}")
            .and_then(|()| out.flush())
            .unwrap()
    };
    for line in script.lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        let numbers: Vec<u32> = words.map(|word| word.parse().unwrap()).collect();
        tell(&format!("--- {line}"));
        let done = driver.step(name, numbers.try_into().unwrap());
        tell(&format!("done {}", done.is_some()));
        for line in driver.describe() {
            tell(&line);
        }
    }
    for line in driver.end() {
        tell(&line);
    }
    tell("end");
}

/// NVIDIA's library, where it was set up. Under a sanitizer, which finds its leaks, ours may stand in for it.
fn reference() -> Option<PathBuf> {
    if std::env::var_os("NVDS_META_TEST_OURS").is_some() {
        return Some(ours());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/nvds");
    folder.join("libnvds_meta.so").exists().then_some(folder)
}

/// A folder with ours under both names, made once for all tests.
fn ours() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(place_ours).clone()
}

fn place_ours() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let library = test.parent().unwrap().join("libnvds_meta.so");
    assert!(library.exists(), "{} is missing", library.display());
    let folder = test.with_extension("library");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["libnvds_meta.so", "libnvdsgst_meta.so"] {
        let link = folder.join(name);
        if std::fs::read_link(&link).ok().as_deref() != Some(&library) {
            let _ = std::fs::remove_file(&link);
            std::os::unix::fs::symlink(&library, &link).unwrap();
        }
    }
    folder
}

/// What is seen of a script on the library in a folder.
fn run(folder: &Path, steps: &[Step], variables: &[&str], verbose: bool) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "drive",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder)
        // The driver calls functions for which NVIDIA's library warns.
        .env_remove("G_DEBUG")
        .env("GST_REGISTRY_DISABLE", "yes")
        .env("LD_LIBRARY_PATH", folder)
        .env("NVDS_META_RELEASE", "9.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in variables {
        command.env(name, "1");
    }
    if verbose {
        command.env(VERBOSE, "1");
    }
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text(steps).as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let seen = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<String> = seen
        .lines()
        .filter_map(|line| line.strip_prefix("| ").map(Into::into))
        .collect();
    if !output.status.success() {
        lines.push(format!(
            "ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    lines
}

/// The first line that differs, with the step that it belongs to.
fn difference(theirs: &[String], ours: &[String]) -> Option<String> {
    let place = theirs.iter().zip(ours).position(|(a, b)| a != b);
    let place =
        place.or_else(|| (theirs.len() != ours.len()).then(|| theirs.len().min(ours.len())))?;
    let step = ours[..place.min(ours.len())]
        .iter()
        .rev()
        .find(|line| line.starts_with("---"));
    let at = |lines: &[String]| lines.get(place).cloned().unwrap_or_default();
    Some(format!(
        "at {step:?}\nNVIDIA's: {}\nours:     {}",
        at(theirs),
        at(ours)
    ))
}

fn compare(steps: &'static [(&'static str, u32)], cases: u32, variables: &[&str]) {
    let Some(reference) = reference() else {
        eprintln!("NVIDIA's library is not in .deps/nvds (`make setup`): nothing to compare with");
        return;
    };
    let ours = ours();
    let cases = std::env::var("NVDS_META_TEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(cases);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&scripts(steps, 60), |steps| {
        let theirs = run(&reference, &steps, variables, false);
        prop_assert_eq!(
            theirs.last().map(String::as_str),
            Some("end"),
            "NVIDIA's library:\n{}",
            theirs.last().unwrap()
        );
        let seen = run(&ours, &steps, variables, false);
        if difference(&theirs, &seen).is_some() {
            let both = [&reference, &ours].map(|folder| run(folder, &steps, variables, true));
            let text = difference(&both[0], &both[1]);
            return Err(TestCaseError::fail(
                text.unwrap_or_else(|| "differs now and then".into()),
            ));
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn metas_are_as_nvidias() {
    compare(METAS, 150, &[]);
}

#[test]
fn audio_is_as_nvidias() {
    compare(AUDIO, 60, &[]);
}

#[test]
fn buffers_are_as_nvidias() {
    compare(BUFFERS, 60, &[]);
}

#[test]
fn measured_latency_is_as_nvidias() {
    compare(BUFFERS, 60, &["NVDS_ENABLE_LATENCY_MEASUREMENT"]);
}
