//! What is found in maps and folders.

use super::search::sdk_folders;
use super::*;

const MAPS: &str = "\
55d0c0000000-55d0c0002000 r--p 00000000 fe:00 12 /usr/bin/some program
7f0000001000-7f0000002000 r-xp 00000000 fe:00 13 /opt/nvidia/deepstream/deepstream-9.1/lib/libnvds_meta.so
7f0000003000-7f0000004000 rw-p 00000000 00:00 0
7ffc00000000-7ffc00001000 rw-p 00000000 00:00 0 [stack]
";

#[test]
fn maps_tell_what_is_loaded() {
    assert_eq!(
        mapped_file(MAPS, META_LIBRARY).unwrap(),
        Path::new("/opt/nvidia/deepstream/deepstream-9.1/lib/libnvds_meta.so")
    );
    assert_eq!(mapped_file(MAPS, GST_LIBRARY), None);
    assert_eq!(
        mapped_at(MAPS, 0x55d0_c000_1000).unwrap(),
        Path::new("/usr/bin/some program")
    );
    assert_eq!(mapped_at(MAPS, 0x7f00_0000_3800), None);
}

/// Loading a second copy beside the one an application linked would split the library's state.
#[test]
fn a_library_that_is_loaded_alone_brings_its_neighbour() {
    let meta = mapped_file(MAPS, META_LIBRARY);
    let candidates = Candidates {
        loaded: None,
        loaded_meta: meta.clone(),
        folders: vec![],
    };
    let lib = Path::new("/opt/nvidia/deepstream/deepstream-9.1/lib");
    assert_eq!(candidates.in_process(), Some((lib.join(GST_LIBRARY), meta)));
    let replaced = "7f0-7f1 r-xp 0 fe:00 13 /lib/libnvds_meta.so (deleted)";
    assert_eq!(
        mapped_file(replaced, META_LIBRARY).unwrap(),
        Path::new("/lib/libnvds_meta.so")
    );
}

#[test]
fn a_second_copy_is_an_error() {
    let once = "\
1000-2000 r--p 00000000 fe:00 13                 /a/libnvds_meta.so
2000-3000 r-xp 00001000 fe:00 13                 /a/libnvds_meta.so
4000-5000 r-xp 00000000 fe:00 14                 /a/libnvdsgst_meta.so
6000-7000 r-xp 00000000 fe:00 13                 /bound/libnvds_meta.so
";
    one_copy(once).unwrap();
    let twice = format!("{once}8000-9000 r-xp 00000000 fe:01 13  /b c/libnvds_meta.so\n");
    let error = one_copy(&twice).unwrap_err().to_string();
    for part in [
        "two copies",
        "/a/libnvds_meta.so",
        "/b c/libnvds_meta.so",
        LIB_DIR_VARIABLE,
    ] {
        assert!(error.contains(part), "{part} missing in: {error}");
    }
    assert!(!error.contains("gst_meta"), "{error}");
}

#[test]
fn newest_sdk_first() {
    let root = std::env::temp_dir().join(format!("rsnvds-sdk-{}", std::process::id()));
    for name in [
        "deepstream-9.1",
        "deepstream-10.0",
        "deepstream-6.3",
        "other",
    ] {
        std::fs::create_dir_all(root.join(name)).unwrap();
    }
    let folders = sdk_folders(&root);
    std::fs::remove_dir_all(&root).unwrap();
    let expected = [
        "deepstream",
        "deepstream-10.0",
        "deepstream-9.1",
        "deepstream-6.3",
    ];
    assert_eq!(folders, expected.map(|n| root.join(n).join("lib")));
}

#[test]
fn nothing_anywhere_says_where_it_looked() {
    let nowhere = Candidates {
        loaded: None,
        loaded_meta: None,
        folders: vec!["/no/such/sdk/lib".into(), "/no/such/.deps/nvds".into()],
    };
    let error = Api::load_with(&nowhere, None).unwrap_err().to_string();
    for part in [
        "/no/such/sdk/lib",
        "/no/such/.deps/nvds",
        GST_LIBRARY,
        LIB_DIR_VARIABLE,
    ] {
        assert!(error.contains(part), "{part} missing in: {error}");
    }
}

#[test]
fn a_named_folder_is_final() {
    let nowhere = Candidates {
        loaded: None,
        loaded_meta: None,
        folders: vec![],
    };
    let error = Api::load_with(&nowhere, Some("/no/such/dir".into())).unwrap_err();
    assert!(matches!(error, LoadError::BadDirectory { .. }));
    assert!(
        error
            .to_string()
            .contains("RSNVDS_NVDS_LIB_DIR=/no/such/dir"),
        "{error}"
    );
}
