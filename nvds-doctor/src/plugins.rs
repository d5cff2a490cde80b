//! Plugin files: which copies there are, which GStreamer refused, and whether stand-ins hide stock
//! elements.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::report::Report;

const PLUGIN_FILE: &str = "libgstrsnvds.so";
/// Name of the plugin with the stand-ins.
pub(crate) const STAND_INS: &str = "nvdscpu";

pub(crate) fn examine(report: &mut Report) {
    let registry = gst::Registry::get();
    own(report, &registry);
    refused(report, &registry);
    let stand_ins = registry.find_plugin(STAND_INS);
    if let Some(plugin) = &stand_ins {
        let file = file_of(plugin);
        if Path::new("/opt/nvidia/deepstream").exists() {
            report.problem(
                "stand-ins",
                format!("{file} is on the plugin path, and so is DeepStream"),
                "take its folder out of GST_PLUGIN_PATH: its elements have the names of the stock ones and hide them",
            );
        } else {
            report.note(
                "stand-ins",
                file,
                "the stock elements below are stand-ins on the CPU, not NVIDIA's",
            );
        }
    }
}

fn own(report: &mut Report, registry: &gst::Registry) {
    let Some(plugin) = registry.find_plugin("rsnvds") else {
        report.problem(
            "plugin",
            format!("GStreamer knows no {PLUGIN_FILE}"),
            "install the package, or set GST_PLUGIN_PATH to the folder with this file",
        );
        return;
    };
    let version = plugin.version();
    let found = format!("{} {version}", file_of(&plugin));
    // A version from git has the commit behind it.
    if version.starts_with(env!("CARGO_PKG_VERSION")) {
        report.ok("plugin", found);
    } else {
        report.note(
            "plugin",
            found,
            format!(
                "this program is of rsnvds {}: update the older of both",
                env!("CARGO_PKG_VERSION")
            ),
        );
    }
    let copies = copies(&search_path());
    if copies.len() > 1 {
        report.note(
            "plugin-copies",
            copies
                .iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join("\n"),
            "GStreamer takes the one in the line above; remove the others, so that an update does not miss it",
        );
    }
}

/// Plugins of DeepStream's and ours that crashed or could not be loaded when GStreamer looked at them.
fn refused(report: &mut Report, registry: &gst::Registry) {
    let files: Vec<String> = registry
        .plugins()
        .iter()
        .filter(|plugin| {
            plugin
                .plugin_flags()
                .contains(gst::PluginFlags::BLACKLISTED)
        })
        .map(file_of)
        .filter(|file| {
            let name = file.rsplit('/').next().unwrap_or(file);
            name.contains("nv") || name.contains("rsnvds")
        })
        .collect();
    if !files.is_empty() {
        report.problem(
            "refused-plugins",
            files.join("\n"),
            "GStreamer could not load these: `ldd FILE` names missing libraries; then delete ~/.cache/gstreamer-1.0/registry.*.bin, which remembers the failure",
        );
    }
}

fn file_of(plugin: &gst::Plugin) -> String {
    plugin
        .filename()
        .map_or_else(|| "(no file)".into(), |path| path.display().to_string())
}

/// Folders in which GStreamer looks for plugins, as far as the environment names them.
fn search_path() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = ["GST_PLUGIN_PATH_1_0", "GST_PLUGIN_PATH"]
        .iter()
        .filter_map(std::env::var_os)
        .flat_map(|value| std::env::split_paths(&value).collect::<Vec<_>>())
        .collect();
    let triple = format!("{}-linux-gnu", std::env::consts::ARCH);
    folders.push(format!("/usr/lib/{triple}/gstreamer-1.0").into());
    folders.push(format!("/usr/local/lib/{triple}/gstreamer-1.0").into());
    if let Some(home) = std::env::var_os("HOME") {
        folders.push(Path::new(&home).join(".local/share/gstreamer-1.0/plugins"));
    }
    folders
}

/// The plugin's files in these folders, each once.
fn copies(folders: &[PathBuf]) -> BTreeSet<PathBuf> {
    folders
        .iter()
        .filter_map(|folder| std::fs::canonicalize(folder.join(PLUGIN_FILE)).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_counted_once_however_often_its_folder_is_named() {
        let folder = std::env::temp_dir().join(format!("rsnvds-copies-{}", std::process::id()));
        let (a, b) = (folder.join("a"), folder.join("b"));
        for path in [&a, &b] {
            std::fs::create_dir_all(path).unwrap();
            std::fs::write(path.join(PLUGIN_FILE), "").unwrap();
        }
        assert_eq!(copies(&[a.clone(), a.join("../a")]).len(), 1);
        assert_eq!(copies(&[a, b, folder.clone()]).len(), 2);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
