//! Environment variables that change what is found.

use std::path::Path;

use crate::report::Report;

/// Shown as they are, where set.
const VARIABLES: [&str; 8] = [
    "GST_PLUGIN_PATH",
    "GST_PLUGIN_PATH_1_0",
    "GST_PLUGIN_SYSTEM_PATH_1_0",
    "GST_REGISTRY_1_0",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "RSNVDS_NVDS_LIB_DIR",
    "USE_NEW_NVSTREAMMUX",
];

pub(crate) fn examine(report: &mut Report) {
    let set: Vec<String> = VARIABLES
        .iter()
        .filter_map(|name| Some(format!("{name}={}", std::env::var(name).ok()?)))
        .collect();
    if !set.is_empty() {
        report.ok("environment", set.join("\n"));
    }
    for name in ["GST_PLUGIN_PATH", "GST_PLUGIN_PATH_1_0"] {
        let Some(value) = std::env::var_os(name) else {
            continue;
        };
        let missing = missing_folders(&value);
        if !missing.is_empty() {
            report.note(
                "plugin-path",
                format!("{name} names what is not there: {}", missing.join(" ")),
                "correct or remove it",
            );
        }
    }
}

fn missing_folders(value: &std::ffi::OsStr) -> Vec<String> {
    std::env::split_paths(value)
        .filter(|folder| !folder.as_os_str().is_empty() && !Path::new(folder).exists())
        .map(|folder| folder.display().to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_are_not_there_are_named() {
        let value = "/usr::/no/such/folder";
        assert_eq!(missing_folders(value.as_ref()), ["/no/such/folder"]);
    }
}
