//! The table against the facts of every release.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::walk_tests::whole_walk;
use super::*;
use crate::release::{CIRCLE_WIDTH, KEPT_ASPECT, KNOWN, STICKY_EVENTS, SYMMETRIC};

/// The facts of all releases, oldest first; see `docs/compatibility.md`.
pub(crate) fn releases() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../nvds-sys/tests/data/releases");
    let mut releases: Vec<(String, Value)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let facts: Value = serde_json::from_str(&text).unwrap();
            (facts["sdk_version"].as_str().unwrap().to_owned(), facts)
        })
        .collect();
    releases.sort_by(|a, b| a.0.cmp(&b.0));
    releases
}

/// A size or an offset, `None` for what a release does not have.
pub(crate) fn number(facts: &Value, name: &str, field: Option<&str>) -> Option<usize> {
    let fact = &facts["structs"][name];
    let number = match field {
        None => &fact["size"],
        Some(field) => &fact["fields"][field][0],
    };
    number.as_u64().map(|number| number as usize)
}

/// The numbers of a release, in the order of [`Layout::FACTS`].
fn numbers(facts: &Value) -> Vec<Option<usize>> {
    Layout::FACTS
        .iter()
        .map(|(_, name, field)| number(facts, name, *field))
        .collect()
}

/// Whether a row has the numbers of a release.
fn agrees(layout: &Layout, facts: &Value) -> bool {
    layout
        .numbers()
        .iter()
        .zip(numbers(facts))
        .all(|(row, fact)| fact.is_none_or(|fact| fact == *row))
}

/// The row of a release that no class has, as it is to be written above.
fn row(facts: &Value) -> String {
    let version = facts["sdk_version"].as_str().unwrap();
    let mut text =
        format!("DeepStream {version} is of no class. Its row in nvds/src/layout/mod.rs:\n");
    for ((name, _, _), number) in Layout::FACTS.iter().zip(numbers(facts)) {
        let number = number.map_or("(not there)".to_owned(), |number| number.to_string());
        writeln!(text, "    {name}: {number},").unwrap();
    }
    text
}

/// What is wrong with the table as far as one release goes.
fn complaint(facts: &Value) -> Option<String> {
    let version = facts["sdk_version"].as_str().unwrap();
    let parsed = Version::parse(version).unwrap();
    let Some(class) = ALL.into_iter().find(|layout| agrees(layout, facts)) else {
        return Some(row(facts));
    };
    (Layout::of(parsed) != Some(class)).then(|| {
        format!(
            "DeepStream {version} has the layout of class {}: let the class go to {parsed} in \
             nvds/src/layout/mod.rs and add {parsed} to KNOWN in nvds/src/release.rs",
            class.name
        )
    })
}

#[test]
fn every_release_has_the_row_of_its_class() {
    let complaints: Vec<_> = releases()
        .iter()
        .filter_map(|(_, facts)| complaint(facts))
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_known_release_was_measured() {
    let measured: BTreeSet<_> = releases()
        .iter()
        .map(|(name, _)| Version::parse(name).unwrap())
        .collect();
    assert_eq!(measured, KNOWN.into_iter().collect());
    for version in KNOWN {
        assert!(Layout::of(version).is_some(), "{version}");
    }
    assert_eq!(Layout::of(Version::new(5, 0)), None);
    assert_eq!(Layout::of(Version::new(7, 2)), None);
}

/// Fields beside the table's whose place differs between releases, and which nobody reads or writes.
const UNUSED: [(&str, &str); 10] = [
    ("NvDsDisplayMeta", "misc_osd_data"),
    ("NvDsDisplayMeta", "reserved"),
    ("NvOSD_CircleParams", "reserved"),
    ("NvBufSurface", "_reserved"),
    ("NvBufSurfaceParams", "_reserved"),
    ("NvBufSurfaceMappedAddr", "_reserved"),
    ("NvBufSurfaceParamsEx", "is_protected"),
    ("NvBufSurfaceParamsEx", "planeParamsex"),
    ("NvBufSurfaceParamsEx", "_reserved"),
    ("NvBufSurfacePlaneParamsEx", "_reserved"),
];

/// What the table leaves out is where `c` has it, in every release that has it.
#[test]
fn all_else_stays_in_its_place() {
    let releases = releases();
    let newest = &releases.last().unwrap().1;
    for (name, facts) in &releases {
        for (strukt, fact) in facts["structs"].as_object().unwrap() {
            for (field, place) in fact["fields"].as_object().unwrap() {
                let in_table = Layout::FACTS
                    .iter()
                    .any(|(_, s, f)| s == strukt && *f == Some(field));
                if in_table || UNUSED.contains(&(strukt.as_str(), field.as_str())) {
                    continue;
                }
                assert_eq!(
                    place[0], newest["structs"][strukt]["fields"][field][0],
                    "{strukt}.{field} of DeepStream {name}"
                );
            }
        }
    }
}

#[test]
fn fields_came_when_the_code_says() {
    let since = [
        ("NvDsInferTensorMeta", "maintain_aspect_ratio", KEPT_ASPECT),
        ("NvDsInferTensorMeta", "symmetric_padding", SYMMETRIC),
        ("NvOSD_CircleParams", "circle_width", CIRCLE_WIDTH),
        ("NvOSD_RectParams", "rotation_angle", C.first),
        ("NvDsFrameMeta", "sensorInfo_meta", B.first),
        ("NvDsFrameMeta", "pipeline_width", A.first),
        ("NvDsClassifierMeta", "classifier_type", A.first),
    ];
    for (name, facts) in releases() {
        let version = Version::parse(&name).unwrap();
        for (strukt, field, first) in since {
            let there = number(&facts, strukt, Some(field)).is_some();
            assert_eq!(
                there,
                version >= first,
                "{strukt}.{field} of DeepStream {name}"
            );
        }
    }
}

/// Of numbers that other code gives or reads, those that are used never changed but for the events'
/// flags.
#[test]
fn values_stay() {
    let releases = releases();
    let newest = &releases.last().unwrap().1;
    for (name, facts) in &releases {
        for (kind, values) in facts["enums"].as_object().unwrap() {
            for (value, number) in values.as_object().unwrap() {
                let (old, new) = (number.as_i64(), newest["enums"][kind][value].as_i64());
                let Some((old, new)) = old.zip(new) else {
                    continue;
                };
                // Kinds of user metas that nobody here asks for, and the end of the formats.
                let unused = kind == "NvDsMetaType" && (16..4095).contains(&new);
                if unused || value == "NVBUF_COLOR_FORMAT_LAST" {
                    continue;
                }
                let shift = if kind == "GstNvEventType" { 8 } else { 0 };
                assert_eq!(
                    old >> shift,
                    new >> shift,
                    "{kind}.{value} of DeepStream {name}"
                );
                let flags_stay = Version::parse(name).unwrap() >= STICKY_EVENTS;
                assert_eq!(old == new, flags_stay || shift == 0, "{value}");
            }
        }
    }
}

#[test]
fn surfaces_are_told_by_their_size() {
    assert_eq!(Layout::of_surface(64).unwrap().surface_params, 384);
    assert_eq!(Layout::of_surface(72).unwrap().surface_params, 416);
    assert_eq!(Layout::of_surface(80), None);
    for a in ALL {
        for b in ALL.into_iter().filter(|b| b.surface == a.surface) {
            assert_eq!(a.surface_params, b.surface_params);
        }
    }
}

/// A release that does not exist, of which a file of facts tells: boxes have a field more, and objects
/// one in front of their mask.
fn made_up() -> Value {
    let (_, mut facts) = releases().pop().unwrap();
    facts["sdk_version"] = "12.3".into();
    let structs = &mut facts["structs"];
    let grow = |place: &mut Value, by: u64| *place = (place.as_u64().unwrap() + by).into();
    grow(&mut structs["NvOSD_RectParams"]["size"], 8);
    grow(&mut structs["NvDsObjectMeta"]["size"], 24);
    for field in [
        "mask_params",
        "text_params",
        "obj_label",
        "classifier_meta_list",
        "obj_user_meta_list",
        "misc_obj_info",
        "reserved",
    ] {
        grow(&mut structs["NvDsObjectMeta"]["fields"][field][0], 24);
    }
    grow(&mut structs["NvDsDisplayMeta"]["size"], 128);
    for field in [
        "text_params",
        "line_params",
        "arrow_params",
        "circle_params",
    ] {
        grow(&mut structs["NvDsDisplayMeta"]["fields"][field][0], 128);
    }
    facts
}

#[test]
fn a_release_is_added_by_its_row() {
    let facts = made_up();
    let complaint = complaint(&facts).unwrap();
    for line in [
        "12.3",
        "rect: 120,",
        "object: 576,",
        "object_label: 368,",
        "display: 7168,",
    ] {
        assert!(complaint.contains(line), "{line} missing in: {complaint}");
    }
    let mut row = C;
    (row.name, row.first, row.last) = ("X", Version::new(12, 3), Version::new(12, 3));
    for (entry, fact) in row.numbers_mut().into_iter().zip(numbers(&facts)) {
        *entry = fact.unwrap();
    }
    assert!(agrees(&row, &facts));
    // That is all it takes: everything that is read and written goes by the row.
    let layout: &'static Layout = Box::leak(Box::new(row));
    whole_walk(layout, layout.first, layout.last);
}

#[test]
fn a_release_of_a_known_class_is_named() {
    let (_, mut facts) = releases().pop().unwrap();
    facts["sdk_version"] = "9.2".into();
    let complaint = complaint(&facts).unwrap();
    for part in ["class C", "9.2", "KNOWN"] {
        assert!(complaint.contains(part), "{part} missing in: {complaint}");
    }
}
