//! The two programs as a user runs them, with this build's plugins and without.
//!
//! What `make setup` fetches (.deps/nvds) must be there, and both plugins built: run the tests of the
//! whole workspace.

#![allow(unused_crate_dependencies)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DOCTOR: &str = env!("CARGO_BIN_EXE_rsnvds-doctor");
const SELFTEST: &str = env!("CARGO_BIN_EXE_rsnvds-selftest");
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data");

/// A folder for one test, with a folder for each plugin, removed at its end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("rsnvds-programs-{name}-{}", std::process::id()));
        let deps = std::env::current_exe().unwrap();
        let deps = deps.parent().unwrap();
        for (folder, plugin) in [
            ("rsnvds", "libgstrsnvds.so"),
            ("standins", "libgstnvdscpu.so"),
        ] {
            let built = deps.join(plugin);
            assert!(
                built.exists(),
                "{} is missing: run the tests of the whole workspace",
                built.display()
            );
            std::fs::create_dir_all(path.join(folder)).unwrap();
            std::os::unix::fs::symlink(built, path.join(folder).join(plugin)).unwrap();
        }
        Self(path)
    }

    fn folder(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// A program with our plugin's folder, and others, on GStreamer's path.
    fn program(&self, program: &str, folders: &[&str]) -> Command {
        let path: Vec<_> = folders.iter().map(|folder| self.folder(folder)).collect();
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=5", "200", program])
            .env("GST_PLUGIN_PATH", path.join(":"))
            .env("GST_REGISTRY_1_0", self.folder("registry.bin"))
            .env("G_DEBUG", "fatal_warnings")
            .env("LC_ALL", "C.UTF-8");
        for variable in [
            "RSNVDS_NVDS_LIB_DIR",
            "GST_PLUGIN_PATH_1_0",
            "LD_LIBRARY_PATH",
        ] {
            command.env_remove(variable);
        }
        command
    }

    /// The self-test's data, to be changed.
    fn data(&self) -> PathBuf {
        let data = self.0.join("data");
        for folder in ["recording", "drawn"] {
            std::fs::create_dir_all(data.join(folder)).unwrap();
            for entry in std::fs::read_dir(Path::new(DATA).join(folder)).unwrap() {
                let entry = entry.unwrap();
                std::fs::copy(entry.path(), data.join(folder).join(entry.file_name())).unwrap();
            }
        }
        data
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Runs it; exit code and what it printed.
fn run(command: &mut Command) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    (status.code().unwrap_or(-1), text)
}

#[track_caller]
fn assert_parts(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} missing in:\n{text}");
    }
}

/// State and text of a finding in the doctor's JSON.
fn finding(report: &serde_json::Value, name: &str) -> (String, String) {
    let findings = report["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|finding| finding["name"] == name)
        .unwrap_or_else(|| panic!("no {name} in {report:#}"));
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    (text("state"), text("found"))
}

#[test]
fn the_doctor_finds_a_machine_with_all_stand_ins_well() {
    let place = Place::new("well");
    let (code, text) = run(&mut place.program(DOCTOR, &["rsnvds", "standins"]));
    assert_eq!(code, 0, "{text}");
    assert_parts(
        &text,
        &[
            "libnvdsgst_meta.so",
            "rsmetajson rsosdannotate",
            "rsssdparser",
            "layout-class       C, DeepStream 9.",
            "rsmetajson starts",
            "nvdscpu",
            "no problems",
        ],
    );
}

#[test]
fn the_doctor_tells_programs_what_is_missing() {
    let place = Place::new("missing");
    let mut command = place.program(DOCTOR, &["empty"]);
    let (code, text) = run(command
        .arg("--json")
        .env("RSNVDS_NVDS_LIB_DIR", "/no/folder"));
    assert_eq!(code, 1, "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["problems"], 3, "{text}");
    for (name, part) in [
        ("metadata-library", "/no/folder"),
        ("plugin", "libgstrsnvds.so"),
        ("missing-elements", "nvstreammux nvvideoconvert nvdsosd"),
    ] {
        let (state, found) = finding(&report, name);
        assert_eq!(state, "problem", "{name}");
        assert!(found.contains(part), "{found}");
    }
    let (state, found) = finding(&report, "plugin-path");
    assert_eq!(state, "note");
    assert!(found.contains("empty"), "{found}");
}

#[test]
fn the_doctor_says_what_a_pipeline_will_say_without_the_library() {
    let place = Place::new("library");
    let mut command = place.program(DOCTOR, &["rsnvds", "standins"]);
    let (code, text) = run(command
        .arg("--json")
        .env("RSNVDS_NVDS_LIB_DIR", "/no/folder"));
    assert_eq!(code, 1, "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (state, found) = finding(&report, "start");
    assert_eq!(state, "problem");
    assert!(found.contains("/no/folder"), "{found}");
    assert_eq!(finding(&report, "elements").0, "ok");
}

#[test]
fn the_selftest_passes_on_the_stand_ins() {
    let place = Place::new("passes");
    let mut command = place.program(SELFTEST, &["rsnvds"]);
    let (code, text) =
        run(command.args(["--data", DATA, "--stand-ins", &place.folder("standins")]));
    assert_eq!(code, 0, "{text}");
    assert_parts(
        &text,
        &[
            "ok  objects ",
            "exactly as stored",
            "ok  boxes ",
            "none differs",
            "\nPASSED",
        ],
    );
    assert!(text.lines().count() < 40, "more than a page:\n{text}");
}

#[test]
fn the_selftest_tells_objects_and_boxes_that_differ() {
    let place = Place::new("differ");
    let data = place.data();
    let lines = data.join("recording/default.jsonl");
    let text = std::fs::read_to_string(&lines).unwrap();
    std::fs::write(&lines, text.replacen("0.99055916", "0.99055917", 1)).unwrap();
    std::fs::copy(
        data.join("drawn/boxes-29.png"),
        data.join("drawn/boxes-00.png"),
    )
    .unwrap();
    let mut command = place.program(SELFTEST, &["rsnvds", "standins"]);
    let (code, text) = run(command.arg("--data").arg(&data));
    assert_eq!(code, 1, "{text}");
    assert_parts(
        &text,
        &[
            "PROBLEM  objects ",
            "frame 0, object 0: expected",
            "confidence 0.99055917",
            "PROBLEM  boxes ",
            "other places",
            "ok  texts ",
            "\nFAILED",
        ],
    );
}

#[test]
fn the_selftest_names_the_element_that_is_missing() {
    let place = Place::new("element");
    let mut command = place.program(SELFTEST, &["rsnvds"]);
    let (code, text) = run(command.args(["--data", DATA]));
    assert_eq!(code, 1, "{text}");
    assert_parts(&text, &["PROBLEM  pipeline", "nvvideoconvert", "FAILED"]);
}

#[test]
fn wrong_options_and_folders_are_told() {
    let place = Place::new("options");
    for program in [DOCTOR, SELFTEST] {
        let (code, text) = run(place.program(program, &["rsnvds"]).arg("--jsn"));
        assert_eq!(code, 2, "{text}");
        assert_parts(&text, &["--jsn", "usage:"]);
        let (code, text) = run(place.program(program, &[]).arg("--version"));
        assert_eq!(code, 0, "{text}");
        assert_parts(&text, &[env!("CARGO_PKG_VERSION")]);
    }
    let mut command = place.program(SELFTEST, &["rsnvds"]);
    let (code, text) = run(command.args(["--data", "/no/folder"]));
    assert_eq!(code, 1, "{text}");
    assert_parts(&text, &["/no/folder", "expected a recording"]);
}
