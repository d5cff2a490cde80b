//! `nvdspreprocess`, and `nvinfer` with `input-tensor-meta`, on the real metadata library and ONNX Runtime.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use gst::prelude::*;
use gst_check::Harness;
use gstnvdscpu::infer::engine::{Answers, UnitKey};
use gstnvdscpu::nvinfer::Infer;
use gstnvdscpu::surface::{self, ColorFormat, MemoryKind, SurfaceDesc, Surfaces};
use nvds::sys as c;
use nvds::{
    AlignedBytes, Batch, DataType, Dims, LayerData, NetworkInfo, NewBatch, NewFrame, NewLayer,
    NewObject, PreparedInput, Rect, RectStyle,
};

const SIDE: u32 = 16;
const CAPS: &str = "video/x-raw(memory:NVMM),format=RGBA,width=16,height=16,framerate=25/1";

fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        gst::init().unwrap();
        gstnvdscpu::plugin::plugin_register_static().unwrap();
    });
}

/// A folder with configurations, removed at the end.
struct Files(PathBuf);

impl Files {
    fn new(test: &str) -> Self {
        init();
        let root = std::env::temp_dir().join(format!("nvds-cpu-pp-{}-{test}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).unwrap();
        Self(root)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let file = self.0.join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// nvdspreprocess for a network of 4x4 pixels; `property` replaces keys.
    fn preprocess(&self, property: &[(&str, &str)], groups: &str) -> String {
        let mut keys: BTreeMap<_, _> = [
            ("target-unique-ids", "3"),
            ("network-input-order", "0"),
            ("processing-width", "4"),
            ("processing-height", "4"),
            ("network-input-shape", "2;3;4;4"),
            ("network-color-format", "0"),
            ("tensor-data-type", "0"),
            ("tensor-name", "input"),
            ("scaling-pool-memory-type", "0"),
            ("scaling-filter", "0"),
            ("custom-lib-path", "/opt/lib/libcustom2d_preprocess.so"),
            (
                "custom-tensor-preparation-function",
                "CustomTensorPreparation",
            ),
        ]
        .into();
        keys.extend(property.iter().copied());
        let mut text = "[property]\n".to_owned();
        for (key, value) in keys {
            text.push_str(&format!("{key}={value}\n"));
        }
        text.push_str("[user-configs]\npixel-normalization-factor=1\n");
        text.push_str(groups);
        self.write("preprocess.txt", text)
    }

    /// nvinfer with a model whose output "mean" is that of each channel.
    fn nvinfer(&self, more: &str) -> String {
        let model = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/infer/dynamic_size_nchw_f32.onnx");
        let text = format!(
            "[property]\ngie-unique-id=3\nbatch-size=2\noutput-tensor-meta=1\nonnx-file={}\ninfer-dims=3;4;4\ninput-tensor-from-meta=1\n{more}",
            model.display()
        );
        self.write("nvinfer.txt", text)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Red is the column, green the row, blue the number of the frame.
fn batch(frames: u32) -> gst::Buffer {
    let rgba = c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA;
    let desc = SurfaceDesc {
        width: SIDE,
        height: SIDE,
        format: ColorFormat(rgba),
    };
    let mut buffer = surface::alloc(&vec![desc; frames as usize], MemoryKind::Nvds).unwrap();
    for frame in 0..frames {
        let surfaces = Surfaces::map(&buffer).unwrap();
        let mut surface = surfaces.write(frame as usize).unwrap();
        let plane = &mut surface.planes()[0];
        for (y, row) in plane.data.chunks_mut(plane.pitch).enumerate() {
            let row = row.chunks_exact_mut(4).take(SIDE as usize);
            for (x, pixel) in row.enumerate() {
                pixel.copy_from_slice(&[x as u8, y as u8, frame as u8, 255]);
            }
        }
    }
    let mut new = NewBatch::new(frames).unwrap();
    for batch_id in 0..frames {
        new.add_frame(&NewFrame {
            pad_index: batch_id,
            source_id: batch_id,
            batch_id,
            source_size: (SIDE, SIDE),
            pipeline_size: (SIDE, SIDE),
            ..NewFrame::default()
        });
    }
    new.attach(buffer.get_mut().unwrap());
    buffer
}

fn object(class_id: i32, [left, top, width, height]: [f32; 4]) -> NewObject<'static> {
    NewObject {
        unique_component_id: 1,
        class_id,
        confidence: 0.5,
        rect: Rect {
            left,
            top,
            width,
            height,
        },
        style: RectStyle::default(),
        label: "thing",
        text: None,
    }
}

fn harness(launch: &str) -> Harness {
    init();
    let mut harness = Harness::new_parse(launch);
    harness.set_caps_str(CAPS, CAPS);
    harness
}

fn pull(harness: &mut Harness, buffer: gst::Buffer) -> gst::Buffer {
    harness.push_and_pull(buffer).unwrap()
}

fn with_inputs<R>(buffer: &gst::BufferRef, read: impl FnOnce(&[PreparedInput<'_>]) -> R) -> R {
    let locked = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let metas = locked.user_metas();
    let inputs: Vec<_> = metas.filter_map(|m| m.as_prepared_input()).collect();
    read(&inputs)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let chunks = bytes.chunks_exact(4);
    chunks
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect()
}

/// Of each tensor: its number, its shape, and of each region the box with red, green and blue of its first and last pixel.
type Seen = (u32, Vec<i32>, Vec<([f32; 4], [f32; 6])>);

fn seen(buffer: &gst::BufferRef) -> Vec<Seen> {
    with_inputs(buffer, |inputs| {
        let tensors = inputs.iter().map(|input| {
            assert_eq!(input.target_unique_ids(), [3]);
            let tensor = input.tensor().unwrap();
            assert_eq!(tensor.name, "input");
            let values = floats(tensor.bytes().unwrap());
            let rois = input.rois().enumerate().map(|(i, roi)| {
                let unit = &values[i * 48..(i + 1) * 48];
                let r = roi.rect_params().rect;
                let ends = [unit[0], unit[16], unit[32], unit[15], unit[31], unit[47]];
                ([r.left, r.top, r.width, r.height], ends)
            });
            (tensor.meta_id, tensor.shape.to_vec(), rois.collect())
        });
        tensors.collect()
    })
}

fn failure(launch: &str) -> String {
    init();
    let pipeline = gst::parse::launch(&format!("fakesrc num-buffers=0 ! {launch} ! fakesink"))
        .unwrap_or_else(|e| panic!("{launch}: {e}"));
    assert!(pipeline.set_state(gst::State::Paused).is_err(), "{launch}");
    let bus = pipeline.bus().unwrap();
    let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    match message.view() {
        gst::MessageView::Error(error) => error.error().to_string(),
        _ => unreachable!(),
    }
}

const TWO_SOURCES: &str = "[group-0]\nsrc-ids=0\nprocess-on-roi=1\nroi-params-src-0=0;0;4;4;8;4;8;8\n\
    [group-1]\nsrc-ids=1\nprocess-on-roi=0\ndraw-roi=0\n";

#[test]
fn regions_become_tensors_of_the_most_units() {
    let files = Files::new("regions");
    let config = files.preprocess(&[], TWO_SOURCES);
    let mut h = harness(&format!("nvdspreprocess config-file={config}"));
    let buffer = pull(&mut h, batch(2));
    let first = ([0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 0.0, 3.0, 3.0, 0.0]);
    let second = ([8.0, 4.0, 8.0, 8.0], [8.0, 4.0, 0.0, 14.0, 10.0, 0.0]);
    let whole = ([0.0, 0.0, 16.0, 16.0], [0.0, 0.0, 1.0, 12.0, 12.0, 1.0]);
    let mut found = seen(&buffer);
    found.sort_by_key(|tensor| tensor.0);
    assert_eq!(
        found,
        [
            (0, vec![2, 3, 4, 4], vec![first, second]),
            (1, vec![1, 3, 4, 4], vec![whole])
        ]
    );
    with_inputs(&buffer, |inputs| {
        let rois: Vec<_> = inputs.iter().flat_map(|input| input.rois()).collect();
        let ratios: Vec<_> = rois.iter().map(|roi| roi.scale_ratio().0).collect();
        assert!(ratios.contains(&1.0) && ratios.contains(&0.5) && ratios.contains(&0.25));
        assert!(rois.iter().all(|roi| roi.object_address() == 0));
    });
    let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let drawn: Vec<usize> = locked
        .frames()
        .map(|frame| frame.displays().map(|d| d.rects().len()).sum())
        .collect();
    assert_eq!(drawn, [2, 0], "draw-roi=0 is for the second source");
    let copy = buffer.copy();
    drop(locked);
    assert!(
        with_inputs(&copy, |inputs| inputs.is_empty()),
        "no copy has it"
    );
}

#[test]
fn padding_normalisation_order_and_half_precision_are_as_configured() {
    let files = Files::new("padding");
    let config = files.preprocess(
        &[
            ("maintain-aspect-ratio", "1"),
            ("symmetric-padding", "1"),
            ("network-color-format", "1"),
            ("tensor-data-type", "7"),
        ],
        "offsets=1;2;3\n[group-0]\nsrc-ids=-1\nprocess-on-roi=1\nroi-params-src-0=4;6;8;4\n",
    );
    let mut h = harness(&format!("nvdspreprocess config-file={config}"));
    let buffer = pull(&mut h, batch(1));
    with_inputs(&buffer, |inputs| {
        let tensor = inputs[0].tensor().unwrap();
        assert_eq!(tensor.data_type, Some(nvds::PreparedType::Half));
        let halves = tensor.bytes().unwrap().chunks_exact(2);
        let values: Vec<f32> = halves
            .map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32())
            .collect();
        let roi = inputs[0].rois().next().unwrap();
        assert_eq!((roi.offset(), roi.scale_ratio()), ((0.0, 1.0), (0.5, 0.5)));
        // Blue, green and red less their offsets; black above and below.
        assert_eq!(values[16..24], [-2.0, -2.0, -2.0, -2.0, 4.0, 4.0, 4.0, 4.0]);
        assert_eq!(values[36..40], [1.0, 3.0, 5.0, 7.0]);
        assert_eq!(values[4], -1.0);
    });
}

#[test]
fn objects_are_prepared_where_they_are_asked_for() {
    let files = Files::new("objects");
    let config = files.preprocess(
        &[("process-on-frame", "0"), ("operate-on-gie-id", "1")],
        "[group-0]\nsrc-ids=0\nprocess-on-all-objects=0\noperate-on-class-ids=2\nroi-params-src-0=0;0;8;16\n\
         [group-1]\nsrc-ids=1\nprocess-on-all-objects=1\ninput-object-min-width=5\n",
    );
    let mut h = harness(&format!("nvdspreprocess config-file={config}"));
    let buffer = batch(2);
    {
        let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
        let frames: Vec<_> = locked.frames().collect();
        for (frame, class, rect) in [
            (0, 2, [1.0, 2.0, 4.0, 4.0]),
            (0, 2, [8.0, 0.0, 8.0, 8.0]),   // beside the region
            (0, 1, [0.0, 0.0, 8.0, 8.0]),   // another class
            (1, 7, [-4.0, 0.0, 8.0, 40.0]), // partly outside
            (1, 7, [0.0, 0.0, 4.0, 8.0]),   // too small
        ] {
            locked
                .add_object(&frames[frame], &object(class, rect), None)
                .unwrap();
        }
    }
    let buffer = pull(&mut h, buffer);
    let found = seen(&buffer);
    let boxes: Vec<_> = found[0].2.iter().map(|(rect, _)| *rect).collect();
    assert_eq!(boxes, [[1.0, 2.0, 4.0, 4.0], [0.0, 0.0, 4.0, 16.0]]);
    // An odd corner is cut at the even pixel behind it.
    assert_eq!(found[0].2[0].1[..3], [2.0, 2.0, 0.0]);
    with_inputs(&buffer, |inputs| {
        assert!(inputs[0].rois().all(|roi| roi.object_address() != 0));
    });
}

#[test]
fn intervals_and_events_change_what_is_prepared() {
    let files = Files::new("interval");
    let group = "[group-0]\nsrc-ids=0\nprocess-on-roi=1\ninterval=1\nroi-params-src-0=0;0;4;4\n";
    let config = files.preprocess(&[], group);
    let mut h = harness(&format!("nvdspreprocess config-file={config}"));
    let count = |h: &mut Harness| {
        let found = seen(&pull(h, batch(1)));
        found
            .iter()
            .map(|tensor| tensor.2.len())
            .collect::<Vec<_>>()
    };
    assert_eq!(count(&mut h), [1]);
    assert!(count(&mut h).is_empty());
    let regions = [[0, 0, 8, 8], [8, 8, 8, 8]];
    assert!(h.push_event(nvds::event::roi_update("0", &regions)));
    assert!(h.push_event(nvds::event::roi_update("9", &[])));
    assert_eq!(count(&mut h), [2]);
    let mut off = harness(&format!("nvdspreprocess config-file={config} enable=0"));
    assert!(count(&mut off).is_empty());
}

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
fn a_region_outside_of_the_frame_ends_the_stream() {
    let files = Files::new("outside");
    let group = "[group-0]\nsrc-ids=0\nprocess-on-roi=1\nroi-params-src-0=100;0;40;40\n";
    let config = files.preprocess(&[], group);
    let mut h = harness(&format!("nvdspreprocess config-file={config}"));
    assert_eq!(h.push(batch(1)), Err(gst::FlowError::Error));
}

#[test]
fn what_keeps_the_element_from_starting_is_told() {
    let files = Files::new("start");
    for (launch, expected) in [
        (
            "nvdspreprocess".to_owned(),
            "Configuration file not provided",
        ),
        (
            "nvdspreprocess config-file=/none.txt".to_owned(),
            "/none.txt",
        ),
        (
            format!(
                "nvdspreprocess config-file={}",
                files.preprocess(&[("custom-lib-path", "libmine.so")], TWO_SOURCES)
            ),
            "libmine.so is not loaded by the CPU stand-in",
        ),
    ] {
        let error = failure(&launch);
        assert!(error.contains(expected), "{launch}\n{error}");
    }
    let mean = "mean-file=mean.ppm\n[group-0]\nsrc-ids=0\n";
    let config = files.preprocess(&[], mean);
    let launch = format!("nvdspreprocess config-file={config}");
    assert!(failure(&launch).contains("mean.ppm: No such file"));
    files.write("mean.ppm", "P6 5 4 255\n");
    assert!(failure(&launch).contains("it has 5x4 pixels, the network's input 4x4"));
    // One sample for each channel and pixel.
    let samples: Vec<u8> = (0..48).collect();
    files.write("mean.ppm", [b"P6 4 4 255\n".as_slice(), &samples].concat());
    let mut h = harness(&launch);
    let found = seen(&pull(&mut h, batch(1)));
    // Red 12, green 12 and blue 0 of the last pixel less its 45, 46 and 47.
    assert_eq!(found[0].2[0].1, [0.0, -1.0, -2.0, -33.0, -34.0, -47.0]);
}
