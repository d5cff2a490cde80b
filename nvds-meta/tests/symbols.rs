//! The shared object exports NVIDIA's functions, spelled as NVIDIA spells them, and nothing else but its own mark; and
//! none of them crashes without arguments.

use std::collections::BTreeSet;
use std::ffi::c_void;
use std::path::{Path, PathBuf};

use object::{Object, ObjectSymbol, SymbolKind};

/// This library's own mark, by which two copies know each other.
const MARK: &str = "rsnvds_meta_release";

fn ours() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().join("libnvds_meta.so")
}

fn exports(file: &Path) -> BTreeSet<String> {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let file = object::File::parse(&*bytes).unwrap();
    file.dynamic_symbols()
        .filter(|symbol| symbol.is_definition() && symbol.kind() == SymbolKind::Text)
        .map(|symbol| symbol.name().unwrap().to_owned())
        .collect()
}

/// Name and NVIDIA's library.
fn declared() -> Vec<(&'static str, &'static str)> {
    include_str!("data/functions.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap())
        .collect()
}

#[test]
fn exported_are_the_declared_functions() {
    let mut expected: BTreeSet<String> = declared()
        .iter()
        .map(|(name, _)| name.to_string())
        .collect();
    assert_eq!(expected.len(), 98);
    expected.insert(MARK.into());
    assert_eq!(exports(&ours()), expected);
}

/// The list is right: each function is exported by the library it is listed with.
#[test]
fn nvidias_library_exports_them_too() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/nvds");
    if !folder.exists() {
        eprintln!("NVIDIA's library is not in .deps/nvds (`make setup`): nothing to compare with");
        return;
    }
    for library in ["libnvds_meta.so", "libnvdsgst_meta.so"] {
        let found = exports(&folder.join(library));
        let listed = declared().into_iter().filter(|(_, of)| *of == library);
        for (name, _) in listed {
            assert!(found.contains(name), "{library} does not export {name}");
        }
    }
}

/// In a process of its own: a warning may be fatal there, by G_DEBUG.
#[test]
fn no_function_crashes_without_arguments() {
    const CHILD: &str = "NVDS_META_TEST_NULLS";
    if std::env::var_os(CHILD).is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "no_function_crashes_without_arguments",
                "--nocapture",
            ])
            .env(CHILD, "1")
            .env_remove("G_DEBUG")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {text}", output.status);
        // Each is told once, though it was called twice.
        for (function, argument) in [
            ("nvds_add_frame_meta_to_batch", "its first argument"),
            ("nvds_acquire_obj_meta_from_pool", "batch_meta"),
            ("nvds_batch_meta_copy_func", "data"),
            ("gst_buffer_add_nvds_meta", "buffer"),
        ] {
            let line = format!("{function}: {argument} is NULL; nothing is done");
            assert_eq!(text.matches(&line).count(), 1, "{line}\n{text}");
        }
        return;
    }
    type Function = unsafe extern "C" fn(
        *mut c_void,
        *mut c_void,
        *mut c_void,
        *mut c_void,
        *mut c_void,
    ) -> *mut c_void;
    // SAFETY: no arguments, and functions that take at most five pointers or numbers, all 0.
    unsafe {
        gst_sys::gst_init(std::ptr::null_mut(), std::ptr::null_mut());
        let library = libloading::Library::new(ours()).unwrap();
        let none = std::ptr::null_mut();
        for (name, _) in declared() {
            let function = library.get::<Function>(name.as_bytes()).unwrap();
            for _ in 0..2 {
                let made = function(none, none, none, none, none);
                match name {
                    "nvds_create_batch_meta" | "nvds_create_audio_batch_meta" => {
                        library.get::<Function>(b"nvds_destroy_batch_meta").unwrap()(
                            made, none, none, none, none,
                        );
                    }
                    "nvds_set_latency_metadata_ptr" => glib_sys::g_free(made),
                    _ => {}
                }
            }
        }
    }
}
