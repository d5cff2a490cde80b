//! The table of the Python package, which is written here.
//!
//! `RSNVDS_UPDATE_PYTHON=1 cargo test -p nvds python` renews it.

use std::fmt::Write as _;
use std::path::Path;

use super::tests::{number, releases};
use super::*;
use crate::release::{CIRCLE_WIDTH, KEPT_ASPECT, SYMMETRIC};
use crate::{CORNERS_TYPE, EMBEDDING_TYPE, KEY_POINTS_TYPE, MOST_KEY_POINTS, MOST_NUMBERS};

/// A struct, a field of it or `None` for its size, and the number of 9.1.
type Wanted = (&'static str, Option<&'static str>, usize);

macro_rules! wanted {
    ($($raw:ident: $($field:ident)*;)*) => {
        &[$(
            (stringify!($raw), None, size_of::<c::$raw>()),
            $((stringify!($raw), Some(stringify!($field)), std::mem::offset_of!(c::$raw, $field)),)*
        )*]
    };
}

/// What the package reads.
const WANTED: &[Wanted] = wanted! {
    NvDsBaseMeta: meta_type;
    NvDsMetaPool: meta_type max_elements_in_pool element_size;
    NvDsBatchMeta: max_frames_in_batch num_frames_in_batch frame_meta_pool obj_meta_pool classifier_meta_pool
        display_meta_pool user_meta_pool label_info_meta_pool frame_meta_list batch_user_meta_list;
    NvDsFrameMeta: pad_index batch_id frame_num buf_pts ntp_timestamp source_id source_frame_width
        source_frame_height num_obj_meta bInferDone obj_meta_list display_meta_list frame_user_meta_list
        misc_frame_info pipeline_width pipeline_height;
    NvDsObjectMeta: parent unique_component_id class_id object_id detector_bbox_info tracker_bbox_info confidence
        tracker_confidence rect_params mask_params text_params obj_label classifier_meta_list obj_user_meta_list
        misc_obj_info;
    NvDsDisplayMeta: num_rects num_labels num_lines num_arrows num_circles rect_params text_params line_params
        arrow_params circle_params;
    NvDsClassifierMeta: unique_component_id label_info_list classifier_type;
    NvDsLabelInfo: result_label pResult_label result_class_id label_id result_prob;
    NvDsUserMeta: user_meta_data;
    NvOSD_ColorParams: ;
    NvOSD_RectParams: left border_width border_color has_bg_color bg_color rotation_angle;
    NvOSD_MaskParams: data size threshold width;
    NvOSD_TextParams: display_text x_offset font_params set_bg_clr text_bg_clr;
    NvOSD_FontParams: font_name font_size font_color;
    NvOSD_LineParams: x1 line_width line_color;
    NvOSD_ArrowParams: x1 arrow_width arrow_head arrow_color;
    NvOSD_CircleParams: xc radius circle_color has_bg_color bg_color circle_width;
    NvDsInferTensorMeta: unique_id num_output_layers output_layers_info out_buf_ptrs_host gpu_id network_info
        maintain_aspect_ratio symmetric_padding;
    NvDsInferLayerInfo: dataType inferDims layerName;
    NvDsInferDims: numDims d;
    NvDsInferSegmentationMeta: classes width height class_map class_probabilities_map unique_id;
};

/// The number of a class, which every release of it has or lacks. `None` for a field that it never has.
fn of_class(layout: &Layout, (name, field, bound): Wanted) -> Option<usize> {
    let mut found = None;
    let mut is_measured = false;
    for (version, facts) in releases() {
        let version = Version::parse(&version).unwrap();
        if Layout::of(version) != Some(layout) || facts["structs"].get(name).is_none() {
            continue;
        }
        is_measured = true;
        let fact = number(&facts, name, field);
        // The last field of a struct may come within a class, which makes it longer.
        let grows = field.is_none() && name == "NvDsInferTensorMeta";
        assert!(
            grows || found.is_none() || fact == found || fact.is_none(),
            "{name} {field:?} of {version}"
        );
        found = fact.or(found);
    }
    let found = if is_measured { found } else { Some(bound) };
    let of_table = Layout::FACTS
        .iter()
        .zip(layout.numbers())
        .find(|((_, fact_name, fact_field), _)| *fact_name == name && *fact_field == field);
    if let Some((fact, number)) = of_table {
        assert_eq!(found, Some(number), "{fact:?} of class {}", layout.name);
    }
    found
}

fn table() -> String {
    let mut text = String::from(
        "# Written by `RSNVDS_UPDATE_PYTHON=1 cargo test -p nvds python` from the table of nvds/src/layout; a test\n\
         # compares them.\n\
         \"\"\"Where DeepStream's structs have what, for each class of releases.\"\"\"\n\n\
         from typing import Dict, Tuple\n\n",
    );
    let pools = ALL.map(|layout| layout.elements());
    writeln!(
        text,
        "# Sizes of the elements in a batch's pools: {}.\nPOOLS: Dict[str, Tuple[int, ...]] = {{",
        pools::NAMES.join(", ")
    )
    .unwrap();
    for (layout, sizes) in ALL.iter().zip(pools) {
        let sizes = sizes.map(|size| size.to_string()).join(", ");
        writeln!(text, "    \"{}\": ({sizes}),", layout.name).unwrap();
    }
    text.push_str("}\n\n# First and last release of each class.\nRELEASES: Dict[str, Tuple[Tuple[int, int], Tuple[int, int]]] = {\n");
    let pair = |version: Version| format!("({})", version.to_string().replace('.', ", "));
    for layout in ALL {
        let (first, last) = (pair(layout.first), pair(layout.last));
        writeln!(text, "    \"{}\": ({first}, {last}),", layout.name).unwrap();
    }
    text.push_str(
        "}\n\n# First release that has a field which not all of a class have.\nSINCE: Dict[str, Tuple[int, int]] = {\n",
    );
    for (field, version) in [
        (
            "NvDsInferSegmentationMeta.unique_id",
            crate::segmentation::HAS_ID,
        ),
        ("NvDsInferTensorMeta.maintain_aspect_ratio", KEPT_ASPECT),
        ("NvDsInferTensorMeta.symmetric_padding", SYMMETRIC),
        ("NvOSD_CircleParams.circle_width", CIRCLE_WIDTH),
    ] {
        writeln!(text, "    \"{field}\": {},", pair(version)).unwrap();
    }
    text.push_str("}\n\n# Sizes of structs and offsets of fields in bytes.\nLAYOUTS: Dict[str, Dict[str, int]] = {\n");
    for layout in ALL {
        writeln!(text, "    \"{}\": {{", layout.name).unwrap();
        for wanted in WANTED {
            let Some(number) = of_class(layout, *wanted) else {
                continue;
            };
            let (name, field, _) = wanted;
            let field = field.map_or(String::new(), |field| format!(".{field}"));
            writeln!(text, "        \"{name}{field}\": {number},").unwrap();
        }
        text.push_str("    },\n");
    }
    text.push_str("}\n\n");
    let name = |name: &std::ffi::CStr| format!("\"{}\"", name.to_str().unwrap());
    for (constant, value) in [
        (
            "TENSOR_META",
            c::NvDsMetaType_NVDSINFER_TENSOR_OUTPUT_META.to_string(),
        ),
        (
            "SEGMENTATION_META",
            c::NvDsMetaType_NVDSINFER_SEGMENTATION_META.to_string(),
        ),
        (
            "FIRST_USER_META",
            c::NvDsMetaType_NVDS_START_USER_META.to_string(),
        ),
        ("UNTRACKED", c::UNTRACKED_OBJECT_ID.to_string()),
        ("MOST_SHAPES", c::MAX_ELEMENTS_IN_DISPLAY_META.to_string()),
        ("MOST_DIMS", c::NVDSINFER_MAX_DIMS.to_string()),
        ("LABEL_SIZE", c::MAX_LABEL_SIZE.to_string()),
        ("KEY_POINTS_TYPE", name(KEY_POINTS_TYPE)),
        ("MOST_KEY_POINTS", MOST_KEY_POINTS.to_string()),
        ("CORNERS_TYPE", name(CORNERS_TYPE)),
        ("EMBEDDING_TYPE", name(EMBEDDING_TYPE)),
        ("MOST_NUMBERS", MOST_NUMBERS.to_string()),
    ] {
        writeln!(text, "{constant} = {value}").unwrap();
    }
    text
}

/// The package reads memory by this table: it must be that of the elements.
#[test]
fn python_has_the_same_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/rsnvds/_layout.py");
    let expected = table();
    if std::env::var_os("RSNVDS_UPDATE_PYTHON").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "{} is not what the table of layouts says: RSNVDS_UPDATE_PYTHON=1 cargo test -p nvds python renews it",
        path.display()
    );
}
