//! The program and its files.

#![allow(unused_crate_dependencies)] // those of the program

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("rsnvds-report-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rsnvds-report"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const LINE: &str = "{\"source_id\":0,\"frame_num\":0}\n";

/// What is read is never written over, whichever argument names it.
#[test]
fn no_input_is_written_over() {
    let folder = Folder::new("inputs");
    let lines = folder.file("lines.jsonl", LINE);
    let other = folder.file("other", "rsnvds_frames_total{element=\"a\"} 1\n");
    for arguments in [
        vec![&*lines, "-o", &*lines],
        vec![&*lines, "--metrics", &*other, "-o", &*other],
        vec![&*lines, "--film", &*other, "-o", &*other],
    ] {
        let output = program(&arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(
            told(&output).contains("it is read, too"),
            "{}",
            told(&output)
        );
    }
    assert_eq!(fs::read_to_string(&lines).unwrap(), LINE);
    assert!(fs::read_to_string(&other).unwrap().starts_with("rsnvds_"));
}

#[test]
fn a_file_without_metrics_is_refused() {
    let folder = Folder::new("metrics");
    let lines = folder.file("lines.jsonl", LINE);
    for text in ["", LINE] {
        let metrics = folder.file("metrics", text);
        let page = folder.0.join("page.html");
        let arguments = [&*lines, "--metrics", &metrics, "-o", page.to_str().unwrap()];
        let output = program(&arguments).output().unwrap();
        assert!(!output.status.success());
        assert!(
            told(&output).contains("has no metric of rsnvds: expected"),
            "{}",
            told(&output)
        );
        assert!(!page.exists());
    }
}

/// A page many times larger than a pipe holds, and a reader that leaves; a disk that is full.
#[test]
fn standard_output_that_takes_no_more_is_an_error() {
    let folder = Folder::new("output");
    let lines: String = (0..1000)
        .map(|source| format!("{{\"source_id\":{source},\"frame_num\":0}}\n"))
        .collect();
    let lines = folder.file("lines.jsonl", &lines);
    let mut child = program(&[&lines, "-o", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 10]).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    assert!(
        told(&output).contains("standard output cannot be written"),
        "{}",
        told(&output)
    );
    assert!(!told(&output).contains("panicked"), "{}", told(&output));

    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = program(&[&lines, "-o", "-"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        told(&output).contains("standard output cannot be written"),
        "{}",
        told(&output)
    );
}
