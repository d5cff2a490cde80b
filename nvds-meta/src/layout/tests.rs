//! All numbers, and all fields that are read through nvds-sys's structs, against the layouts measured from the headers
//! of each release (tests/data/layouts.json).

use std::mem::{offset_of, size_of};

use nvds_sys as c;
use serde_json::Value;

use crate::pool::NvDsAudioFrameMeta;
use crate::release::{RELEASES, Release};

fn facts(release: &Release) -> Value {
    let all: Value = serde_json::from_str(include_str!("../../tests/data/layouts.json")).unwrap();
    all[release.name].clone()
}

fn fact(facts: &Value, path: &str) -> Option<usize> {
    let (name, field) = path.split_once('.').unwrap();
    facts[name]["fields"]
        .get(field)
        .map(|fact| fact.as_u64().unwrap() as usize)
}

#[test]
fn all_measured_releases_are_known() {
    let all: Value = serde_json::from_str(include_str!("../../tests/data/layouts.json")).unwrap();
    let mut measured: Vec<_> = all.as_object().unwrap().keys().cloned().collect();
    measured.sort();
    let mut known: Vec<_> = RELEASES.iter().map(|release| release.name).collect();
    known.sort_unstable();
    assert_eq!(measured, known);
}

#[test]
fn the_table_is_as_measured() {
    for release in &RELEASES {
        let facts = facts(release);
        let layout = release.layout();
        for (path, number) in [
            ("NvDsFrameMeta.sensorInfo_meta", layout.sensor),
            ("NvDsFrameMeta.reserved", Some(layout.frame_reserved)),
            ("NvDsObjectMeta.mask_params", Some(layout.mask)),
            ("NvDsObjectMeta.text_params", Some(layout.text)),
            ("NvDsObjectMeta.obj_label", Some(layout.label)),
            (
                "NvDsObjectMeta.classifier_meta_list",
                Some(layout.classifiers),
            ),
            ("NvDsObjectMeta.obj_user_meta_list", Some(layout.users)),
            ("NvDsObjectMeta.misc_obj_info", Some(layout.object_misc)),
            ("NvDsObjectMeta.reserved", Some(layout.object_misc + 32)),
            ("NvDsDisplayMeta.text_params", Some(layout.texts)),
            (
                "NvDsRoiMeta.classifier_meta_list",
                Some(layout.roi_classifiers),
            ),
            ("NvDsRoiMeta.roi_user_meta_list", Some(layout.roi_users)),
        ] {
            assert_eq!(fact(&facts, path), number, "{path} in {}", release.name);
        }
        for (name, size) in [
            ("NvDsFrameMeta", layout.frame),
            ("NvDsObjectMeta", layout.object),
            ("NvDsDisplayMeta", layout.display),
        ] {
            assert_eq!(
                measured(&facts, name),
                Some(size),
                "{name} in {}",
                release.name
            );
        }
        let values = &facts["values"];
        assert_eq!(
            values["NVDS_AUDIO_BATCH_META"], release.audio_batch,
            "{}",
            release.name
        );
        assert_eq!(
            values["NVDS_AUDIO_FRAME_META"],
            release.audio_frame(),
            "{}",
            release.name
        );
    }
}

macro_rules! stable {
    ($($module:path => $name:ident { $($field:ident $(as $measured:literal)?),* $(,)? })*) => {
        /// Fields at one place in all releases.
        #[test]
        fn fields_read_through_structs_never_moved() {
            for release in &RELEASES {
                let facts = facts(release);
                $($({
                    use $module as module;
                    #[allow(unused_mut, unused_assignments)]
                    let mut name = stringify!($field);
                    $(name = $measured;)?
                    let path = format!("{}.{name}", stringify!($name));
                    assert_eq!(
                        fact(&facts, &path),
                        Some(offset_of!(module::$name, $field)),
                        "{path} in {}", release.name
                    );
                })*)*
            }
        }
    };
}

stable! {
    nvds_sys => NvDsBaseMeta { batch_meta, meta_type, uContext, copy_func, release_func }
    nvds_sys => NvDsMetaPool {
        meta_type, max_elements_in_pool, element_size, num_empty_elements, num_full_elements, empty_list, full_list,
        copy_func, release_func,
    }
    nvds_sys => NvDsBatchMeta {
        base_meta, max_frames_in_batch, num_frames_in_batch, frame_meta_pool, obj_meta_pool, classifier_meta_pool,
        display_meta_pool, user_meta_pool, label_info_meta_pool, frame_meta_list, batch_user_meta_list, meta_mutex,
        misc_batch_info, reserved,
    }
    nvds_sys => NvDsFrameMeta {
        pad_index, batch_id, frame_num, buf_pts, ntp_timestamp, source_id, num_surfaces_per_frame, source_frame_width,
        source_frame_height, surface_type, surface_index, num_obj_meta, bInferDone, obj_meta_list, display_meta_list,
        frame_user_meta_list, misc_frame_info,
    }
    nvds_sys => NvDsObjectMeta { parent }
    nvds_sys => NvDsClassifierMeta { num_labels, unique_component_id, label_info_list, classifier_type }
    nvds_sys => NvDsLabelInfo {
        num_classes, result_label, pResult_label, result_class_id, label_id, result_prob,
    }
    nvds_sys => NvDsUserMeta { base_meta, user_meta_data }
    nvds_sys => NvDsMeta {
        meta, meta_data, user_data, meta_type, copyfunc, freefunc, gst_to_nvds_meta_transform_func,
        gst_to_nvds_meta_release_func,
    }
    nvds_sys => NvOSD_TextParams { display_text }
    nvds_sys => NvOSD_MaskParams { data, size }
    nvds_sys => NvDsMetaCompLatency {
        component_name, in_system_timestamp, out_system_timestamp, source_id, frame_num, pad_index,
    }
    nvds_sys => NvDsFrameLatencyInfo { source_id, frame_num, comp_in_timestamp, latency }
    crate::pool => NvDsAudioFrameMeta {
        base_meta, pad_index, batch_id, frame_num, buf_pts, ntp_timestamp, source_id, num_samples_per_frame, sample_rate,
        num_channels, format, layout, infer_done as "bInferDone", class_id, confidence, class_label,
        classifier_meta_list, frame_user_meta_list, misc_frame_info, reserved,
    }
}

/// Size of a struct.
fn measured(facts: &Value, name: &str) -> Option<usize> {
    facts[name]["size"].as_u64().map(|size| size as usize)
}

/// Elements of which all releases have the whole struct.
#[test]
fn sizes_never_changed() {
    for release in &RELEASES {
        let facts = facts(release);
        for (name, size) in [
            ("NvDsBaseMeta", size_of::<c::NvDsBaseMeta>()),
            ("NvDsMetaPool", size_of::<c::NvDsMetaPool>()),
            ("NvDsBatchMeta", size_of::<c::NvDsBatchMeta>()),
            ("NvDsClassifierMeta", size_of::<c::NvDsClassifierMeta>()),
            ("NvDsLabelInfo", size_of::<c::NvDsLabelInfo>()),
            ("NvDsUserMeta", size_of::<c::NvDsUserMeta>()),
            ("NvDsMeta", size_of::<c::NvDsMeta>()),
            ("NvDsAudioFrameMeta", size_of::<NvDsAudioFrameMeta>()),
            ("NvOSD_TextParams", size_of::<c::NvOSD_TextParams>()),
            ("NvOSD_MaskParams", size_of::<c::NvOSD_MaskParams>()),
            ("NvDsMetaCompLatency", size_of::<c::NvDsMetaCompLatency>()),
            ("NvDsFrameLatencyInfo", size_of::<c::NvDsFrameLatencyInfo>()),
        ] {
            assert_eq!(
                measured(&facts, name),
                Some(size),
                "{name} in {}",
                release.name
            );
        }
    }
}

/// A sensor's texts, which came with 8.0.
#[test]
fn sensors_are_as_measured() {
    for release in RELEASES
        .iter()
        .filter(|release| release.layout().sensor.is_some())
    {
        let facts = facts(release);
        for (path, offset) in [
            (
                "NvDsSensorInfo_meta.source_id",
                offset_of!(c::NvDsSensorInfo_meta, source_id),
            ),
            (
                "NvDsSensorInfo_meta.uri",
                offset_of!(c::NvDsSensorInfo_meta, uri),
            ),
            (
                "NvDsSensorInfo_meta.sensor_id",
                offset_of!(c::NvDsSensorInfo_meta, sensor_id),
            ),
            (
                "NvDsSensorInfo_meta.sensor_name",
                offset_of!(c::NvDsSensorInfo_meta, sensor_name),
            ),
        ] {
            assert_eq!(
                fact(&facts, path),
                Some(offset),
                "{path} in {}",
                release.name
            );
        }
    }
}
