//! DeepStream's metadata library: which file, and whether this build knows its structs.

use std::fs;
use std::path::Path;

use crate::report::Report;

const SDK_ROOT: &str = "/opt/nvidia/deepstream";

pub(crate) fn examine(report: &mut Report) {
    sdks(report);
    let library = match nvds::library() {
        Ok(library) => library,
        Err(error) => {
            report.problem(
                "metadata-library",
                error.to_string(),
                "until then every element of rsnvds ends with this error; gst-inspect-1.0 works",
            );
            return;
        }
    };
    report.ok("metadata-library", real_path(library.origin()));
    release(report, library.release());
    if let Err(error) = nvds::NewBatch::new(2) {
        report.problem(
            "batch",
            error.to_string(),
            "no element of rsnvds can read this library's metadata",
        );
    }
}

/// The release and its layout of memory, and how they are known.
fn release(report: &mut Report, release: &nvds::Release) {
    report.ok(
        "layout-class",
        format!("{}, {release}, by {}", release.class(), release.source()),
    );
    if release.first() != release.last() {
        report.note(
            "release",
            format!("{release}, not more exactly"),
            format!(
                "fields that only some of these have are not read; {}=X.Y names the release",
                nvds::VERSION_VARIABLE
            ),
        );
    }
}

/// Links followed: `/opt/nvidia/deepstream/deepstream` is one, to the release in use.
fn real_path(file: &Path) -> String {
    match fs::canonicalize(file) {
        Ok(real) if real != file => format!("{} -> {}", file.display(), real.display()),
        _ => file.display().to_string(),
    }
}

/// The SDKs that are installed, with what their file `version` says.
fn sdks(report: &mut Report) {
    let mut found: Vec<_> = fs::read_dir(SDK_ROOT)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| {
            let version = fs::read_to_string(entry.path().join("version")).unwrap_or_default();
            match version_line(&version) {
                Some(version) => format!("{} ({version})", entry.path().display()),
                None => entry.path().display().to_string(),
            }
        })
        .collect();
    found.sort();
    match found.len() {
        0 => report.note(
            "sdk",
            format!("none in {SDK_ROOT}"),
            "install DeepStream, or use the stand-ins of rsnvds on a machine without a GPU",
        ),
        1 => report.ok("sdk", found.remove(0)),
        _ => report.note(
            "sdk",
            found.join("\n"),
            "several are installed: the line metadata-library tells which one is used",
        ),
    }
}

fn version_line(text: &str) -> Option<&str> {
    text.lines()
        .find_map(|line| line.trim().strip_prefix("Version:"))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdks_file_names_its_version() {
        assert_eq!(version_line("Version: 6.3.0\nGCID: 1\n"), Some("6.3.0"));
        assert_eq!(version_line(""), None);
    }
}
