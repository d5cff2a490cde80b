use super::evidence::{self, by_file, by_folder, by_user, from_library};
use super::*;
use crate::layout::{A, B, C};

const fn v(major: u8, minor: u8) -> Version {
    Version::new(major, minor)
}

fn found(version: Version) -> Option<Told> {
    told(version, Binding::Found)
}

fn told(version: Version, binding: Binding) -> Option<Told> {
    Some(Told {
        version,
        source: "a note".into(),
        binding,
    })
}

fn find(sizes: pools::Sizes, told: Option<Told>) -> Result<(Version, Version), LayoutError> {
    Release::find(sizes, told, Derived::default).map(|r| (r.first(), r.last()))
}

#[test]
fn versions_are_read_strictly() {
    for (text, version) in [
        ("6.3", Some(v(6, 3))),
        (" 6.0.1 ", Some(v(6, 0))),
        ("9.1.0-rc", Some(v(9, 1))),
        ("6", None),
        ("6.", None),
        ("+6.3", None),
        ("six.three", None),
        ("600.3", None),
        ("", None),
    ] {
        assert_eq!(Version::parse(text), version, "{text}");
    }
    assert!(v(6, 4) < v(7, 0) && v(9, 1) > v(9, 0));
}

#[test]
fn the_pools_tell_the_class() {
    for (layout, text) in [
        (&A, "DeepStream 6.0 to 7.1"),
        (&B, "DeepStream 8.0"),
        (&C, "DeepStream 9.0 to 9.1"),
    ] {
        let release = Release::find(layout.elements(), None, Derived::default).unwrap();
        assert_eq!(
            (release.class(), release.to_string()),
            (layout.name, text.into())
        );
        assert_eq!(release.source(), "the sizes of its structs");
    }
}

#[test]
fn a_version_beside_the_library_narrows_the_class() {
    assert_eq!(find(A.elements(), found(v(6, 3))), Ok((v(6, 3), v(6, 3))));
    assert_eq!(
        find(A.elements(), told(v(6, 3), Binding::Dared)),
        Ok((v(6, 3), v(6, 3)))
    );
}

#[test]
fn what_contradicts_is_refused() {
    for (sizes, told) in [
        (C.elements(), found(v(7, 0))),
        (A.elements(), found(v(9, 1))),
        (B.elements(), told(v(9, 0), Binding::Dared)),
    ] {
        let error = find(sizes, told).unwrap_err();
        assert!(
            matches!(error, LayoutError::Contradiction { .. }),
            "{error}"
        );
        let text = error.to_string();
        for part in [
            &format!("object {}", sizes[1]),
            "a note",
            "6.0, 6.1",
            "9.0, 9.1",
            VERSION_VARIABLE,
        ] {
            assert!(text.contains(part), "{part} missing in: {text}");
        }
    }
}

#[test]
fn a_rebuilt_plugin_is_believed_as_far_as_it_fits() {
    assert_eq!(
        find(A.elements(), told(v(7, 0), Binding::Hint)),
        Ok((v(7, 0), v(7, 0)))
    );
    assert_eq!(
        find(C.elements(), told(v(7, 0), Binding::Hint)),
        Ok((v(9, 0), v(9, 1)))
    );
}

#[test]
fn a_newer_release_is_refused_unless_named() {
    let error = find(C.elements(), found(v(9, 2))).unwrap_err();
    assert!(
        matches!(error, LayoutError::UnknownVersion { .. }),
        "{error}"
    );
    let text = error.to_string();
    for part in [
        "DeepStream 9.2 (a note)",
        "display 7040",
        "DeepStream 6.0, 6.1, 6.2",
        VERSION_VARIABLE,
    ] {
        assert!(text.contains(part), "{part} missing in: {text}");
    }
    assert_eq!(
        find(C.elements(), told(v(9, 1), Binding::Dared)),
        Ok((v(9, 1), v(9, 1)))
    );
}

#[test]
fn unknown_sizes_are_refused_unless_named_and_long_enough() {
    let mut longer = C.elements();
    longer[1] += 8;
    for told in [None, found(v(9, 1)), told(v(9, 1), Binding::Hint)] {
        let error = find(longer, told).unwrap_err();
        assert!(matches!(error, LayoutError::Unknown { .. }), "{error}");
        assert!(error.to_string().contains("object 560"), "{error}");
    }
    assert_eq!(
        find(longer, told(v(9, 1), Binding::Dared)),
        Ok((v(9, 1), v(9, 1)))
    );
    let mut shorter = C.elements();
    shorter[1] -= 4;
    assert!(find(shorter, told(v(9, 1), Binding::Dared)).is_err());
    // Long enough for class A, where it is not known what lies where.
    assert_eq!(
        find(shorter, told(v(7, 1), Binding::Dared)),
        Ok((v(7, 1), v(7, 1)))
    );
}

#[test]
fn the_user_names_known_releases_only() {
    assert_eq!(by_user("6.3").unwrap().version, v(6, 3));
    assert_eq!(by_user("6.0.1").unwrap().version, v(6, 0));
    for named in ["5.0", "9.9", "newest"] {
        let error = by_user(named).unwrap_err().to_string();
        for part in [named, VERSION_VARIABLE, "6.4, 7.0, 7.1"] {
            assert!(error.contains(part), "{part} missing in: {error}");
        }
    }
}

#[test]
fn files_and_folders_tell_the_version() {
    let root = std::env::temp_dir().join(format!("rsnvds-release-{}", std::process::id()));
    let lib = root.join("deepstream-6.2/lib");
    std::fs::create_dir_all(&lib).unwrap();
    let library = lib.join("libnvds_meta.so");
    assert_eq!(by_file(&library), None);
    let folder = by_folder(&library).unwrap();
    std::fs::write(
        root.join("deepstream-6.2/version"),
        "Name: x\nVersion: 6.3.0\n",
    )
    .unwrap();
    let file = by_file(&library).unwrap();
    std::fs::write(lib.join("version"), "no version here").unwrap();
    let still = by_file(&library).unwrap();
    std::fs::remove_dir_all(&root).unwrap();
    assert_eq!(folder.version, v(6, 2));
    assert!(
        folder.source.ends_with("deepstream-6.2"),
        "{}",
        folder.source
    );
    assert_eq!(file.version, v(6, 3));
    assert!(
        file.source.ends_with("deepstream-6.2/version"),
        "{}",
        file.source
    );
    assert_eq!(still, file);
    assert_eq!(
        by_folder(std::path::Path::new(
            "/usr/lib/deepstream-x/libnvds_meta.so"
        )),
        None
    );
}

#[test]
fn the_library_tells_within_its_class() {
    let range = |audio, copies| {
        let derived = from_library(audio, copies);
        let release = Release::find(A.elements(), None, || derived).unwrap();
        (release.first(), release.last())
    };
    assert_eq!(range(Some(17), false), (v(6, 0), v(6, 0)));
    assert_eq!(range(Some(17), true), (v(6, 1), v(6, 2)));
    assert_eq!(range(Some(19), true), (v(6, 3), v(6, 3)));
    assert_eq!(range(Some(25), true), (v(6, 4), v(7, 1)));
    assert_eq!(range(None, true), (v(6, 1), v(7, 1)));
    // Contradictions tell nothing.
    assert_eq!(range(Some(26), true), (v(6, 0), v(7, 1)));
    assert_eq!(range(Some(19), false), (v(6, 0), v(7, 1)));
    let derived = from_library(Some(26), true);
    let release = Release::find(C.elements(), None, || derived).unwrap();
    assert_eq!((release.first(), release.last()), (v(9, 0), v(9, 1)));
}

/// What is concluded of a library is true of the release whose headers it was built from.
#[test]
fn every_release_is_found_by_what_its_library_tells() {
    for (name, facts) in crate::layout::tests::releases() {
        let version = Version::parse(&name).unwrap();
        let audio = facts["enums"]["NvDsMetaType"]["NVDS_AUDIO_FRAME_META"].as_i64();
        let copies = facts["enums"]["GstNvDsMetaType"]
            .get("NVDS_BUFFER_GST_AS_FRAME_USER_META")
            .is_some();
        let derived = from_library(audio.map(|n| n as i32), copies);
        let sizes = crate::layout::Layout::of(version).unwrap().elements();
        let release = Release::find(sizes, None, || derived).unwrap();
        assert!(
            (release.first()..=release.last()).contains(&version),
            "{name}: {release}"
        );
        assert_ne!(release.source(), "the sizes of its structs", "{name}");
    }
}

#[test]
fn what_may_not_be_there_is_not() {
    let release = Release::for_test(&A, v(6, 4), v(7, 1));
    assert_eq!(release.is_at_least(v(6, 4)), Some(true));
    assert_eq!(release.is_at_least(v(7, 0)), None);
    assert_eq!(release.is_at_least(v(7, 1)), None);
    assert_eq!(release.is_at_least(v(8, 0)), Some(false));
    assert!(release.has(CIRCLE_WIDTH) && release.has(KEPT_ASPECT) && !release.has(SYMMETRIC));
}

/// The wheel's library has no file and no folder with a version.
#[test]
fn the_loaded_library_is_known() {
    let release = crate::release().unwrap();
    assert!(release.first().is_known() && release.last().is_known());
    assert!(!release.source().is_empty());
}

/// Whatever else says which release it is, its batches of audio and its functions are of that one.
#[test]
fn the_loaded_library_behaves_as_its_release() {
    let library = crate::library().unwrap();
    let (release, api) = (library.release(), library.api());
    // This project's own has the functions of all releases, whichever it works as.
    let copies_gst_metas = match api.own_release() {
        Some(_) => release.first() >= v(6, 1),
        None => api.nvds_copy_gst_meta_to_frame_meta.is_some(),
    };
    let derived = from_library(evidence::audio_frame_type(api), copies_gst_metas);
    assert!(
        derived.source.contains("audio frames' meta type"),
        "{derived:?}"
    );
    assert!(
        derived.first.is_some_and(|first| first <= release.last()),
        "{derived:?}"
    );
    assert!(
        derived.last.is_none_or(|last| last >= release.first()),
        "{derived:?}"
    );
}
