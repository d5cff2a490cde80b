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
    release(report);
}

/// The class and release, by a small batch of the library's own.
fn release(report: &mut Report) {
    match nvds::NewBatch::new(2) {
        Ok(_) => report.ok(
            "layout-class",
            "C (DeepStream 9.0 and 9.1), by the sizes of its structs",
        ),
        Err(error) => report.problem(
            "layout-class",
            error.to_string(),
            "every element of rsnvds passes buffers of this DeepStream on with this error",
        ),
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
