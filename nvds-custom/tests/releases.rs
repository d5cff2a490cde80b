//! Which DeepStream is loaded, and so how large an object is: told by libraries in folders as an SDK has them.

mod caller;

use std::path::{Path, PathBuf};

use caller::{Frame, Headers, Layer, Run, compile, folder};

/// A frame with one object, called from C++ under AddressSanitizer.
fn run() -> Run<'static> {
    let row = [8.0, 4.0, 24.0, 20.0, 0.75, 1.0];
    let frame = Frame {
        network: [64, 32],
        classes: 3,
        thresholds: vec![0.5; 3],
        layers: vec![Layer::floats("output", &[1, 6], &row)],
    };
    let mut run =
        Run::new("NvDsInferParseRsnvdsYolo", vec![frame]).options("format=deepstream-yolo");
    run.headers = Headers::Sanitized;
    run
}

/// A library of DeepStream that lies at this path and holds nothing.
fn empty_library(path: &Path) -> PathBuf {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    compile("nothing.cpp", &["-shared", "-fPIC"], path)
}

fn metadata_library(name: &str, object: u32, display: u32) -> PathBuf {
    let sizes = [format!("-DOBJECT={object}"), format!("-DDISPLAY={display}")];
    let path = folder(name).join("libnvds_meta.so");
    compile(
        "metadata.cpp",
        &["-shared", "-fPIC", &sizes[0], &sizes[1]],
        &path,
    )
}

#[test]
fn the_size_of_objects_is_that_of_the_loaded_deepstream() {
    let root = folder("releases");
    let by_folder = |version: &str| {
        empty_library(&root.join(format!("deepstream-{version}/lib/libnvds_infer.so")))
    };
    let by_file = |name: &str, version: &str| {
        let library = empty_library(&root.join(name).join("lib/libnvds_infer_server.so"));
        std::fs::write(
            root.join(name).join("version"),
            format!("Version: {version}\nGCID: 1\n"),
        )
        .unwrap();
        library
    };
    let meta = [
        metadata_library("old", 544, 6912),
        metadata_library("new", 552, 7040),
    ];
    let [old, new] = &meta;
    let strange = metadata_library("strange", 560, 7040);
    let (seven, nine, ten) = (by_folder("7.1"), by_folder("9.0"), by_folder("10.0"));
    let (file_eight, file_nine) = (by_file("a", "8.0.0"), by_file("b", "9.1.0"));
    // What is loaded, the variable, and the size in the caller's headers.
    type Expected = Result<Headers, &'static str>;
    let cases: [(Vec<&PathBuf>, Option<&str>, Expected); 16] = [
        (vec![&seven], None, Ok(Headers::Old)),
        (vec![&nine], None, Ok(Headers::New)),
        (vec![&file_eight], None, Ok(Headers::Old)),
        (vec![&file_nine], None, Ok(Headers::New)),
        (vec![old], None, Ok(Headers::Old)),
        (vec![new], None, Ok(Headers::New)),
        (vec![new, &nine], None, Ok(Headers::New)),
        (vec![&nine], Some("7.0"), Ok(Headers::Old)),
        (vec![&ten], Some("9.1"), Ok(Headers::New)),
        (vec![&strange, &nine], None, Ok(Headers::New)),
        (vec![], None, Err("nothing tells which DeepStream this is")),
        (vec![&ten], None, Err("DeepStream 10.0 (the folder")),
        (
            vec![&strange],
            None,
            Err("not known (objects of 560 bytes)"),
        ),
        (
            vec![old, &nine],
            None,
            Err("but the elements of libnvds_meta.so are those of"),
        ),
        (
            vec![new],
            Some("8.0"),
            Err("but the elements of libnvds_meta.so are those of"),
        ),
        (vec![new], Some("9"), Err("expected one of 5.0, 6.0")),
    ];
    for (loaded, version, expected) in cases {
        let mut run = run();
        run.loaded = loaded.iter().map(|library| (*library).clone()).collect();
        run.version = version;
        run.headers = *expected.as_ref().unwrap_or(&Headers::New);
        let answer = run.run();
        let [(true, objects)] = &answer.frames[..] else {
            panic!("{answer:?}");
        };
        match expected {
            Ok(_) => assert_eq!(objects.len(), 1, "{loaded:?} {version:?}: {answer:?}"),
            Err(text) => {
                assert!(objects.is_empty(), "{loaded:?} {version:?}: {answer:?}");
                assert!(
                    answer.messages.contains(text),
                    "{loaded:?} {version:?}: {}",
                    answer.messages
                );
                assert!(
                    answer.messages.contains("RSNVDS_DEEPSTREAM_VERSION"),
                    "{}",
                    answer.messages
                );
            }
        }
    }
}

/// NVIDIA's metadata library 9.0.2, where it is fetched.
#[test]
fn the_real_metadata_library_tells_the_size() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/nvds/libnvds_meta.so");
    if !library.exists() {
        eprintln!("skipped: {} is not there", library.display());
        return;
    }
    let mut run = run();
    (run.headers, run.version, run.loaded) = (Headers::New, None, vec![library]);
    let answer = run.run();
    assert_eq!(answer.frames[0].1.len(), 1, "{answer:?}");
    let text = "objects of 28 bytes (the elements of libnvds_meta.so)";
    assert!(answer.messages.contains(text), "{}", answer.messages);
}

/// A version that contradicts the list itself: its memory is not that of whole objects of the named size.
#[test]
fn a_list_of_another_size_is_not_written_to() {
    let mut reserved = run();
    // Room for five objects of 24 bytes is none for whole objects of 28.
    (reserved.headers, reserved.version, reserved.reserve) = (Headers::Old, Some("9.1"), 5);
    let answer = reserved.run();
    assert_eq!(answer.frames, [(true, vec![])]);
    assert!(
        answer.messages.contains("of another record size"),
        "{}",
        answer.messages
    );
}
