//! `nvinfer` and `nvinferserver` in pipelines, on the real metadata library and ONNX Runtime.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Once};

use gst::prelude::*;
use gst_check::Harness;
use gstnvdscpu::surface::{self, ColorFormat, MemoryKind, SurfaceDesc, Surfaces};
use nvds::sys as c;
use nvds::{Batch, LayerData, NewBatch, NewFrame, UserMeta};

const CAPS: &str = "video/x-raw(memory:NVMM),format=RGBA,width=8,height=8,framerate=25/1";

fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        gst::init().unwrap();
        gstnvdscpu::plugin::plugin_register_static().unwrap();
    });
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/infer")
        .join(name)
}

/// A folder with a model repository and both kinds of configuration, removed at the end.
struct Files(PathBuf);

impl Files {
    fn new(test: &str) -> Self {
        init();
        let root = std::env::temp_dir().join(format!("nvds-cpu-el-{}-{test}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        for (model, onnx) in [("m", "dynamic_nhwc_u8.onnx"), ("other", "hwc_f32.onnx")] {
            std::fs::create_dir_all(root.join(model).join("1")).unwrap();
            std::fs::copy(data(onnx), root.join(model).join("1/model.onnx")).unwrap();
        }
        let files = Self(root);
        files.server("server.txt", "", "");
        let text = std::fs::read_to_string(files.0.join("server.txt")).unwrap();
        std::fs::write(
            files.0.join("other.txt"),
            text.replace("\"m\"", "\"other\""),
        )
        .unwrap();
        files.nvinfer("infer.txt", "batch-size=4\n");
        files
    }

    /// An element with one of the configurations.
    fn harness(&self, element: &str, config: &str) -> Harness {
        harness(&format!("{element} config-file-path={}", self.path(config)))
    }

    fn server(&self, name: &str, infer: &str, control: &str) -> String {
        let text = format!(
            "infer_config {{\n  unique_id: 5\n  max_batch_size: 4\n  {infer}\n  backend {{ triton {{ model_name: \"m\" model_repo {{ root: \".\" }} }} }}\n  postprocess {{ other {{}} }}\n}}\ninput_control {{ {control} }}\noutput_control {{ output_tensor_meta: true }}\n"
        );
        std::fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }

    fn nvinfer(&self, name: &str, more: &str) -> String {
        let text = format!(
            "[property]\ngie-unique-id=3\nnetwork-type=100\noutput-tensor-meta=1\nonnx-file={}\ninfer-dims=3;4;4\n{more}",
            data("dynamic_size_nchw_f32.onnx").display()
        );
        std::fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A batch whose surface i is filled with the i-th colour.
fn batch(colors: &[[u8; 3]]) -> gst::Buffer {
    let rgba = c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA;
    let desc = SurfaceDesc {
        width: 8,
        height: 8,
        format: ColorFormat(rgba),
    };
    let mut buffer = surface::alloc(&vec![desc; colors.len()], MemoryKind::Nvds).unwrap();
    for (i, [r, g, b]) in colors.iter().enumerate() {
        let surfaces = Surfaces::map(&buffer).unwrap();
        let mut surface = surfaces.write(i).unwrap();
        for pixel in surface.planes()[0].data.chunks_exact_mut(4) {
            pixel.copy_from_slice(&[*r, *g, *b, 255]);
        }
    }
    attach_batch(&mut buffer, colors.len() as u32);
    buffer
}

/// A batch meta with a frame per surface.
fn attach_batch(buffer: &mut gst::Buffer, frames: u32) {
    let mut new = NewBatch::new(frames).unwrap();
    for batch_id in 0..frames {
        new.add_frame(&NewFrame {
            pad_index: batch_id,
            source_id: batch_id,
            batch_id,
            frame_num: 0,
            buf_pts: 0,
            ntp_timestamp: 0,
            source_size: (8, 8),
            pipeline_size: (8, 8),
        });
    }
    new.attach(buffer.get_mut().unwrap());
}

fn harness(launch: &str) -> Harness {
    init();
    let mut harness = Harness::new_parse(launch);
    harness.set_caps_str(CAPS, CAPS);
    harness
}

/// A tensor meta: unique id, names of the layers, and the first number of each.
type Seen = (u32, Vec<String>, Vec<f64>);

/// The tensor metas of each frame.
fn tensors(buffer: &gst::BufferRef) -> Vec<Vec<Seen>> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    batch
        .frames()
        .map(|frame| {
            assert!(!frame.infer_done(), "nothing is parsed here");
            frame
                .tensors()
                .map(|tensor| {
                    let layers: Vec<_> = tensor.layers().unwrap().collect();
                    (
                        tensor.unique_id(),
                        layers.iter().map(|l| l.name().into_owned()).collect(),
                        layers
                            .iter()
                            .map(|l| match l.data().unwrap() {
                                LayerData::Float(v) => f64::from(v[0]),
                                LayerData::Int64(v) => v[0] as f64,
                                other => panic!("{other:?}"),
                            })
                            .collect(),
                    )
                })
                .collect()
        })
        .collect()
}

fn push(harness: &mut Harness, colors: &[[u8; 3]]) -> gst::Buffer {
    harness.push_and_pull(batch(colors)).unwrap()
}

/// How many tensor metas each of so many buffers gets.
fn metas(harness: &mut Harness, buffers: usize) -> Vec<usize> {
    (0..buffers)
        .map(|_| tensors(&push(harness, &[[1, 2, 3]]))[0].len())
        .collect()
}

#[test]
fn a_batch_of_four_gets_its_tensors_in_order() {
    let files = Files::new("four");
    let mut h = files.harness("nvinferserver", "server.txt");
    let colors = [[1, 0, 0], [2, 0, 0], [3, 0, 0], [4, 0, 0]];
    for _ in 0..3 {
        let buffer = push(&mut h, &colors);
        for (i, frame) in tensors(&buffer).iter().enumerate() {
            let red = (i + 1) as f64;
            assert_eq!(
                frame[..],
                [(
                    5,
                    vec!["pixels".into(), "sum".into()],
                    vec![red, red * 16.0]
                )]
            );
        }
    }
}

#[test]
fn the_buffer_is_passed_on_untouched() {
    let files = Files::new("same");
    for launch in [
        format!(
            "nvinferserver config-file-path={}",
            files.path("server.txt")
        ),
        format!("nvinfer config-file-path={}", files.path("infer.txt")),
    ] {
        let mut h = harness(&launch);
        let buffer = batch(&[[1, 2, 3]]);
        let pointer = buffer.as_ptr();
        // A second reference makes the buffer read-only; it must not be copied for that.
        let second = buffer.clone();
        let out = h.push_and_pull(buffer).unwrap();
        assert_eq!(out.as_ptr(), pointer);
        assert_eq!(tensors(&second)[0].len(), 1);
    }
}

#[test]
fn two_elements_attach_side_by_side() {
    let files = Files::new("two");
    let mut h = harness(&format!(
        "nvinferserver config-file-path={} ! nvinfer config-file-path={} unique-id=9 ! nvinferserver config-file-path={} unique-id=6",
        files.path("server.txt"),
        files.path("infer.txt"),
        files.path("other.txt"),
    ));
    let buffer = push(&mut h, &[[1, 2, 3], [4, 5, 6]]);
    for frame in tensors(&buffer) {
        // The library lists the newest first.
        let ids: Vec<_> = frame.iter().map(|t| t.0).collect();
        assert_eq!(ids, [6, 9, 5]);
        assert_eq!(frame[0].1, ["same", "total"]);
    }
}

#[test]
fn interval_skips_batches() {
    let files = Files::new("interval");
    let config = files.server("interval.txt", "", "interval: 2");
    for launch in [
        format!("nvinferserver config-file-path={config}"),
        format!(
            "nvinferserver config-file-path={} interval=2",
            files.path("server.txt")
        ),
        format!(
            "nvinfer config-file-path={} interval=2",
            files.path("infer.txt")
        ),
        format!(
            "nvinfer config-file-path={}",
            files.nvinfer("i.txt", "interval=2\n")
        ),
    ] {
        let mut h = harness(&launch);
        let found = metas(&mut h, 7);
        assert_eq!(found, [1, 0, 0, 1, 0, 0, 1], "{launch}");
    }
}

#[test]
fn interval_changes_by_event() {
    let files = Files::new("event");
    let mut h = files.harness("nvinfer", "infer.txt");
    assert!(h.push_event(interval_event(1)));
    let found = metas(&mut h, 4);
    assert_eq!(found, [1, 0, 1, 0]);
}

#[test]
fn an_interval_of_another_type_changes_nothing() {
    let files = Files::new("event-type");
    let mut h = files.harness("nvinfer", "infer.txt");
    for event in [
        gst::Structure::builder("nv-infer-interval-update").build(),
        gst::Structure::builder("nv-infer-interval-update")
            .field("interval", "2")
            .build(),
    ] {
        assert!(h.push_event(gst::event::CustomDownstream::new(event)));
    }
    assert_eq!(metas(&mut h, 3), [1, 1, 1]);
}

#[test]
fn stabilize_buffer_count_drops_the_first() {
    let files = Files::new("drop");
    let config = files.nvinfer("s.txt", "stabilize-buffer-count=2\n");
    let mut h = harness(&format!("nvinfer config-file-path={config}"));
    for _ in 0..3 {
        h.push(batch(&[[1, 2, 3]])).unwrap();
    }
    assert_eq!(h.buffers_received(), 1);
}

#[test]
fn tensors_outlive_copies_the_element_and_the_original() {
    let files = Files::new("copy");
    let mut h = files.harness("nvinferserver", "server.txt");
    let original = push(&mut h, &[[1, 0, 0], [2, 0, 0]]);
    let copy = original.copy();
    let again = copy.copy();
    drop((h, original, copy));
    let found = tensors(&again);
    assert_eq!(found[0][0].2, [1.0, 16.0]);
    assert_eq!(found[1][0].2, [2.0, 32.0]);
}

#[test]
fn raw_structs_are_as_stock_leaves_them() {
    let files = Files::new("raw");
    for (launch, server) in [
        (
            format!(
                "nvinferserver config-file-path={}",
                files.path("server.txt")
            ),
            true,
        ),
        (
            format!("nvinfer config-file-path={}", files.path("infer.txt")),
            false,
        ),
    ] {
        let mut h = harness(&launch);
        let buffer = push(&mut h, &[[1, 2, 3]]);
        for (copied, buffer) in [(false, &buffer), (true, &buffer.copy())] {
            let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
            let frame = batch.frames().next().unwrap();
            let metas: Vec<UserMeta<'_>> = frame.user_metas().collect();
            assert_eq!(metas.len(), 1);
            assert_eq!(metas[0].meta_type(), 12);
            // SAFETY: a meta of this type holds this struct, and the buffer is alive.
            let raw = unsafe { &*metas[0].data().cast::<c::NvDsInferTensorMeta>() };
            assert!(raw.num_output_layers > 0);
            for i in 0..raw.num_output_layers as usize {
                // SAFETY: all three arrays have num_output_layers entries.
                let (host, device, info) = unsafe {
                    (
                        *raw.out_buf_ptrs_host.add(i),
                        *raw.out_buf_ptrs_dev.add(i),
                        &*raw.output_layers_info.add(i),
                    )
                };
                assert!(!host.is_null());
                assert_eq!(device.is_null(), server);
                assert_eq!(info.buffer == host, server || copied);
                assert_eq!(info.isInput, 0);
                let product: u32 = info.inferDims.d[..info.inferDims.numDims as usize]
                    .iter()
                    .product();
                assert_eq!(info.inferDims.numElements, product);
            }
            assert_eq!(raw.gpu_id, 0);
            assert_eq!((raw.network_info.width, raw.network_info.height), (4, 4));
        }
    }
}

#[test]
fn nv12_surfaces_are_read_with_their_matrix() {
    let files = Files::new("nv12");
    let config = files.server("nv12.txt", "", "");
    for (format, chroma, expected) in [
        // Y 235 is white in limited range, 235 in full range.
        (
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12,
            128,
            255.0,
        ),
        (
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_ER,
            128,
            235.0,
        ),
        // Less V takes more red away in BT.709: 255 - 28 * 255 / 224 * 1.402 or 1.5748.
        (
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12,
            100,
            210.0,
        ),
        (
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_709,
            100,
            204.0,
        ),
    ] {
        let desc = SurfaceDesc {
            width: 8,
            height: 8,
            format: ColorFormat(format),
        };
        let mut buffer = surface::alloc(&[desc], MemoryKind::Nvds).unwrap();
        {
            let surfaces = Surfaces::map(&buffer).unwrap();
            let mut surface = surfaces.write(0).unwrap();
            let mut planes = surface.planes();
            planes[0].data.fill(235);
            planes[1].data.fill(chroma);
        }
        attach_batch(&mut buffer, 1);
        let mut h = harness(&format!("nvinferserver config-file-path={config}"));
        let out = h.push_and_pull(buffer).unwrap();
        assert_eq!(
            tensors(&out)[0][0].2[0],
            expected,
            "format {format}, chroma {chroma}"
        );
    }
}

#[test]
fn a_missing_onnxruntime_is_an_error_that_names_the_variable() {
    // The library is a matter of the whole process, so another one tries.
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "start_without_onnxruntime",
            "--ignored",
            "--nocapture",
        ])
        .env("ORT_DYLIB_PATH", "/no/such/libonnxruntime.so")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
#[ignore = "run by a_missing_onnxruntime_is_an_error_that_names_the_variable"]
fn start_without_onnxruntime() {
    let files = Files::new("noort");
    for launch in [
        format!(
            "nvinferserver config-file-path={}",
            files.path("server.txt")
        ),
        format!("nvinfer config-file-path={}", files.path("infer.txt")),
    ] {
        let error = failure(&launch);
        assert!(
            error.contains("ONNX Runtime 1.17 or later was not found"),
            "{error}"
        );
        assert!(
            error.contains("ORT_DYLIB_PATH=/no/such/libonnxruntime.so: there is no such file"),
            "{error}"
        );
    }
}

/// Starts a pipeline that has to fail and returns the error's text.
fn failure(launch: &str) -> String {
    init();
    let pipeline =
        gst::parse::launch(&format!("fakesrc num-buffers=1 ! {launch} ! fakesink")).unwrap();
    assert!(pipeline.set_state(gst::State::Paused).is_err(), "{launch}");
    let bus = pipeline.bus().unwrap();
    let message =
        bus.timed_pop_filtered(gst::ClockTime::from_seconds(5), &[gst::MessageType::Error]);
    pipeline.set_state(gst::State::Null).unwrap();
    let Some(message) = message else {
        panic!("no error message: {launch}");
    };
    match message.view() {
        gst::MessageView::Error(error) => error.error().to_string(),
        _ => unreachable!(),
    }
}

#[test]
fn start_fails_with_a_text_that_names_the_fault() {
    let files = Files::new("faults");
    let syntax = files.server("syntax.txt", "preprocess {", "");
    let refused = files.server("refused.txt", "lstm {}", "");
    let no_model = files.server("nomodel.txt", "", "");
    std::fs::write(
        &no_model,
        std::fs::read_to_string(&no_model)
            .unwrap()
            .replace("\"m\"", "\"missing\""),
    )
    .unwrap();
    let detector = files.nvinfer("detector.txt", "network-type=0\n");
    let labels = files.server("labels.txt", "", "");
    let text = std::fs::read_to_string(&labels).unwrap();
    let detection = "labelfile_path: \"/no/such/labels.txt\" detection { num_detected_classes: 1 }";
    std::fs::write(&labels, text.replace("other {}", detection)).unwrap();
    let no_id = files.nvinfer("no_id.txt", "");
    let text = std::fs::read_to_string(&no_id).unwrap();
    std::fs::write(&no_id, text.replace("gie-unique-id=3\n", "")).unwrap();
    let library = files.nvinfer(
        "library.txt",
        "network-type=0\nnum-detected-classes=1\nparse-bbox-func-name=F\ncustom-lib-path=libf.so\n",
    );
    let binary = files.path("binary.txt");
    std::fs::write(&binary, b"[property]\n\0\x01").unwrap();
    for (launch, expected) in [
        ("nvinferserver".to_owned(), "config-file-path is not set"),
        (
            "nvinferserver config-file-path=/no/such/file.txt".to_owned(),
            "/no/such/file.txt: cannot read this nvinferserver configuration",
        ),
        (
            "nvinfer config-file-path=/".to_owned(),
            "/: cannot read this nvinfer configuration (config-file-path): Is a directory",
        ),
        (
            "nvinferserver config-file-path=/dev/zero".to_owned(),
            "/dev/zero: cannot read this nvinferserver configuration (config-file-path): it is no file on a disk",
        ),
        (
            format!("nvinfer config-file-path={binary}"),
            "binary.txt:2: this nvinfer configuration (config-file-path) has a NUL character",
        ),
        (
            format!("nvinferserver config-file-path={syntax}"),
            "syntax.txt:10:1: the message opened at line 1",
        ),
        (
            format!("nvinferserver config-file-path={refused}"),
            "refused.txt:4:3: infer_config.lstm cannot be honoured",
        ),
        (
            format!("nvinferserver config-file-path={no_model}"),
            "has no folder \"missing\" (model_name)",
        ),
        (
            format!(
                "nvinferserver infer-on-class-ids=1:x process-mode=2 config-file-path={}",
                files.path("server.txt")
            ),
            "infer-on-class-ids=1:x: expected class indices as 0;2;3, found \"x\"",
        ),
        (
            format!("nvinferserver config-file-path={labels}"),
            "labels.txt",
        ),
        (
            format!("nvinfer config-file-path={no_id}"),
            "no_id.txt:1: gie-unique-id is not given, nor the property unique-id",
        ),
        (
            format!("nvinfer config-file-path={library}"),
            "libf.so: no such file; expected the library of parsers",
        ),
        ("nvinfer".to_owned(), "config-file-path is not set"),
        (
            format!("nvinfer config-file-path={detector}"),
            "detector.txt:1: num-detected-classes: expected the number of classes",
        ),
    ] {
        let error = failure(&launch);
        assert!(error.contains(expected), "{launch}\n{error}\n{expected}");
    }
}

#[test]
fn a_buffer_without_batch_ends_the_stream_with_an_error() {
    let files = Files::new("nobatch");
    let mut h = files.harness("nvinfer", "infer.txt");
    assert_eq!(h.push(gst::Buffer::new()), Err(gst::FlowError::Error));
}

#[test]
fn a_frame_without_surface_is_an_error_not_a_crash() {
    let files = Files::new("nosurface");
    let mut h = files.harness("nvinfer", "infer.txt");
    let mut buffer = batch(&[[1, 2, 3]])
        .copy_region(gst::BufferCopyFlags::MEMORY, ..)
        .unwrap();
    let mut new = NewBatch::new(4).unwrap();
    new.add_frame(&NewFrame {
        pad_index: 0,
        source_id: 0,
        batch_id: 3,
        frame_num: 0,
        buf_pts: 0,
        ntp_timestamp: 0,
        source_size: (8, 8),
        pipeline_size: (8, 8),
    });
    new.attach(buffer.get_mut().unwrap());
    assert_eq!(h.push(buffer), Err(gst::FlowError::Error));
}

#[test]
fn another_model_while_playing() {
    let files = Files::new("reload");
    let mut h = files.harness("nvinfer", "infer.txt");
    let element = h.find_element("nvinfer").unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    element.connect("model-updated", false, move |values| {
        let code: i32 = values[1].get().unwrap();
        let file: String = values[2].get().unwrap();
        // Handlers may look at the element.
        let element: gst::Element = values[0].get().unwrap();
        let _ = element.property::<String>("config-file-path");
        sink.lock().unwrap().push((code, file));
        None
    });
    assert_eq!(tensors(&push(&mut h, &[[1, 2, 3]]))[0][0].0, 3);
    let next = files.nvinfer("next.txt", "");
    let text = std::fs::read_to_string(&next).unwrap();
    std::fs::write(&next, text.replace("gie-unique-id=3", "gie-unique-id=8")).unwrap();
    element.set_property("config-file-path", &next);
    assert_eq!(tensors(&push(&mut h, &[[1, 2, 3]]))[0][0].0, 8);
    element.set_property("config-file-path", "/no/such/file");
    assert_eq!(tensors(&push(&mut h, &[[1, 2, 3]]))[0][0].0, 8);
    assert_eq!(
        *told.lock().unwrap(),
        [(0, next), (1, "/no/such/file".to_owned())]
    );
}

/// Does something that must not hang.
fn in_time<R: Send + 'static>(what: &str, work: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, result) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || done.send(work()));
    match result.recv_timeout(std::time::Duration::from_secs(60)) {
        Ok(result) => result,
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("{what} hangs"),
        Err(_) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(_) => unreachable!(),
        },
    }
}

fn interval_event(interval: u32) -> gst::Event {
    let structure = gst::Structure::builder("nv-infer-interval-update")
        .field("stream-id", "0")
        .field("interval", interval)
        .build();
    gst::event::CustomDownstream::new(structure)
}

#[test]
fn handlers_of_an_error_may_use_the_element() {
    let files = Arc::new(Files::new("handler"));
    for (name, file) in [("nvinfer", "infer.txt"), ("nvinferserver", "server.txt")] {
        let path = files.path(file);
        let handled = in_time(name, move || {
            let mut h = harness(&format!("{name} config-file-path={path}"));
            let element = h.find_element(name).unwrap();
            let bus = gst::Bus::new();
            let handled = Arc::new(Mutex::new(Vec::new()));
            let sink = Arc::clone(&handled);
            bus.set_sync_handler(move |_, message| {
                if let gst::MessageView::Error(error) = message.view() {
                    let element = message.src().unwrap();
                    element.set_property("config-file-path", &path);
                    let pad = element
                        .downcast_ref::<gst::Element>()
                        .and_then(|e| e.static_pad("sink"))
                        .unwrap();
                    assert!(pad.send_event(interval_event(1)));
                    sink.lock().unwrap().push(error.error().to_string());
                }
                gst::BusSyncReply::Drop
            });
            element.set_bus(Some(&bus));
            assert_eq!(h.push(gst::Buffer::new()), Err(gst::FlowError::Error));
            bus.unset_sync_handler();
            std::mem::take(&mut *handled.lock().unwrap())
        });
        assert_eq!(handled.len(), 1, "{name}");
        assert!(handled[0].contains("no batch meta"), "{handled:?}");
    }
}

#[test]
fn frames_of_one_surface_do_not_lock_out_who_draws_on_it() {
    let files = Files::new("shared");
    let path = files.path("server.txt");
    in_time("inference beside drawing", move || {
        let mut h = harness(&format!("nvinferserver config-file-path={path}"));
        let source = batch(&[[7, 0, 0]]);
        let over = Arc::new(AtomicBool::new(false));
        let draws = Arc::new(AtomicU32::new(0));
        let writer = std::thread::spawn({
            let (source, over, draws) = (source.clone(), Arc::clone(&over), Arc::clone(&draws));
            move || {
                let surfaces = Surfaces::map(&source).unwrap();
                while !over.load(Ordering::Relaxed) {
                    surfaces.write(0).unwrap().planes()[0].data[3] = 255;
                    draws.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        for _ in 0..3 {
            // So many that the writer comes while they are being read.
            const FRAMES: usize = 512;
            let mut buffer = surface::share(&[(source.as_ref(), 0); FRAMES], FRAMES).unwrap();
            attach_batch(&mut buffer, FRAMES as u32);
            let out = h.push_and_pull(buffer).unwrap();
            for frame in tensors(&out) {
                assert_eq!(frame[0].2, [7.0, 112.0]);
            }
        }
        over.store(true, Ordering::Relaxed);
        writer.join().unwrap();
        assert!(draws.load(Ordering::Relaxed) > 0);
    });
}

#[test]
fn a_file_named_while_starting_is_loaded() {
    static CATEGORY: &str = "nvinfer";
    let files = Files::new("starting");
    let next = files.nvinfer("next.txt", "");
    let text = std::fs::read_to_string(&next).unwrap();
    std::fs::write(&next, text.replace("gie-unique-id=3", "gie-unique-id=8")).unwrap();
    init();
    let element = gst::ElementFactory::make("nvinfer")
        .property("config-file-path", files.path("infer.txt"))
        .name("starting-nvinfer")
        .build()
        .unwrap();
    let renamed = Arc::new(AtomicBool::new(false));
    // The element logs the model it loaded before start is over.
    let (target, file, once) = (element.downgrade(), next.clone(), Arc::clone(&renamed));
    let id = gst::log::add_log_function(move |category, _, _, _, _, object, message| {
        if category.name() == CATEGORY
            && object.is_some_and(|o| o.to_string().contains("starting-nvinfer"))
            && message.get().is_some_and(|m| m.contains("frames per run"))
            && !once.swap(true, Ordering::Relaxed)
            && let Some(element) = target.upgrade()
        {
            element.set_property("config-file-path", &file);
        }
    });
    gst::log::set_threshold_for_name(CATEGORY, gst::DebugLevel::Info);
    let mut h = Harness::with_element(&element, Some("sink"), Some("src"));
    h.set_caps_str(CAPS, CAPS);
    let found = tensors(&push(&mut h, &[[1, 2, 3]]));
    gst::log::unset_threshold_for_name(CATEGORY);
    gst::log::remove_log_function(id);
    assert!(renamed.load(Ordering::Relaxed));
    assert_eq!(found[0][0].0, 8);
}

#[test]
fn another_model_goes_on_with_the_stream() {
    let files = Files::new("goon");
    let config = files.nvinfer(
        "s.txt",
        "stabilize-buffer-count=2
",
    );
    let mut h = harness(&format!("nvinfer config-file-path={config}"));
    let element = h.find_element("nvinfer").unwrap();
    for _ in 0..3 {
        h.push(batch(&[[1, 2, 3]])).unwrap();
    }
    assert_eq!(h.buffers_received(), 1);
    drop(h.pull().unwrap());
    assert!(h.push_event(interval_event(1)));
    element.set_property("config-file-path", &config);
    let found = metas(&mut h, 4);
    assert_eq!(found, [1, 0, 1, 0]);
}

#[test]
fn an_interval_told_to_nvinferserver_outlasts_its_model() {
    let files = Files::new("outlast");
    let mut h = files.harness("nvinferserver", "server.txt");
    let element = h.find_element("nvinferserver").unwrap();
    assert!(h.push_event(interval_event(2)));
    assert_eq!(tensors(&push(&mut h, &[[1, 2, 3]]))[0].len(), 1);
    element.set_property("config-file-path", files.path("other.txt"));
    let found = metas(&mut h, 4);
    assert_eq!(found, [0, 0, 1, 0]);
}

/// Applications compare batch-size with their number of sources as soon as they have named the file.
#[test]
fn properties_read_what_the_file_says() {
    let files = Files::new("told");
    let element = gst::ElementFactory::make("nvinfer").build().unwrap();
    element.set_property("interval", 9_u32);
    let more = "batch-size=4\ninterval=3\ngpu-id=1\noperate-on-gie-id=6\n";
    element.set_property("config-file-path", files.nvinfer("a.txt", more));
    assert_eq!(element.property::<u32>("batch-size"), 4);
    assert_eq!(element.property::<u32>("unique-id"), 3);
    assert_eq!(element.property::<u32>("gpu-id"), 1);
    assert_eq!(element.property::<i32>("infer-on-gie-id"), 6);
    assert!(element.property::<bool>("output-tensor-meta"));
    assert_eq!(
        element.property::<u32>("interval"),
        9,
        "set by hand before the file"
    );
    element.set_property("batch-size", 2_u32);
    element.set_property("output-tensor-meta", false);
    element.set_property("config-file-path", files.nvinfer("b.txt", "batch-size=7\n"));
    assert_eq!(
        element.property::<u32>("batch-size"),
        2,
        "set by hand after the file"
    );
    assert!(!element.property::<bool>("output-tensor-meta"));
    assert_eq!(
        element.property::<u32>("gpu-id"),
        0,
        "not in the second file"
    );
    element.set_property("config-file-path", "/no/such/file");
    assert_eq!(element.property::<u32>("unique-id"), 15);

    let element = gst::ElementFactory::make("nvinferserver").build().unwrap();
    let file = files.server("c.txt", "", "interval: 3 operate_on_gie_id: 6");
    element.set_property("config-file-path", file);
    assert_eq!(element.property::<u32>("batch-size"), 4);
    assert_eq!(element.property::<u32>("unique-id"), 5);
    assert_eq!(element.property::<u32>("process-mode"), 1);
    assert_eq!(element.property::<u32>("interval"), 3);
    assert_eq!(element.property::<i32>("infer-on-gie-id"), 6);
    element.set_property("interval", 0_u32);
    element.set_property("batch-size", 0_u32);
    assert_eq!(element.property::<u32>("interval"), 0);
    assert_eq!(
        element.property::<u32>("batch-size"),
        4,
        "0 leaves it to the file"
    );
}

/// nvinferserver posts a warning where a property counts instead of the file, as the stock element does.
#[test]
fn nvinferserver_tells_what_it_overrides() {
    let files = Files::new("overrides");
    let element = gst::ElementFactory::make("nvinferserver").build().unwrap();
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    element.set_property("config-file-path", files.path("server.txt"));
    element.set_property("batch-size", 2_u32);
    element.set_property("unique-id", 5_u32);
    element.set_state(gst::State::Paused).unwrap();
    let texts = warnings(&bus);
    element.set_state(gst::State::Null).unwrap();
    assert_eq!(texts, ["Configuration file batch-size reset to: 2"]);
}

/// The texts of the warnings that were posted.
fn warnings(bus: &gst::Bus) -> Vec<String> {
    bus.iter_filtered(&[gst::MessageType::Warning])
        .filter_map(|message| match message.view() {
            gst::MessageView::Warning(warning) => Some(warning.error().message().to_owned()),
            _ => None,
        })
        .collect()
}

/// Who does not read the debug log sees a key that is misspelt.
#[test]
fn an_unknown_key_is_posted_with_the_nearest_one() {
    let files = Files::new("unknown");
    for (keys, expected) in [
        ("batch-size=4\n", None),
        ("batchsize=4\n", Some("did you mean batch-size?")),
        (
            "batchsize=4\nxyz=1\n",
            Some("did you mean batch-size?, and 1 more"),
        ),
    ] {
        let element = gst::ElementFactory::make("nvinfer").build().unwrap();
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        element.set_property("config-file-path", files.nvinfer("unknown.txt", keys));
        element.set_state(gst::State::Paused).unwrap();
        let texts = warnings(&bus);
        element.set_state(gst::State::Null).unwrap();
        assert_eq!(texts.len(), usize::from(expected.is_some()), "{texts:?}");
        for (text, expected) in texts.iter().zip(expected) {
            assert!(
                text.contains("unknown key batchsize in [property]"),
                "{text}"
            );
            assert!(text.ends_with(expected), "{text}");
        }
    }
}

/// Whatever is set and whenever: nothing crashes, and with a good file the element starts again.
#[test]
fn properties_may_be_set_in_every_state() {
    use gst::State::{Null, Paused, Playing, Ready};
    let files = Files::new("states");
    let binary = files.path("binary.txt");
    std::fs::write(&binary, b"[property]\0\xff").unwrap();
    for (name, config) in [("nvinfer", "infer.txt"), ("nvinferserver", "server.txt")] {
        let good = files.path(config);
        let element = gst::ElementFactory::make(name).build().unwrap();
        for state in [Null, Ready, Paused, Playing, Paused, Ready, Paused, Null] {
            element.set_property("config-file-path", &good);
            element
                .set_state(state)
                .unwrap_or_else(|_| panic!("{name}: {state:?}"));
            for bad in ["", "/", "/no/such/file", "/dev/zero", &binary] {
                element.set_property("config-file-path", bad);
                assert_eq!(element.property::<String>("config-file-path"), bad);
            }
            for property in element.list_properties().iter() {
                let own = property.owner_type() == element.type_();
                if own && property.name() != "config-file-path" {
                    element.set_property_from_value(property.name(), property.default_value());
                }
            }
        }
    }
}

/// A file on a disk that does not answer holds up who names it, not the frames.
#[test]
fn frames_go_on_while_a_file_is_read() {
    let files = Files::new("fifo");
    for (element, config) in [("nvinfer", "infer.txt"), ("nvinferserver", "server.txt")] {
        let mut h = files.harness(element, config);
        let infer = h.find_element(element).unwrap();
        push(&mut h, &[[1, 2, 3]]);
        let fifo = files.path(&format!("{element}.fifo"));
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        let (path, naming) = (fifo.clone(), infer.clone());
        let setter = std::thread::spawn(move || naming.set_property("config-file-path", path));
        // Returns when the setter has opened the other end.
        let mut writer = std::fs::OpenOptions::new().write(true).open(&fifo).unwrap();
        let old = infer.property::<u32>("unique-id");
        h = in_time(
            "frames beside a file that is not read to its end",
            move || {
                for _ in 0..3 {
                    push(&mut h, &[[1, 2, 3]]);
                }
                h
            },
        );
        let text = std::fs::read_to_string(files.path(config)).unwrap();
        let text = text.replace("gie-unique-id=3", "gie-unique-id=8");
        let text = text.replace("unique_id: 5", "unique_id: 8");
        std::io::Write::write_all(&mut writer, text.as_bytes()).unwrap();
        drop(writer);
        setter.join().unwrap();
        assert_ne!(old, 8);
        assert_eq!(infer.property::<u32>("unique-id"), 8);
        assert_eq!(tensors(&push(&mut h, &[[1, 2, 3]]))[0][0].0, 8, "{element}");
    }
}

#[test]
fn properties_have_stocks_names_types_and_defaults() {
    init();
    let element = gst::ElementFactory::make("nvinfer").build().unwrap();
    assert_eq!(element.property::<u32>("unique-id"), 15);
    assert_eq!(element.property::<u32>("batch-size"), 1);
    assert_eq!(element.property::<u32>("interval"), 0);
    assert_eq!(element.property::<i32>("infer-on-gie-id"), -1);
    assert!(element.property::<bool>("clip-object-outside-roi"));
    assert!(!element.property::<bool>("output-tensor-meta"));
    let mode = element.find_property("process-mode").unwrap();
    assert_eq!(mode.value_type().name(), "GstNvInferProcessModeType");
    let pointer = element
        .find_property("raw-output-generated-callback")
        .unwrap();
    assert_eq!(pointer.value_type(), glib::Type::POINTER);
    for name in [
        "config-file-path",
        "infer-on-class-ids",
        "filter-out-class-ids",
        "model-engine-file",
        "gpu-id",
        "raw-output-file-write",
        "raw-output-generated-userdata",
        "output-instance-mask",
        "input-tensor-meta",
        "crop-objects-to-roi-boundary",
        "strongly-typed",
        "dynamic-properties",
    ] {
        assert!(element.has_property(name), "{name}");
    }
    let element = gst::ElementFactory::make("nvinferserver").build().unwrap();
    assert_eq!(element.property::<u32>("unique-id"), 0);
    assert_eq!(element.property::<u32>("process-mode"), 0);
    assert_eq!(element.property::<u32>("batch-size"), 0);
    assert!(
        element
            .find_property("raw-output-generated-callback")
            .is_some()
    );
    // Set before the file is read, so it wins over it.
    element.set_property("unique-id", 77_u32);
    assert_eq!(element.property::<u32>("unique-id"), 77);
}
