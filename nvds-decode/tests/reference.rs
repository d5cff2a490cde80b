//! Every decoder against the detections that other implementations made of the
//! same tensors.

mod common;

use std::collections::BTreeSet;
use std::fs;

use nvds_decode::decoders::{self, ALL};
use nvds_decode::{Format, Layout, Postprocessor, TensorView};

use common::{data_folder, difference, load};

#[test]
fn decoders_and_folders_belong_together() {
    let decoders: BTreeSet<String> = ALL.iter().map(|d| d.name.to_owned()).collect();
    assert_eq!(decoders.len(), ALL.len(), "two decoders have the same name");
    let folders: BTreeSet<String> = fs::read_dir(data_folder())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(decoders, folders);
    for decoder in ALL {
        assert_eq!(
            decoders::by_name(decoder.name).map(|d| d.name),
            Some(decoder.name)
        );
    }
}

#[test]
fn detections_equal_the_references() {
    for decoder in ALL {
        let reference = load(decoder.name);
        let mut compared = 0;
        for case in &reference.cases {
            let mut postprocessor = Postprocessor::with_layout(case.layout.clone());
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
                    assert!(
                        !postprocessor.units_are_doubtful(),
                        "{} frame {index}",
                        case.name
                    );
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
    for decoder in ALL {
        let reference = load(decoder.name);
        for case in &reference.cases {
            let mut tensors: Vec<TensorView<'_>> =
                case.frames[0].iter().map(|tensor| tensor.view()).collect();
            let select = |tensors: &[TensorView<'_>], layout: &Layout| {
                decoders::select(tensors, layout).map(|decoder| decoder.name)
            };
            for _ in 0..tensors.len() {
                tensors.rotate_left(1);
                assert_eq!(select(&tensors, &case.layout), Ok(decoder.name));
            }
            tensors.reverse();
            assert_eq!(select(&tensors, &case.layout), Ok(decoder.name));
            // And no other format takes them.
            for format in Format::ALL {
                let layout = Layout {
                    format: Some(format),
                    ..Layout::clone(&case.layout)
                };
                match select(&tensors, &layout) {
                    // These two share names, and only the types tell which one it is.
                    Ok("tf-od" | "efficient-nms")
                        if matches!(decoder.name, "tf-od" | "efficient-nms") => {}
                    Ok(name) => assert_eq!((format, name), (decoder.format, decoder.name)),
                    Err(error) => assert_ne!(format, decoder.format, "{error}"),
                }
            }
        }
    }
}
