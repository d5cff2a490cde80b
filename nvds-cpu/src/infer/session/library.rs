//! Finding ONNX Runtime's library and starting it.
//!
//! It is opened at run time, so that the plugin loads and can be inspected without it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use once_cell::sync::OnceCell;
use ort::environment::Environment;
use ort::logging::LogLevel;

use super::SessionError;

/// Variable with the path of the library; nothing else is tried then. The name is ONNX Runtime's own convention.
pub(super) const LIBRARY_VARIABLE: &str = "ORT_DYLIB_PATH";
/// Variable with a folder like this project's `.deps`.
const DEPS_VARIABLE: &str = "RSNVDS_DEPS";

pub(super) const DEPS_DIR: &str = ".deps";
/// Folders below `.deps` in which the library may lie.
const DEPS_FOLDERS: [&str; 5] = [
    "onnxruntime",
    "onnxruntime/lib",
    "onnxruntime/capi",
    "lib",
    "",
];
pub(super) const LIBRARY_NAME: &str = "libonnxruntime.so";
const PLUGIN_NAME: &str = "libgstnvdscpu.so";

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvdscpu-ort",
        gst::DebugColorFlags::empty(),
        Some("ONNX Runtime's own messages"),
    )
});

/// The process's only ONNX Runtime environment. A failure is not remembered: setting the variable and trying again works.
pub(super) fn environment() -> Result<&'static Environment, SessionError> {
    static ENVIRONMENT: OnceCell<Environment> = OnceCell::new();
    ENVIRONMENT.get_or_try_init(|| {
        let mut tried = Vec::new();
        for (place, library) in candidates() {
            match library.map(start) {
                Ok(Ok(environment)) => return environment,
                Ok(Err(reason)) | Err(reason) => tried.push(format!("  {place}: {reason}")),
            }
        }
        Err(SessionError::NoLibrary { tried })
    })
}

/// Opens one library. The outer error means that another one may be tried.
pub(super) fn start(library: PathBuf) -> Result<Result<Environment, SessionError>, String> {
    // ort asserts where a library of this name is something else.
    let opened = std::panic::catch_unwind(|| ort::init_from(&library))
        .map_err(|_| format!("{} is not ONNX Runtime", library.display()))?
        .map_err(|e| e.to_string())?;
    let environment = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        opened
            .with_name("nvdscpu")
            .with_telemetry(false)
            .with_logger(Arc::new(log))
            .build()
    }));
    Ok(match environment {
        Ok(Ok(environment)) => {
            let threshold = CAT.threshold();
            environment.set_log_level(if threshold >= gst::DebugLevel::Log {
                LogLevel::Verbose
            } else if threshold >= gst::DebugLevel::Debug {
                LogLevel::Info
            } else {
                LogLevel::Warning
            });
            gst::info!(CAT, "ONNX Runtime is {}", library.display());
            Ok(environment)
        }
        Ok(Err(e)) => Err(SessionError::Start(e.to_string())),
        Err(_) => Err(SessionError::Start(format!(
            "{} does not offer the interface of version 1.17",
            library.display()
        ))),
    })
}

fn log(level: LogLevel, category: &str, _id: &str, place: &str, message: &str) {
    let level = match level {
        LogLevel::Verbose => gst::DebugLevel::Log,
        LogLevel::Info => gst::DebugLevel::Debug,
        LogLevel::Warning => gst::DebugLevel::Warning,
        LogLevel::Error | LogLevel::Fatal => gst::DebugLevel::Error,
    };
    gst::log_with_level!(CAT, level, "{category} {place}: {message}");
}

/// Where the library may be: a name for the message, and the file or why there is none.
fn candidates() -> Vec<(String, Result<PathBuf, String>)> {
    if let Some(file) = std::env::var_os(LIBRARY_VARIABLE).filter(|v| !v.is_empty()) {
        let file = PathBuf::from(file);
        let place = format!("{LIBRARY_VARIABLE}={}", file.display());
        let found = if file.is_file() {
            Ok(file)
        } else {
            Err("there is no such file".to_owned())
        };
        return vec![(place, found)];
    }
    let mut places = Vec::new();
    let deps = std::env::var_os(DEPS_VARIABLE)
        .filter(|v| !v.is_empty())
        .map(PathBuf::from)
        .into_iter()
        .chain(project_deps());
    for deps in deps {
        let found = library_below(&deps).ok_or_else(|| "not there".to_owned());
        places.push((deps.display().to_string(), found));
    }
    for name in [LIBRARY_NAME, "libonnxruntime.so.1"] {
        places.push((
            format!("{name} on the dynamic linker's path"),
            Ok(PathBuf::from(name)),
        ));
    }
    places
}

/// The library in a `.deps` folder, the highest file name where there are several versions.
pub(super) fn library_below(deps: &Path) -> Option<PathBuf> {
    DEPS_FOLDERS.iter().find_map(|folder| {
        std::fs::read_dir(deps.join(folder))
            .ok()?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
                name.starts_with(LIBRARY_NAME) && path.is_file()
            })
            .max()
    })
}

/// `.deps` in a folder above this plugin or program: a checkout of this project.
fn project_deps() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let plugin = maps
        .lines()
        .filter_map(|line| line.find('/').map(|at| PathBuf::from(&line[at..])))
        .find(|path| path.file_name().is_some_and(|name| name == PLUGIN_NAME));
    [plugin, std::env::current_exe().ok()]
        .into_iter()
        .flatten()
        .flat_map(|file| {
            file.ancestors()
                .map(|a| a.join(DEPS_DIR))
                .collect::<Vec<_>>()
        })
        .find(|deps| deps.is_dir())
}
