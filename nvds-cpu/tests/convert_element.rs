//! nvvideoconvert in pipelines, with NVIDIA's metadata library.
//!
//! `data/convert/surfaces.json` and `metadata/probed.json` are what pad probes recorded on the real
//! element (9.0.2, discrete GPU).

mod convert_data;
mod fidelity;

use std::sync::{Arc, Mutex, Once};

use gst::prelude::*;
use gstnvdscpu::surface::{ColorFormat, MemoryKind, SurfaceDesc, Surfaces, alloc, alloc_with};
use nvds::sys as c;
use nvds::{Batch, Color, FontName, NewBatch, NewFrame, NewObject, NewText, Rect, RectStyle};
use serde::Deserialize;

use convert_data::{Entry, load, manifest};
use fidelity::Count;

fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        gst::init().unwrap();
        gstnvdscpu::plugin::plugin_register_static().unwrap();
    });
}

fn read_data<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/convert")
        .join(file);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Plays to the end and returns the buffers that passed a pad of element `c`, and its last caps.
fn play(
    description: &str,
    on_sink: impl Fn(&mut gst::Buffer) + Send + Sync + 'static,
) -> Result<(Vec<gst::Buffer>, gst::Caps), String> {
    init();
    let pipeline = gst::parse::launch(description).map_err(|e| e.to_string())?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    let element = pipeline.by_name("c").unwrap();
    let sink = element.static_pad("sink").unwrap();
    sink.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            on_sink(buffer);
        }
        gst::PadProbeReturn::Ok
    });
    let seen = Arc::new(Mutex::new((Vec::new(), gst::Caps::new_empty())));
    let src = element.static_pad("src").unwrap();
    let probe_seen = seen.clone();
    src.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        if let Some(buffer) = info.buffer() {
            let mut seen = probe_seen.lock().unwrap();
            seen.0.push(buffer.clone());
            seen.1 = pad.current_caps().unwrap();
        }
        gst::PadProbeReturn::Ok
    });
    pipeline
        .set_state(gst::State::Playing)
        .map_err(|e| e.to_string())?;
    let message = pipeline.bus().unwrap().timed_pop_filtered(
        gst::ClockTime::from_seconds(30),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    pipeline.set_state(gst::State::Null).unwrap();
    match message.expect("the pipeline ends").view() {
        gst::MessageView::Error(error) => Err(format!("{} ({:?})", error.error(), error.debug())),
        _ => Ok(std::mem::replace(
            &mut *seen.lock().unwrap(),
            (Vec::new(), gst::Caps::new_empty()),
        )),
    }
}

#[derive(Deserialize)]
struct SurfaceRuns {
    runs: Vec<SurfaceRun>,
}

#[derive(Deserialize)]
struct SurfaceRun {
    name: String,
    pipeline: String,
    status: String,
    #[serde(default)]
    caps: String,
    #[serde(default)]
    timestamps: Vec<(u64, u64)>,
    #[serde(default)]
    size: usize,
    #[serde(default)]
    mem_type: String,
    surface: Option<CapturedSurface>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[allow(non_snake_case)]
struct CapturedSurface {
    batchSize: u32,
    numFilled: u32,
    memType: u32,
    isContiguous: bool,
    gpuId: u32,
    isImportedBuf: bool,
    surfaces: Vec<CapturedParams>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[allow(non_snake_case)]
struct CapturedParams {
    width: u32,
    height: u32,
    pitch: u32,
    colorFormat: u32,
    layout: u32,
    dataSize: u32,
    planes: CapturedPlanes,
}

#[derive(Deserialize, Debug, PartialEq)]
#[allow(non_snake_case)]
struct CapturedPlanes {
    num_planes: u32,
    width: [u32; 4],
    height: [u32; 4],
    pitch: [u32; 4],
    offset: [u32; 4],
    psize: [u32; 4],
    bytesPerPix: [u32; 4],
}

fn surface_of(buffer: &gst::BufferRef) -> CapturedSurface {
    let map = buffer.map_readable().unwrap();
    assert_eq!(map.len(), size_of::<c::NvBufSurface>());
    // SAFETY: the memory holds an NvBufSurface, as its size says, with a list of batchSize entries.
    let (surface, params) = unsafe {
        let surface = &*map.as_ptr().cast::<c::NvBufSurface>();
        let count = surface.batchSize as usize;
        (
            surface,
            std::slice::from_raw_parts(surface.surfaceList, count),
        )
    };
    CapturedSurface {
        batchSize: surface.batchSize,
        numFilled: surface.numFilled,
        memType: surface.memType,
        isContiguous: surface.isContiguous,
        gpuId: surface.gpuId,
        isImportedBuf: surface.isImportedBuf,
        surfaces: params
            .iter()
            .map(|p| CapturedParams {
                width: p.width,
                height: p.height,
                pitch: p.pitch,
                colorFormat: p.colorFormat,
                layout: p.layout,
                dataSize: p.dataSize,
                planes: CapturedPlanes {
                    num_planes: p.planeParams.num_planes,
                    width: p.planeParams.width,
                    height: p.planeParams.height,
                    pitch: p.planeParams.pitch,
                    offset: p.planeParams.offset,
                    psize: p.planeParams.psize,
                    bytesPerPix: p.planeParams.bytesPerPix,
                },
            })
            .collect(),
    }
}

#[test]
fn surfaces_and_caps_are_as_captured() {
    let runs: SurfaceRuns = read_data("surfaces.json");
    let (mut same, mut refused) = (0, 0);
    for run in &runs.runs {
        let played = play(&run.pipeline, |_| ());
        if run.status == "error" {
            assert!(played.is_err(), "{} must fail", run.name);
            refused += 1;
            continue;
        }
        let (buffers, caps) = played.unwrap_or_else(|error| panic!("{}: {error}", run.name));
        let expected: gst::Caps = run.caps.parse().unwrap();
        assert_eq!(caps, expected, "{}", run.name);
        let times: Vec<_> = buffers
            .iter()
            .map(|b| {
                (
                    b.pts().unwrap().nseconds(),
                    b.duration().unwrap().nseconds(),
                )
            })
            .collect();
        assert_eq!(times, run.timestamps, "{}", run.name);
        for buffer in &buffers {
            assert_eq!(buffer.n_memory(), 1, "{}", run.name);
            assert_eq!(buffer.size(), run.size, "{}", run.name);
            let memory = buffer.peek_memory(0);
            assert!(memory.is_type(&run.mem_type), "{}", run.name);
            if let Some(surface) = &run.surface {
                assert_eq!(surface_of(buffer), *surface, "{}", run.name);
            }
        }
        same += 1;
    }
    assert!(same > 30 && refused > 5, "{same} {refused}");
    let count = Count::exact(same + refused);
    fidelity::record("nvvideoconvert", "surfaces and caps", count);
}

#[derive(Deserialize)]
struct MetadataRuns {
    runs: Vec<MetadataRun>,
}

#[derive(Deserialize)]
struct MetadataRun {
    name: String,
    pipeline: String,
    sink: Captured,
    src: Captured,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Captured {
    caps: String,
    object: CapturedRect,
    text: [u32; 3],
    display_text: String,
    rect: CapturedRect,
    line: [u32; 2],
    source: [u32; 2],
}

#[derive(Deserialize, Debug, PartialEq, Clone, Copy)]
struct CapturedRect {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    border_width: u32,
}

impl From<nvds::RectParams> for CapturedRect {
    fn from(params: nvds::RectParams) -> Self {
        let rect = params.rect;
        Self {
            left: rect.left,
            top: rect.top,
            width: rect.width,
            height: rect.height,
            border_width: params.style.border_width,
        }
    }
}

/// What the capture attached: see `attached` of its runs.
fn attach(buffer: &mut gst::BufferRef, count: u32) {
    let mut batch = NewBatch::new(count).unwrap();
    for batch_id in 0..count {
        batch.add_frame(&NewFrame {
            pad_index: batch_id,
            source_id: batch_id,
            batch_id,
            frame_num: 0,
            buf_pts: 0,
            ntp_timestamp: 0,
            source_size: (320, 240),
            pipeline_size: (0, 0),
        });
    }
    {
        let batch = batch.batch();
        let locked = batch.lock();
        for frame in locked.frames() {
            let object = NewObject {
                unique_component_id: 0,
                class_id: 0,
                confidence: 0.0,
                rect: Rect {
                    left: 40.0,
                    top: 30.0,
                    width: 120.0,
                    height: 80.0,
                },
                style: RectStyle::default(),
                label: "",
                text: Some(NewText {
                    text: "x",
                    x: 40.0,
                    y: 20.0,
                    font: FontName::SERIF,
                    size: 10,
                    color: Color::WHITE,
                    background: None,
                }),
            };
            locked.add_object(&frame, &object, None).unwrap();
            let mut writer = locked.draw_on(&frame).unwrap();
            writer.rect(
                Rect {
                    left: 10.0,
                    top: 20.0,
                    width: 30.0,
                    height: 40.0,
                },
                &RectStyle {
                    border_width: 2,
                    ..RectStyle::default()
                },
            );
            writer.line(&nvds::Line {
                from: (11, 12),
                to: (50, 60),
                width: 2,
                color: Color::WHITE,
            });
        }
    }
    batch.attach(buffer);
}

fn metadata_of(buffer: &gst::BufferRef, caps: &gst::Caps) -> Captured {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let object = frame.objects().next().unwrap();
    let display = frame.displays().next().unwrap();
    let line = display.lines().next().unwrap();
    let text = object.text();
    Captured {
        caps: caps.to_string(),
        object: object.rect_params().into(),
        text: [text.x_offset(), text.y_offset(), text.font_size()],
        display_text: text.display_text().unwrap().to_str().unwrap().to_owned(),
        rect: display.rects().next().unwrap().into(),
        line: [line.from.0, line.from.1],
        source: [frame.source_frame_width(), frame.source_frame_height()],
    }
}

#[test]
fn metadata_moves_as_captured() {
    let runs: MetadataRuns = read_data("metadata/probed.json");
    assert_eq!(runs.runs.len(), 8);
    for run in runs.runs {
        let (buffers, caps) = play(&run.pipeline, |buffer| attach(buffer.make_mut(), 1))
            .unwrap_or_else(|error| panic!("{}: {error}", run.name));
        let expected: gst::Caps = run.src.caps.parse().unwrap();
        assert_eq!(caps, expected, "{}", run.name);
        let found = metadata_of(&buffers[0], &expected);
        assert_eq!(
            found,
            Captured {
                caps: expected.to_string(),
                ..run.src
            },
            "{}",
            run.name
        );
        // The capture's own input was what is attached here.
        assert_eq!(run.sink.text, [40, 20, 10], "{}", run.name);
    }
    fidelity::record("nvvideoconvert", "metadata", Count::exact(8));
}

#[test]
fn the_same_caps_hand_the_buffer_on() {
    let seen = Arc::new(Mutex::new(0));
    let input = seen.clone();
    let line = "videotestsrc num-buffers=1 ! video/x-raw,format=NV12,width=64,height=48 ! \
                nvvideoconvert ! video/x-raw(memory:NVMM) ! nvvideoconvert name=c";
    let remember = move |buffer: &mut gst::Buffer| {
        *input.lock().unwrap() = buffer.as_ptr() as usize;
    };
    let (buffers, _) = play(&format!("{line} ! fakesink"), remember.clone()).unwrap();
    assert_eq!(buffers[0].as_ptr() as usize, *seen.lock().unwrap());
    let (buffers, _) = play(
        &format!("{line} disable-passthrough=true ! fakesink"),
        remember,
    )
    .unwrap();
    assert_ne!(buffers[0].as_ptr() as usize, *seen.lock().unwrap());
}

#[test]
fn surfaces_and_back_keep_every_format() {
    let mut seed = 1u32;
    for format in [
        "NV12", "I420", "RGBA", "BGRx", "RGB", "BGR", "GRAY8", "Y444", "UYVY",
    ] {
        for (width, height) in [(64, 48), (33, 21)] {
            let caps =
                format!("video/x-raw,format={format},width={width},height={height},framerate=30/1");
            let nvmm = caps.replace("x-raw,", "x-raw(memory:NVMM),");
            let info =
                gst_video::VideoInfo::from_caps(&caps.parse::<gst::Caps>().unwrap()).unwrap();
            let bytes: Vec<u8> = (0..info.size())
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8
                })
                .collect();
            let source = gst::Buffer::from_slice(bytes);
            let mut there = harness(&caps, &nvmm, &[]);
            let mut back = harness(&nvmm, &caps, &[]);
            let surface = there.push_and_pull(source.clone()).unwrap();
            let result = back.push_and_pull(surface).unwrap();
            let map = |buffer| gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info);
            let (found, expected) = (map(&result).unwrap(), map(&source).unwrap());
            for component in 0..info.n_components() {
                // The fourth byte of BGRx carries nothing.
                if format == "BGRx" && component == 3 {
                    continue;
                }
                let stride = info.comp_stride(component as u8) as usize;
                let pixel = info.comp_pstride(component as u8) as usize;
                let (a, b) = (
                    found.comp_data(component).unwrap(),
                    expected.comp_data(component).unwrap(),
                );
                for y in 0..info.comp_height(component as u8) as usize {
                    for x in 0..info.comp_width(component as u8) as usize {
                        let at = y * stride + x * pixel;
                        assert_eq!(
                            a[at], b[at],
                            "{format} {width}x{height} component {component} at {x},{y}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn formats_beyond_the_gpu_rules_get_through() {
    for format in ["P010_10LE", "GRAY16_LE", "GBR", "BGR10A2_LE", "UYVP"] {
        let line = format!(
            "videotestsrc num-buffers=1 pattern=red ! video/x-raw,format=RGBA,width=32,height=16 ! \
             nvvideoconvert ! video/x-raw,format={format} ! nvvideoconvert name=c ! \
             video/x-raw,format=RGBA,width=16,height=8 ! fakesink"
        );
        let (buffers, _) = play(&line, |_| ()).unwrap_or_else(|e| panic!("{format}: {e}"));
        let map = buffers[0].map_readable().unwrap();
        let pixel = &map[4 * 5..4 * 5 + 4];
        if format == "GRAY16_LE" {
            assert!(
                pixel[0] == pixel[1] && (50..110).contains(&pixel[0]),
                "{pixel:?}"
            );
        } else {
            assert!(
                pixel[0] > 245 && pixel[1] < 10 && pixel[2] < 10 && pixel[3] > 190,
                "{format}: {pixel:?}"
            );
        }
    }
}

#[test]
fn ten_bit_surfaces_get_through_and_unstorable_ones_are_named() {
    let line = |format: &str| {
        format!(
            "videotestsrc num-buffers=1 pattern=red ! video/x-raw,format=RGBA,width=32,height=16 ! \
             nvvideoconvert ! video/x-raw(memory:NVMM),format={format} ! nvvideoconvert name=c ! \
             video/x-raw,format=RGBA ! fakesink"
        )
    };
    let (buffers, _) = play(&line("P010_10LE"), |_| ()).unwrap();
    let map = buffers[0].map_readable().unwrap();
    assert!(map[0] > 245 && map[1] < 10, "{:?}", &map[..4]);
    assert!(play(&line("GRAY16_LE"), |_| ()).is_err());
}

fn harness(caps_in: &str, caps_out: &str, properties: &[(&str, &str)]) -> gst_check::Harness {
    init();
    let mut builder = gst::ElementFactory::make("nvvideoconvert");
    for (name, value) in properties {
        builder = builder.property_from_str(name, value);
    }
    let mut harness =
        gst_check::Harness::with_element(&builder.build().unwrap(), Some("sink"), Some("src"));
    harness.set_src_caps_str(caps_in);
    harness.set_sink_caps_str(caps_out);
    harness
}

fn rgba_surfaces(sizes: &[(u32, u32)]) -> gst::Buffer {
    let descs: Vec<_> = sizes
        .iter()
        .map(|(width, height)| SurfaceDesc {
            width: *width,
            height: *height,
            format: ColorFormat(c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA),
        })
        .collect();
    let buffer = alloc(&descs, MemoryKind::Nvds).unwrap();
    let surfaces = Surfaces::map(&buffer).unwrap();
    for i in 0..surfaces.len() {
        surfaces.write(i).unwrap().planes()[0]
            .data
            .fill(40 + i as u8);
    }
    buffer
}

const NVMM_BATCH: &str =
    "video/x-raw(memory:NVMM),format=RGBA,width=320,height=240,framerate=30/1,batch-size=2";

#[test]
fn a_batch_is_converted_surface_by_surface() {
    let mut harness = harness(
        NVMM_BATCH,
        "video/x-raw(memory:NVMM),format=RGBA,width=160,height=120",
        &[],
    );
    let mut buffer = rgba_surfaces(&[(320, 240), (640, 480)]);
    attach(buffer.get_mut().unwrap(), 2);
    let out = harness.push_and_pull(buffer).unwrap();
    let surface = surface_of(&out);
    assert_eq!((surface.batchSize, surface.numFilled), (2, 2));
    let surfaces = Surfaces::map(&out).unwrap();
    for i in 0..2 {
        let read = surfaces.read(i).unwrap();
        assert_eq!((read.desc().width, read.desc().height), (160, 120));
        let planes = read.planes();
        assert!(planes[0].data[..640].iter().all(|b| *b == 40 + i as u8));
    }
    let batch = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let lefts: Vec<_> = batch
        .frames()
        .map(|f| f.objects().next().unwrap().rect().left)
        .collect();
    // Each by its own surface's size.
    assert_eq!(lefts, [20.0, 10.0]);
    let caps = harness.sinkpad().unwrap().current_caps().unwrap();
    assert_eq!(caps.structure(0).unwrap().get::<i32>("batch-size"), Ok(2));
}

#[test]
fn a_batch_in_system_memory_is_its_first_frame() {
    let mut harness = harness(NVMM_BATCH, "video/x-raw,format=RGBA", &[]);
    let mut buffer = rgba_surfaces(&[(320, 240), (320, 240)]);
    attach(buffer.get_mut().unwrap(), 2);
    let out = harness.push_and_pull(buffer).unwrap();
    assert_eq!(out.size(), 320 * 240 * 4);
    assert!(out.map_readable().unwrap().iter().all(|b| *b == 40));
    let batch = Batch::from_buffer(&out).unwrap().unwrap().lock();
    assert_eq!(batch.frames().count(), 2);
}

#[test]
fn other_metas_and_times_come_along() {
    let mut harness = harness(
        "video/x-raw,format=RGBA,width=4,height=4,framerate=30/1",
        "video/x-raw(memory:NVMM),format=NV12",
        &[],
    );
    let mut buffer = gst::Buffer::from_slice([9; 64]);
    {
        let buffer = buffer.get_mut().unwrap();
        buffer.set_pts(gst::ClockTime::from_mseconds(5));
        buffer.set_dts(gst::ClockTime::from_mseconds(4));
        buffer.set_duration(gst::ClockTime::from_mseconds(3));
        buffer.set_offset(7);
        buffer.set_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::DELTA_UNIT);
        gst::ReferenceTimestampMeta::add(
            buffer,
            &gst::Caps::new_empty_simple("timestamp/x-unix"),
            gst::ClockTime::from_seconds(1),
            gst::ClockTime::NONE,
        );
    }
    let out = harness.push_and_pull(buffer).unwrap();
    assert_eq!(out.pts(), Some(gst::ClockTime::from_mseconds(5)));
    assert_eq!(out.dts(), Some(gst::ClockTime::from_mseconds(4)));
    assert_eq!(out.duration(), Some(gst::ClockTime::from_mseconds(3)));
    assert_eq!(out.offset(), 7);
    assert!(out.flags().contains(gst::BufferFlags::DELTA_UNIT));
    assert_eq!(
        out.meta::<gst::ReferenceTimestampMeta>()
            .unwrap()
            .timestamp(),
        gst::ClockTime::from_seconds(1)
    );
}

#[test]
fn memory_type_is_written_where_it_is_read() {
    let mut harness = harness(
        "video/x-raw,format=RGBA,width=4,height=4,framerate=30/1",
        "video/x-raw(memory:NVMM)",
        &[
            ("nvbuf-memory-type", "nvbuf-mem-cuda-unified"),
            ("gpu-id", "3"),
        ],
    );
    let out = harness
        .push_and_pull(gst::Buffer::from_slice([9; 64]))
        .unwrap();
    assert_eq!(surface_of(&out).memType, 3);
    let caps = harness.sinkpad().unwrap().current_caps().unwrap();
    let structure = caps.structure(0).unwrap();
    assert_eq!(
        structure.get::<&str>("nvbuf-memory-type"),
        Ok("nvbuf-mem-cuda-unified")
    );
    assert_eq!(structure.get::<i32>("gpu-id"), Ok(3));
}

/// Pushes and returns the text of the error that the element must post.
fn error_of(harness: &mut gst_check::Harness, buffer: gst::Buffer) -> String {
    let bus = gst::Bus::new();
    harness.element().unwrap().set_bus(Some(&bus));
    assert_eq!(harness.push(buffer), Err(gst::FlowError::Error));
    let message = bus.pop_filtered(&[gst::MessageType::Error]);
    match message.expect("an error message").view() {
        gst::MessageView::Error(error) => error.error().to_string(),
        _ => unreachable!(),
    }
}

#[test]
fn wrong_buffers_are_errors_that_say_so() {
    let mut nvmm = harness(NVMM_BATCH, "video/x-raw,format=RGBA", &[]);
    let text = error_of(&mut nvmm, gst::Buffer::from_slice([0; 72]));
    assert!(text.contains("stand-ins"), "{text}");
    let mut empty = harness(NVMM_BATCH, "video/x-raw,format=RGBA", &[]);
    let buffer = alloc_with(&[], MemoryKind::Nvds, 2).unwrap();
    let text = error_of(&mut empty, buffer);
    assert!(text.contains("surface 0 of 0"), "{text}");
    let mut small = harness(
        "video/x-raw,format=RGBA,width=8,height=8,framerate=30/1",
        "video/x-raw(memory:NVMM),format=NV12",
        &[],
    );
    let text = error_of(&mut small, gst::Buffer::from_slice([0; 64]));
    assert!(text.contains("64 bytes") && text.contains("8x8"), "{text}");
}

#[test]
fn wrong_properties_are_errors_that_name_them() {
    init();
    let element = gst::ElementFactory::make("nvvideoconvert")
        .property("src-crop", "1:2:3")
        .build()
        .unwrap();
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    assert!(element.set_state(gst::State::Paused).is_err());
    let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
    let gst::MessageView::Error(error) = message.view() else {
        unreachable!()
    };
    element.set_state(gst::State::Null).unwrap();
    let text = error.error().to_string();
    assert!(text.contains("src-crop is \"1:2:3\""), "{text}");

    for (properties, word) in [
        (("src-crop", "300:0:100:100"), "src-crop 300:0:100:100"),
        (("dest-crop", "0:0:400:100"), "dest-crop 0:0:400:100"),
        (("interpolation-method", "Algo-2"), "cannot enlarge"),
    ] {
        let mut harness = harness(
            NVMM_BATCH,
            "video/x-raw,format=RGBA,width=350,height=260",
            &[properties],
        );
        let text = error_of(&mut harness, rgba_surfaces(&[(320, 240)]));
        assert!(text.contains(word), "{text}");
    }
}

/// The library's copy crashes on such a batch; the element must not get that far.
#[test]
fn a_batch_without_its_maximum_of_frames_is_refused() {
    let mut harness = harness(NVMM_BATCH, "video/x-raw,format=RGBA", &[]);
    let mut buffer = rgba_surfaces(&[(320, 240)]);
    attach(buffer.get_mut().unwrap(), 1);
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().as_ptr();
    // SAFETY: the batch is alive and nobody else looks at it.
    unsafe { (*batch).max_frames_in_batch = 0 };
    let text = error_of(&mut harness, buffer);
    assert!(text.contains("max_frames_in_batch"), "{text}");
}

#[test]
fn turning_exchanges_the_sides_where_nobody_asks_for_a_size() {
    let (_, caps) = play(
        "videotestsrc num-buffers=1 ! video/x-raw,format=RGBA,width=64,height=48 ! \
         nvvideoconvert name=c flip-method=clockwise ! video/x-raw ! fakesink",
        |_| (),
    )
    .unwrap();
    let structure = caps.structure(0).unwrap();
    assert_eq!(structure.get::<i32>("width"), Ok(48));
    assert_eq!(structure.get::<i32>("height"), Ok(64));
}

#[test]
fn one_side_given_keeps_the_shape() {
    let (_, caps) = play(
        "videotestsrc num-buffers=1 ! video/x-raw,format=RGBA,width=768,height=576 ! \
         nvvideoconvert name=c ! video/x-raw,width=320,pixel-aspect-ratio=1/1 ! fakesink",
        |_| (),
    )
    .unwrap();
    let structure = caps.structure(0).unwrap();
    assert_eq!(structure.get::<i32>("height"), Ok(240));
    assert_eq!(
        structure.get::<gst::Fraction>("pixel-aspect-ratio"),
        Ok(gst::Fraction::new(1, 1))
    );
}

/// The captured conversions once more, by properties and caps.
#[test]
fn properties_and_caps_lead_to_the_captured_pictures() {
    let mut failures = Vec::new();
    let mut count = Count::default();
    for entry in manifest() {
        let Entry::Run(run) = entry else { continue };
        // The capture's own caps text could not be negotiated there.
        if run.name == "nv12-to-rgba-sweep-2_3_5_1" {
            count.not_modelled += 1;
            continue;
        }
        let caps = |format: &str, size: [usize; 2], side: &str| {
            let colorimetry = match run.caps.strip_prefix(side) {
                Some(colorimetry) => format!(",{}", colorimetry.trim()),
                None => String::new(),
            };
            let [width, height] = size;
            // A frame rate, because the harness negotiates fixed caps.
            format!(
                "video/x-raw,format={format},width={width},height={height},framerate=30/1\
                 {colorimetry}"
            )
        };
        let caps_in = caps(&run.input_format, run.input_size, "input ");
        let caps_out = caps(&run.output_format, run.output_size, "output ");
        let properties: Vec<_> = run
            .properties
            .split_whitespace()
            .map(|p| p.split_once('=').unwrap())
            .collect();
        let mut direct = harness(&caps_in, &caps_out, &properties);
        let buffer = gst::Buffer::from_slice(load(&run.input));
        if run.status == "error" {
            let text = error_of(&mut direct, buffer);
            assert!(text.contains("enlarge"), "{}: {text}", run.name);
            count.exact += 1;
            continue;
        }
        // Through surfaces: the conversion happens between two of them.
        let nvmm = |caps: &str| caps.replace("x-raw,", "x-raw(memory:NVMM),");
        let mut up = harness(&caps_in, &nvmm(&caps_in), &[]);
        let mut across = harness(&nvmm(&caps_in), &nvmm(&caps_out), &properties);
        let mut down = harness(&nvmm(&caps_out), &caps_out, &[]);
        let surface = up.push_and_pull(buffer.clone()).unwrap();
        let surface = across.push_and_pull(surface).unwrap();
        let through_surfaces = down.push_and_pull(surface).unwrap();
        let direct = direct.push_and_pull(buffer).unwrap();
        let mut exact = true;
        for (way, buffer) in [("direct", direct), ("surfaces", through_surfaces)] {
            let info = gst_video::VideoInfo::from_caps(&caps_out.parse::<gst::Caps>().unwrap());
            let packed = packed(&buffer, &info.unwrap(), &run.output_format);
            failures.extend(run.compare(&packed).map(|text| format!("{way}: {text}")));
            exact &= run.is_exact(&packed);
        }
        match exact {
            true => count.exact += 1,
            false => count.within += 1,
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(count.exact > 30, "{count:?}");
    fidelity::record("nvvideoconvert", "pictures", count);
}

/// Rows of a picture without padding.
fn packed(buffer: &gst::BufferRef, info: &gst_video::VideoInfo, format: &str) -> Vec<u8> {
    use gst_video::prelude::*;
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info).unwrap();
    let (width, height) = (info.width() as usize, info.height() as usize);
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let planes = match format {
        "RGBA" => vec![(width * 4, height)],
        "NV12" => vec![(width, height), (half_width * 2, half_height)],
        "I420" => vec![
            (width, height),
            (half_width, half_height),
            (half_width, half_height),
        ],
        other => panic!("format {other}"),
    };
    let mut packed = Vec::new();
    for (plane, (row, rows)) in planes.into_iter().enumerate() {
        let stride = frame.plane_stride()[plane] as usize;
        let data = frame.plane_data(plane as u32).unwrap();
        for y in 0..rows {
            packed.extend_from_slice(&data[y * stride..y * stride + row]);
        }
    }
    packed
}
