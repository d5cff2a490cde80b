//! The system below: distribution, C library, GStreamer, GLib, device.

use std::fs;
use std::path::{Path, PathBuf};

use crate::report::Report;

pub(crate) fn examine(report: &mut Report) {
    report.ok("rsnvds", env!("CARGO_PKG_VERSION"));
    report.ok("system", system());
    report.ok("glibc", glibc().unwrap_or_else(|| "unknown".into()));
    let (major, minor, micro, _) = gst::version();
    report.ok("gstreamer", format!("{major}.{minor}.{micro}"));
    report.ok("glib", glib().unwrap_or_else(|| "unknown".into()));
    device(report);
}

/// The distribution's own name for itself, and the processor.
fn system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = os_release(&release).unwrap_or_else(|| "unknown system".into());
    format!("{name}, {}", std::env::consts::ARCH)
}

fn os_release(text: &str) -> Option<String> {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim_matches(['"', '\'']).to_owned())
}

/// The version of the C library that is loaded, as its file tells.
fn glibc() -> Option<String> {
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    // Before 2.34 the file has its version in its name.
    let path = mapped(&maps, "libc.so.6").or_else(|| mapped(&maps, "libc-2."))?;
    glibc_version(&fs::read(path).ok()?)
}

/// From the text that the C library prints when it is run as a program.
fn glibc_version(file: &[u8]) -> Option<String> {
    const BEFORE: &[u8] = b" release version ";
    let at = file.windows(BEFORE.len()).position(|part| part == BEFORE)?;
    let version: String = file[at + BEFORE.len()..]
        .iter()
        .map(|byte| char::from(*byte))
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    Some(version.trim_end_matches('.').to_owned())
}

/// The version of the GLib that is loaded, from the name of its file: `libglib-2.0.so.0.7400.6` is
/// of 2.74.6.
fn glib() -> Option<String> {
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let path = mapped(&maps, "libglib-2.0.so")?;
    let file = fs::canonicalize(path).ok()?;
    glib_version(file.file_name()?.to_str()?)
}

fn glib_version(file: &str) -> Option<String> {
    let mut numbers = file.strip_prefix("libglib-2.0.so.0.")?.split('.');
    let minor = numbers.next()?.strip_suffix("00")?;
    Some(format!("2.{minor}.{}", numbers.next()?))
}

/// The mapped file whose name begins so.
fn mapped(maps: &str, name: &str) -> Option<PathBuf> {
    maps.lines()
        .filter_map(|line| line.find('/').map(|at| Path::new(&line[at..])))
        .find(|path| {
            path.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with(name))
        })
        .map(Path::to_owned)
}

/// A Jetson names itself in the device tree; a discrete GPU's driver has device files.
fn device(report: &mut Report) {
    if let Ok(model) = fs::read_to_string("/proc/device-tree/model") {
        let l4t = fs::read_to_string("/etc/nv_tegra_release").unwrap_or_default();
        let l4t = l4t.lines().next().unwrap_or("no /etc/nv_tegra_release");
        report.ok("device", format!("{}\n{l4t}", model.trim_end_matches('\0')));
        return;
    }
    match fs::read_to_string("/proc/driver/nvidia/version") {
        Ok(version) => report.ok("device", version.lines().next().unwrap_or("").trim()),
        Err(_) => report.note(
            "device",
            "no NVIDIA driver is loaded",
            "stock DeepStream elements need one (in a container: --gpus all, or --runtime nvidia on a Jetson); the stand-ins do not",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_from_names_and_files() {
        assert_eq!(
            glib_version("libglib-2.0.so.0.7400.6").as_deref(),
            Some("2.74.6")
        );
        assert_eq!(
            glib_version("libglib-2.0.so.0.5600.4").as_deref(),
            Some("2.56.4")
        );
        assert_eq!(glib_version("libglib-2.0.so.0"), None);
        let text =
            b"\0GNU C Library (Ubuntu GLIBC 2.27-3ubuntu1.6) stable release version 2.27.\nCopy";
        assert_eq!(glibc_version(text).as_deref(), Some("2.27"));
        assert_eq!(glibc_version(b"none"), None);
        let text = "NAME=\"Ubuntu\"\nPRETTY_NAME=\"Ubuntu 18.04.6 LTS\"\n";
        assert_eq!(os_release(text).as_deref(), Some("Ubuntu 18.04.6 LTS"));
        let maps = "1-2 r-xp 0 fe:00 1   /usr/lib/libgio-2.0.so.0\n3-4 r-xp 0 fe:00 1   /usr/lib/libglib-2.0.so.0.1.2\n";
        assert_eq!(
            mapped(maps, "libglib-2.0.so"),
            Some(PathBuf::from("/usr/lib/libglib-2.0.so.0.1.2"))
        );
        assert_eq!(mapped(maps, "libnvds_meta.so"), None);
    }

    #[test]
    fn this_systems_libraries_are_known() {
        // Else the linker leaves GStreamer out, and GLib with it.
        assert_eq!(gst::version().0, 1);
        assert!(glib().unwrap().starts_with("2."));
        assert!(glibc().unwrap().starts_with("2."));
    }
}
