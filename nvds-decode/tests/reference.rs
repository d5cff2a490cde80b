//! Every decoder against the detections that other implementations made of the
//! same tensors.

mod common;

use std::collections::BTreeSet;
use std::fs;

use nvds_decode::families::by_name;
use nvds_decode::select::{Decoder, Input, select};
use nvds_decode::{
    ClassRules, Detection, Doubt, DropReason, Explanation, Layout, NmsMode, Outcome, Params,
    Postprocessor, TensorView,
};
use nvds_decode::{detr, families, ssd};

use common::{data_folder, difference, load};

/// The decoders of SSDs and DETRs: others have `nets.rs` alone.
fn decoders() -> impl Iterator<Item = &'static Decoder> {
    let families = [&ssd::FAMILY, &detr::FAMILY];
    families
        .into_iter()
        .flat_map(|family| family.decoders.iter().copied())
}

#[test]
fn decoders_and_folders_belong_together() {
    let names: BTreeSet<String> = decoders().map(|d| d.name.to_owned()).collect();
    assert_eq!(
        names.len(),
        decoders().count(),
        "two decoders have the same name"
    );
    let folders: BTreeSet<String> = fs::read_dir(data_folder())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, folders);
    for decoder in decoders() {
        assert_eq!(by_name(decoder.name).map(|d| d.name), Some(decoder.name));
    }
}

#[test]
fn detections_equal_the_references() {
    for decoder in decoders() {
        let reference = load(decoder.name);
        let mut compared = 0;
        for case in &reference.cases {
            let mut postprocessor =
                Postprocessor::of(families::of(decoder).unwrap(), case.layout.clone());
            assert!(
                case.expected.keys().eq(reference.comparisons.keys()),
                "{}: reference.json names other implementations",
                case.name
            );
            for (implementation, expected) in &case.expected {
                assert_eq!(case.frames.len(), expected.len(), "{}", case.name);
                let comparison = reference.comparisons[implementation];
                for (index, (frame, expected)) in case.frames.iter().zip(expected).enumerate() {
                    let tensors: Vec<_> = frame.iter().map(|tensor| tensor.view()).collect();
                    let found = postprocessor
                        .run(&tensors, &reference.geometry, &reference.params)
                        .unwrap_or_else(|error| panic!("{} frame {index}: {error}", case.name));
                    if let Some(text) = difference(found, expected, comparison) {
                        panic!("{} frame {index}, {implementation}: {text}", case.name);
                    }
                    assert!(
                        found.is_sorted_by(|a, b| a.score >= b.score),
                        "{} frame {index}: not sorted by score",
                        case.name
                    );
                    compared += expected.len();

                    assert_eq!(postprocessor.decoder().map(|d| d.name), Some(decoder.name));
                    let doubts: Vec<Doubt> = postprocessor.doubts().collect();
                    assert_eq!(doubts, [], "{} frame {index}", case.name);
                    let counts = postprocessor.counts();
                    assert_eq!(counts.candidates, counts.kept + counts.dropped.total());
                }
            }
        }
        assert_ne!(compared, 0, "the references of {} are empty", decoder.name);
    }
}

#[test]
fn tensors_select_their_own_decoder_in_any_order() {
    for decoder in decoders() {
        let reference = load(decoder.name);
        let family = families::of(decoder).unwrap();
        for case in &reference.cases {
            let mut tensors: Vec<TensorView<'_>> =
                case.frames[0].iter().map(|tensor| tensor.view()).collect();
            let select = |tensors: &[TensorView<'_>], layout: &Layout| {
                let input = Input {
                    tensors,
                    layout,
                    network: reference.geometry.network(),
                };
                select(family, &input).map(|selection| selection.decoder().name)
            };
            for _ in 0..tensors.len() {
                tensors.rotate_left(1);
                assert_eq!(select(&tensors, &case.layout), Ok(decoder.name));
            }
            tensors.reverse();
            assert_eq!(select(&tensors, &case.layout), Ok(decoder.name));
            // And no other format takes them.
            for format in family.decoders.iter().map(|decoder| decoder.format) {
                let layout = Layout {
                    format: Some(format),
                    ..Layout::clone(&case.layout)
                };
                match select(&tensors, &layout) {
                    // These two share names, and only the types tell which one it is.
                    Ok("tf-od" | "efficient-nms")
                        if matches!(decoder.name, "tf-od" | "efficient-nms") => {}
                    // What is selected from is there as well, and nothing but the user's word
                    // tells encodings from boxes.
                    Ok("pytorch-ssd") if matches!(decoder.name, "onnx-nms" | "raw") => {}
                    // Class predictions of queries: whoever states one of these may have it.
                    Ok("rtdetr" | "detr" | "rfdetr")
                        if matches!(decoder.name, "rtdetr" | "detr" | "rfdetr") => {}
                    Ok("rtdetr-ultralytics" | "rtdetr-ultralytics-old")
                        if family.name == "detr" => {}
                    Ok(name) => assert_eq!((format, name), (decoder.format, decoder.name)),
                    Err(error) => assert_ne!(format, decoder.format, "{error}"),
                }
            }
        }
    }
}

/// Rules on classes reach every decoder, whichever way it tests scores: they keep what a run without
/// them keeps, but for what they exclude.
#[test]
fn rules_on_classes_only_take_away() {
    for decoder in decoders() {
        let reference = load(decoder.name);
        let params = Params {
            top_k: 0,
            ..reference.params.clone()
        };
        let mut taken = 0;
        for case in &reference.cases {
            let mut postprocessor =
                Postprocessor::of(families::of(decoder).unwrap(), case.layout.clone());
            for frame in &case.frames {
                let tensors: Vec<_> = frame.iter().map(|tensor| tensor.view()).collect();
                let mut run = |classes| {
                    let params = Params {
                        classes,
                        ..params.clone()
                    };
                    let found = postprocessor.run(&tensors, &reference.geometry, &params);
                    let found = found.unwrap().to_vec();
                    (found, *postprocessor.counts())
                };
                let (all, counts) = run(ClassRules::default());
                let Some(first) = all.first() else {
                    continue;
                };
                let class = first.class_id;
                let score = all.iter().map(|d| d.score).sum::<f32>() / all.len() as f32;
                let of_class = |d: &&Detection| d.class_id == class;
                let (only, only_counts) = run(ClassRules::new(&[], &[class]));
                assert!(only.iter().eq(all.iter().filter(of_class)), "{}", case.name);
                assert_eq!(only_counts.candidates, counts.candidates, "{}", case.name);
                let sum = only_counts.kept + only_counts.dropped.total();
                assert_eq!(sum, counts.candidates, "{}", case.name);
                let foreign = all.len() - only.len();
                assert!(only_counts.dropped.not_allowed >= foreign as u64);

                let (high, high_counts) = run(ClassRules::new(&[(class, score)], &[]));
                let reached = |d: &&Detection| d.class_id != class || d.score >= score;
                assert!(high.iter().eq(all.iter().filter(reached)), "{}", case.name);
                assert_eq!(high_counts.candidates, counts.candidates, "{}", case.name);
                taken += foreign + all.len() - high.len();
            }
        }
        assert_ne!(taken, 0, "{}: nothing was excluded", decoder.name);
    }
}

#[test]
fn explanations_agree_with_the_run_of_every_decoder() {
    for decoder in decoders() {
        let reference = load(decoder.name);
        let params = Params {
            top_k_per_class: 2,
            nms_mode: NmsMode::Agnostic,
            ..reference.params.clone()
        };
        let floor = 0.9 * params.score_threshold;
        let mut explanation = Explanation::default();
        for case in &reference.cases {
            let mut postprocessor =
                Postprocessor::of(families::of(decoder).unwrap(), case.layout.clone());
            for frame in &case.frames {
                let tensors: Vec<_> = frame.iter().map(|tensor| tensor.view()).collect();
                let geometry = &reference.geometry;
                let found = postprocessor.run(&tensors, geometry, &params);
                let found = found.unwrap().to_vec();
                let counts = *postprocessor.counts();
                let explained =
                    postprocessor.explain(&tensors, geometry, &params, floor, &mut explanation);
                assert_eq!(explained, Ok(&found[..]), "{}", case.name);
                assert_eq!(*postprocessor.counts(), counts, "{}", case.name);
                let verdicts = explanation.verdicts();
                let mut kept = vec![false; found.len()];
                for verdict in verdicts {
                    if let Outcome::Kept { detection } = verdict.outcome {
                        assert_eq!(found[detection].score, verdict.score, "{}", case.name);
                        assert!(!std::mem::replace(&mut kept[detection], true));
                    }
                }
                assert!(kept.iter().all(|&told| told), "{}", case.name);
                // All that is dropped over the threshold is over the floor.
                let told = |reason| {
                    let reasons = verdicts.iter().filter_map(|v| v.outcome.drop_reason());
                    reasons.filter(|told| *told == reason).count() as u64
                };
                for reason in [DropReason::Nms, DropReason::TopKPerClass, DropReason::TopK] {
                    let counted = counts.dropped.by_reason();
                    assert!(
                        counted.contains(&(reason, told(reason))),
                        "{} {reason}",
                        case.name
                    );
                }
            }
        }
    }
}
