//! The bindings have the layout measured from DeepStream 9.1 (`data/layout-9.1.json`), and, where
//! RSNVDS_SDK_INCLUDE_DIR names the include folder of an SDK, so have that SDK's own headers.
#![allow(non_upper_case_globals)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::mem::{align_of, offset_of, size_of};

use nvds_sys::*;
use serde_json::Value;

fn facts() -> Value {
    serde_json::from_str(include_str!("data/layout-9.1.json")).unwrap()
}

fn names(object: &Value) -> BTreeSet<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

macro_rules! structs {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        #[test]
        fn structs_have_the_measured_layout() {
            let facts = facts();
            let structs = &facts["structs"];
            assert_eq!(names(structs), BTreeSet::from([$(stringify!($name)),*]));
            $({
                let fact = &structs[stringify!($name)];
                assert_eq!(fact["size"], size_of::<$name>(), stringify!(size of $name));
                assert_eq!(fact["align"], align_of::<$name>(), stringify!(alignment of $name));
                assert_eq!(names(&fact["fields"]), BTreeSet::from([$(stringify!($field)),*]));
                $(assert_eq!(
                    fact["fields"][stringify!($field)][0],
                    offset_of!($name, $field),
                    stringify!(offset of $name.$field)
                );)*
            })*
        }
    };
}

macro_rules! enums {
    ($($name:ident { $($value:ident = $constant:ident),* $(,)? })*) => {
        #[test]
        fn enums_have_the_measured_values() {
            let facts = facts();
            let enums = &facts["enums"];
            assert_eq!(names(enums), BTreeSet::from([$(stringify!($name)),*]));
            $({
                let fact = &enums[stringify!($name)];
                assert_eq!(size_of::<$name>(), 4, stringify!(size of $name));
                assert_eq!(names(fact), BTreeSet::from([$(stringify!($value)),*]));
                $(assert_eq!(
                    fact[stringify!($value)].as_i64().unwrap(),
                    i64::from($constant),
                    stringify!($value)
                );)*
            })*
        }
    };
}

include!("data/layout_list.rs");

#[test]
fn constants_have_the_measured_values() {
    let facts = facts();
    let constants = &facts["constants"];
    let numbers: [(&str, u64); 8] = [
        ("MAX_LABEL_SIZE", MAX_LABEL_SIZE.into()),
        ("MAX_USER_FIELDS", MAX_USER_FIELDS.into()),
        ("MAX_RESERVED_FIELDS", MAX_RESERVED_FIELDS.into()),
        (
            "MAX_ELEMENTS_IN_DISPLAY_META",
            MAX_ELEMENTS_IN_DISPLAY_META.into(),
        ),
        ("NVDSINFER_MAX_DIMS", NVDSINFER_MAX_DIMS.into()),
        ("NVBUF_MAX_PLANES", NVBUF_MAX_PLANES.into()),
        ("MAX_BORDER_WIDTH", MAX_BORDER_WIDTH.into()),
        ("UNTRACKED_OBJECT_ID", UNTRACKED_OBJECT_ID),
    ];
    for (name, value) in numbers {
        assert_eq!(constants[name].as_u64(), Some(value), "{name}");
    }
    assert_eq!(constants["NVDS_META_STRING"], "nvdsmeta");
    assert_eq!(NVDS_META_STRING, b"nvdsmeta\0");
    assert_eq!(names(constants).len(), numbers.len() + 1);
}

/// Static assertions in C over every fact, compiled against the headers in `include`.
fn compile_against(name: &str, include: &str, headers: &[&str]) -> Result<(), String> {
    let facts = facts();
    let mut source =
        String::from("#include <stddef.h>\n#include <stdbool.h>\n#include <stdint.h>\n");
    for header in headers {
        writeln!(source, "#include \"{header}\"").unwrap();
    }
    for (name, fact) in facts["structs"].as_object().unwrap() {
        let size = &fact["size"];
        writeln!(
            source,
            "_Static_assert(sizeof({name}) == {size}, \"size of {name}\");"
        )
        .unwrap();
        for (field, place) in fact["fields"].as_object().unwrap() {
            let (offset, size) = (&place[0], &place[1]);
            writeln!(
                source,
                "_Static_assert(offsetof({name}, {field}) == {offset}, \"{name}.{field}\");\n\
                 _Static_assert(sizeof((({name} *)0)->{field}) == {size}, \"size of {name}.{field}\");"
            )
            .unwrap();
        }
    }
    for (name, values) in facts["enums"].as_object().unwrap() {
        for (value, number) in values.as_object().unwrap() {
            // The event numbers are GST_EVENT_MAKE_TYPE expressions in the SDK: equal all the same.
            writeln!(
                source,
                "_Static_assert({value} == {number}, \"{name}: {value}\");"
            )
            .unwrap();
        }
    }
    let folder = std::env::temp_dir().join(format!("rsnvds-layout-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let file = folder.join("layout.c");
    std::fs::write(&file, source).map_err(|e| e.to_string())?;
    let gst = pkg_config::Config::new()
        .cargo_metadata(false)
        .env_metadata(false)
        .probe("gstreamer-1.0")
        .map_err(|e| e.to_string())?;
    let output = std::process::Command::new("cc")
        .args(["-std=gnu11", "-fsyntax-only", "-I", include])
        .args(
            gst.include_paths
                .iter()
                .map(|p| format!("-I{}", p.display())),
        )
        .arg(&file)
        .output()
        .map_err(|e| e.to_string())?;
    std::fs::remove_dir_all(&folder).ok();
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn own_header_has_the_measured_layout() {
    compile_against(
        "own",
        concat!(env!("CARGO_MANIFEST_DIR"), "/include"),
        &["nvds.h"],
    )
    .unwrap();
}

#[test]
fn sdk_headers_have_the_measured_layout() {
    let Ok(include) = std::env::var("RSNVDS_SDK_INCLUDE_DIR") else {
        eprintln!("RSNVDS_SDK_INCLUDE_DIR is not set: no SDK headers to compare with");
        return;
    };
    let headers = [
        "nvdsmeta.h",
        "gstnvdsmeta.h",
        "nvdsinfer.h",
        "gstnvdsinfer.h",
        "nvbufsurface.h",
        "gst-nvevent.h",
        "nvll_osd_struct.h",
        "nvll_osd_api.h",
        "nvds_latency_meta.h",
    ];
    compile_against("sdk", &include, &headers).unwrap();
}
