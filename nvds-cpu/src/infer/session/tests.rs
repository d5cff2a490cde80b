use super::library::{library_below, start};
use super::*;

#[test]
fn the_newest_library_of_a_deps_folder_is_taken() {
    let deps = std::env::temp_dir().join(format!("nvds-cpu-deps-{}", std::process::id()));
    let lib = deps.join("onnxruntime/lib");
    std::fs::create_dir_all(&lib).unwrap();
    for name in [
        "libonnxruntime.so",
        "libonnxruntime.so.1.20.0",
        "libonnxruntime_x.so",
    ] {
        std::fs::write(lib.join(name), "").unwrap();
    }
    let found = library_below(&deps);
    std::fs::remove_dir_all(&deps).unwrap();
    assert_eq!(found, Some(lib.join("libonnxruntime.so.1.20.0")));
    assert_eq!(library_below(&deps), None);
}

#[test]
fn a_missing_model_is_named_before_any_library_is_looked_for() {
    let error = Model::load(Path::new("/no/such/model.onnx")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("/no/such/model.onnx: ONNX Runtime cannot load"),
        "{error}"
    );
    let error = Model::load(Path::new("/")).unwrap_err();
    assert!(error.to_string().contains("it is a folder"));
    let error = Model::load(Path::new("/dev/zero")).unwrap_err();
    assert!(error.to_string().contains("it is no file on a disk"));
}

#[test]
fn a_file_that_is_no_library_is_an_error_not_a_panic() {
    let file = std::env::temp_dir().join(format!("nvds-cpu-nolib-{}.so", std::process::id()));
    std::fs::write(&file, "text").unwrap();
    let error = start(file.clone()).err();
    std::fs::remove_file(&file).unwrap();
    assert!(error.is_some_and(|e| e.contains("failed to load")));
}
