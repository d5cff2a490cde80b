//! What `nvinfer` with `input-tensor-meta` makes of it.

use std::ffi::CStr;
use std::sync::Arc;

use gst::prelude::*;
use gst_check::Harness;
use gstnvdscpu::infer::engine::{Answers, UnitKey};
use gstnvdscpu::nvinfer::Infer;
use nvds::{AlignedBytes, Batch, DataType, Dims, LayerData, NetworkInfo, NewLayer};

use super::support::{CAPS, Files, TWO_SOURCES, batch, floats, harness, pull, with_inputs};

#[test]
fn what_is_prepared_is_inferred_and_hangs_on_the_regions() {
    let files = Files::new("inferred");
    let preprocess = files.preprocess(&[], TWO_SOURCES);
    let nvinfer = files.nvinfer("network-type=100\n");
    let mut h = harness(&format!(
        "nvdspreprocess config-file={preprocess} ! nvinfer config-file-path={nvinfer}"
    ));
    for _ in 0..3 {
        let buffer = pull(&mut h, batch(2));
        let count = with_inputs(&buffer, |inputs| {
            let rois = inputs.iter().flat_map(|input| {
                let tensor = input.tensor().unwrap();
                let values = floats(tensor.bytes().unwrap());
                let units: Vec<_> = values.chunks(48).map(<[f32]>::to_vec).collect();
                input.rois().zip(units)
            });
            let checked = rois.map(|(roi, unit)| {
                let tensors: Vec<_> = roi.tensors().collect();
                assert_eq!(tensors.len(), 1);
                assert_eq!(tensors[0].unique_id(), 3);
                let mut layers = tensors[0].layers().unwrap();
                let mean = layers.find(|l| l.name() == "mean").unwrap();
                let LayerData::Float(values) = mean.data().unwrap() else {
                    panic!("{mean:?}")
                };
                let mean = |plane: &[f32]| plane.iter().sum::<f32>() / 16.0;
                let expected: Vec<_> = unit.chunks(16).map(mean).collect();
                assert_eq!(values, expected);
            });
            checked.count()
        });
        assert_eq!(count, 3);
        let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
        let tells_places = batch.release().is_at_least(nvds::Version::new(7, 1)) == Some(true);
        for frame in batch.lock().frames() {
            assert_eq!(frame.tensors().count(), 0, "they are the regions'");
            let places: Vec<_> = frame.user_metas().filter_map(|m| m.as_roi()).collect();
            let regions = if frame.source_id() == 0 { 2 } else { 1 };
            assert_eq!(places.len(), if tells_places { regions } else { 0 });
            assert!(places.iter().all(|roi| roi.tensors().count() == 0));
        }
    }
}

/// Finds one box in each unit, as network-type 0 has it: a grid of 4x4 cells.
#[derive(Debug)]
struct OneBox;

impl OneBox {
    fn layer(name: &'static CStr, dims: &[usize], values: &[f32]) -> NewLayer {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        NewLayer {
            name: Arc::from(name),
            data_type: DataType::Float,
            dims: Dims::new(dims).unwrap(),
            memory: Arc::new(AlignedBytes::copy_of(&bytes)),
            offset: 0,
        }
    }
}

impl Answers for OneBox {
    fn network(&self) -> NetworkInfo {
        NetworkInfo {
            width: 4,
            height: 4,
            channels: 3,
        }
    }

    fn layer_names(&self) -> Vec<Arc<CStr>> {
        vec![Arc::from(c"coverage"), Arc::from(c"bbox")]
    }

    fn answer(&mut self, units: &[UnitKey]) -> Result<Vec<Vec<NewLayer>>, String> {
        let unit = || {
            // The middle of the only cell is at half a pixel of 35; the box reaches from -1 to 3 across and from 1 to 2
            // down, in pixels of the network.
            let edges = [1.0 / 35.0, -1.0 / 35.0, 3.0 / 35.0, 2.0 / 35.0];
            vec![
                Self::layer(c"coverage", &[1, 1, 1], &[0.9]),
                Self::layer(c"bbox", &[4, 1, 1], &edges),
            ]
        };
        Ok(units.iter().map(|_| unit()).collect())
    }
}

/// The boxes that a detector finds in the regions, newest first.
fn boxes(clip: bool) -> Vec<Vec<[f32; 4]>> {
    let files = Files::new(&format!("boxes-{clip}"));
    let preprocess = files.preprocess(&[], TWO_SOURCES);
    let nvinfer = files.nvinfer(
        "network-type=0\nnum-detected-classes=1\ncluster-mode=4\n[class-attrs-all]\npre-cluster-threshold=0.5\n",
    );
    let launch = format!(
        "nvdspreprocess config-file={preprocess} ! nvinfer name=i clip-object-outside-roi={clip} config-file-path={nvinfer}"
    );
    let bin = gst::parse::bin_from_description(&launch, true).unwrap();
    let infer = bin.by_name("i").unwrap().downcast::<Infer>().unwrap();
    infer.set_answers(Arc::new(|| Ok(Box::new(OneBox))));
    let mut h = Harness::with_element(&bin, Some("sink"), Some("src"));
    h.set_caps_str(CAPS, CAPS);
    let buffer = pull(&mut h, batch(2));
    let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    locked
        .frames()
        .map(|frame| {
            assert!(frame.infer_done());
            frame
                .objects()
                .map(|object| object.rect())
                .map(|r| [r.left, r.top, r.width, r.height].map(|v| (v * 100.0).round() / 100.0))
                .collect()
        })
        .collect()
}

#[test]
fn boxes_are_the_frames_and_are_cut_at_regions() {
    let uncut = boxes(false);
    let cut = boxes(true);
    assert_eq!(uncut.len(), 2);
    assert_eq!((uncut[0].len(), uncut[1].len()), (2, 1));
    for (frame, (uncut, cut)) in uncut.iter().zip(&cut).enumerate() {
        for ([left, _, width, _], [cut_left, _, cut_width, _]) in uncut.iter().zip(cut) {
            let region = [[8.0, 0.0], [0.0, 0.0]][frame][usize::from(*left < 4.0 && frame == 0)];
            assert_eq!(*cut_left, region, "{uncut:?} {cut:?}");
            let right = (left + width).min(region + [8.0, 16.0][frame]);
            assert!(
                (cut_left + cut_width - right).abs() < 0.02,
                "{uncut:?} {cut:?}"
            );
        }
    }
}

#[test]
fn tensors_for_others_are_told_and_misfits_end_the_stream() {
    let files = Files::new("misfits");
    let nvinfer = files.nvinfer("network-type=100\n");
    let run = |property: &[(&str, &str)]| {
        let preprocess = files.preprocess(property, TWO_SOURCES);
        let mut h = harness(&format!(
            "nvdspreprocess config-file={preprocess} ! nvinfer config-file-path={nvinfer}"
        ));
        let bus = gst::Bus::new();
        h.element().unwrap().set_bus(Some(&bus));
        let flow = h.push(batch(2)).map(|_| ());
        let again = h.push(batch(2)).map(|_| ());
        let messages: Vec<_> = bus
            .iter()
            .filter_map(|message| match message.view() {
                gst::MessageView::Error(e) => Some(e.error().to_string()),
                gst::MessageView::Warning(w) => Some(w.error().to_string()),
                _ => None,
            })
            .collect();
        // Messages hold their source, which holds the bus.
        bus.set_flushing(true);
        h.element().unwrap().set_bus(None);
        (flow.and(again), messages)
    };
    let (flow, messages) = run(&[("target-unique-ids", "4;5")]);
    assert_eq!(flow, Ok(()));
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0].contains("target-unique-ids have to name 3"),
        "{messages:?}"
    );

    let (flow, messages) = run(&[("tensor-name", "other")]);
    assert_eq!(flow, Ok(()));
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0].contains("set tensor-name=input"),
        "{messages:?}"
    );

    for (property, expected) in [
        (&[("gpu-id", "1")][..], "give both elements the same gpu-id"),
        (&[("tensor-data-type", "7")], "set tensor-data-type"),
        (
            &[
                ("processing-width", "8"),
                ("network-input-shape", "2;3;4;8"),
            ],
            "has 384 bytes for a region, the network's input 192",
        ),
    ] {
        let (flow, messages) = run(property);
        assert_eq!(flow, Err(gst::FlowError::Error), "{property:?}");
        assert!(messages[0].contains(expected), "{messages:?}");
    }
}

#[test]
fn nvinferserver_takes_the_same_tensors() {
    let files = Files::new("server");
    let preprocess = files.preprocess(&[], TWO_SOURCES);
    let config = files.server();
    for property in ["", "input-tensor-meta=1"] {
        let mut h = harness(&format!(
            "nvdspreprocess config-file={preprocess} ! nvinferserver {property} config-file-path={config}"
        ));
        let buffer = pull(&mut h, batch(2));
        with_inputs(&buffer, |inputs| {
            let rois: Vec<_> = inputs.iter().flat_map(|input| input.rois()).collect();
            assert_eq!(rois.len(), 3);
            for roi in rois {
                let tensors: Vec<_> = roi.tensors().collect();
                assert_eq!((tensors.len(), tensors[0].unique_id()), (1, 3));
                let mut layers = tensors[0].layers().unwrap();
                assert!(layers.any(|layer| layer.name() == "mean"));
            }
        });
        let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
        for frame in locked.frames() {
            let places = frame.user_metas().filter(|m| m.as_roi().is_some());
            assert_eq!(places.count(), 0, "nvinferserver tells frames of none");
        }
    }
}
