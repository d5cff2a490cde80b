//! What nvinfer makes of its tensors, against captures of the real element: objects, classifiers, segmentations, with
//! every field.
//!
//! `tests/data/nvinfer` holds a part of the captures. Where RSNVDS_NVINFER_CASES names a folder with all of them, each
//! is played and counted for `docs/fidelity.md`; with RSNVDS_PARSER_LIBRARIES, a folder of the parser libraries that the
//! captures name, all of them have to agree.

mod fidelity;
mod nvinfer_case;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use nvinfer_case::{Case, committed, compare, pipeline};

const ALL: &str = "RSNVDS_NVINFER_CASES";
const LIBRARIES: &str = "RSNVDS_PARSER_LIBRARIES";

/// A folder that is removed at the end.
struct Work(PathBuf);

impl Work {
    fn new(name: &str) -> Self {
        let folder = format!("nvinfer-golden-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(folder))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs an ignored test of this program with the variable that chooses the mux of the captures. It is read once per
/// start and cannot be set safely beside other tests.
fn with_new_mux(test: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("USE_NEW_NVSTREAMMUX", "yes")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
fn committed_captures_agree() {
    with_new_mux("committed_captures");
}

#[test]
#[ignore = "run by the test above, with the variable set"]
fn committed_captures() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nvinfer");
    let work = Work::new("committed");
    let results = committed::play(&data, &work.0);
    assert_eq!(results.len(), 15);
    let wrong: Vec<_> = results
        .iter()
        .filter_map(|(_, wrong)| wrong.as_ref())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn all_captures_agree() {
    if std::env::var_os(ALL).is_some() {
        with_new_mux("all_captures");
    }
}

/// Whether a case asks for a function of a library that has to be there.
fn needs_library(name: &str) -> bool {
    let segmentation = name == "seg-peoplesemseg" || name == "cls-custom-softmax";
    let custom = name.starts_with("custom-") && !name.starts_with("custom-yolo-");
    let yolo = name == "custom-yolo";
    let instances = name.starts_with("inst-");
    !yolo && (segmentation || custom || instances)
}

/// Where a case differs; what failed there has to fail here.
fn play(case: &Case, rubbish: bool) -> Option<String> {
    let played = pipeline::play(case);
    if case.exit != 0 || rubbish {
        return match played {
            Err(_) => None,
            Ok(_) => Some("no error".to_owned()),
        };
    }
    let lines = match played {
        Ok(lines) => lines,
        Err(error) => return Some(error),
    };
    compare::lines(&lines.objects, &case.expected("objects.jsonl"))
        .or_else(|| compare::lines(&lines.more, &case.expected("more.jsonl")))
}

#[test]
#[ignore = "run by the test above, with the variable set"]
fn all_captures() {
    let root = PathBuf::from(std::env::var_os(ALL).unwrap());
    let libraries: Vec<_> = std::env::var_os(LIBRARIES)
        .map(PathBuf::from)
        .into_iter()
        .collect();
    let mut count = fidelity::Count::default();
    let mut wrong = BTreeMap::new();
    let mut folders: Vec<_> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("case.json").is_file())
        .collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let mut case = Case::load(&folder).unwrap();
        case.custom_libraries = libraries.clone();
        // The real element attaches what is in its memory there.
        let rubbish = name.starts_with("seg-wrong-");
        match play(&case, rubbish) {
            None => count.exact += 1,
            Some(_) if libraries.is_empty() && needs_library(&name) => count.not_modelled += 1,
            Some(difference) => {
                wrong.insert(name, difference);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    if libraries.is_empty() {
        fidelity::record("nvinfer", "results of tensors", count);
    }
}
