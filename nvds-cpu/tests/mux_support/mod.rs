//! What the tests of decoder and mux share: recording a pad, feeding frames, captured data.
#![allow(dead_code)] // each test file uses its part

#[path = "../surface_layout/mod.rs"]
pub mod surface_layout;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Once};

use glib::prelude::*;
use gst::prelude::*;
use gstnvdscpu::surface::{self, ColorFormat, MemoryKind, SurfaceDesc, Surfaces};
use nvds::sys as c;
use serde_json::Value;

/// The test programs of the new mux; nvstreammux is the default one in all others.
const NEW_MUX: [&str; 2] = ["streammux", "streamdemux"];

pub fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        if NEW_MUX.contains(&env!("CARGO_CRATE_NAME")) {
            // SAFETY: before GStreamer and the library start; the tests' own reading is under std's lock.
            unsafe { std::env::set_var("USE_NEW_NVSTREAMMUX", "yes") };
        }
        gst::init().unwrap();
        gstnvdscpu::plugin::plugin_register_static().unwrap();
    });
}

pub fn data(name: &str) -> String {
    format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

pub fn json(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(data(name)).unwrap()).unwrap()
}

/// One captured run by name.
pub fn run(file: &str, name: &str) -> Value {
    let all = json(file);
    let runs = all["runs"].as_array().unwrap();
    runs.iter().find(|r| r["name"] == name).unwrap().clone()
}

/// A frame meta, as far as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub pad_index: u32,
    pub batch_id: u32,
    pub frame_num: i32,
    pub buf_pts: u64,
    pub source_id: u32,
    pub source_size: (u32, u32),
    pub pipeline_size: (u32, u32),
    pub num_surfaces: u32,
    pub has_ntp: bool,
    /// surface_type, surface_index, bInferDone, number of objects
    pub zeros: [u64; 4],
}

impl Frame {
    pub fn of_json(f: &Value) -> Self {
        let n = |key: &str| f[key].as_u64().unwrap();
        Self {
            pad_index: n("pad_index") as u32,
            batch_id: n("batch_id") as u32,
            frame_num: n("frame_num") as i32,
            buf_pts: n("buf_pts"),
            source_id: n("source_id") as u32,
            source_size: (
                n("source_frame_width") as u32,
                n("source_frame_height") as u32,
            ),
            pipeline_size: (n("pipeline_width") as u32, n("pipeline_height") as u32),
            num_surfaces: n("num_surfaces_per_frame") as u32,
            has_ntp: f["ntp_timestamp"].is_string(),
            zeros: [
                n("surface_type"),
                n("surface_index"),
                n("bInferDone"),
                n("num_obj_meta"),
            ],
        }
    }

    fn of(frame: &nvds::Frame<'_>) -> Self {
        let raw = frame.as_ptr();
        // SAFETY: the frame is alive as long as its buffer; these fields have the same place in all releases. No
        // reference is formed: in some, the struct is shorter.
        unsafe {
            Self {
                pad_index: (*raw).pad_index,
                batch_id: (*raw).batch_id,
                frame_num: (*raw).frame_num,
                buf_pts: (*raw).buf_pts,
                source_id: (*raw).source_id,
                source_size: ((*raw).source_frame_width, (*raw).source_frame_height),
                pipeline_size: ((*raw).pipeline_width, (*raw).pipeline_height),
                num_surfaces: (*raw).num_surfaces_per_frame as u32,
                has_ntp: (*raw).ntp_timestamp != 0,
                zeros: [
                    (*raw).surface_type as u64,
                    (*raw).surface_index as u64,
                    (*raw).bInferDone as u64,
                    u64::from((*raw).num_obj_meta),
                ],
            }
        }
    }
}

/// The metadata of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchMeta {
    pub max_frames: u64,
    /// Size, element size and elements in use of the pools: frame, object, classifier, display,
    /// user, label.
    pub pools: [[u64; 3]; 6],
    pub is_own_base: bool,
    pub has_functions: bool,
    pub frames: Vec<Frame>,
}

const POOLS: [&str; 6] = [
    "frame",
    "obj",
    "classifier",
    "display",
    "user",
    "label_info",
];

impl BatchMeta {
    pub fn of_json(meta: &Value) -> Self {
        let pools = &meta["pools_max_elemsize_used"];
        Self {
            max_frames: meta["max_frames_in_batch"].as_u64().unwrap(),
            pools: POOLS.map(|pool| {
                let [most, size, used] = [0, 1, 2].map(|i| pools[pool][i].as_u64().unwrap());
                [most, surface_layout::size_here(size), used]
            }),
            is_own_base: meta["base_meta_batch_meta_is_self"].as_bool().unwrap(),
            has_functions: meta["base_copy_func_set"].as_bool().unwrap()
                && meta["base_release_func_set"].as_bool().unwrap(),
            frames: array(&meta["frames"]).iter().map(Frame::of_json).collect(),
        }
    }

    fn of(batch: &nvds::Batch<'_>) -> Self {
        // SAFETY: the batch is alive as long as its buffer.
        let raw = unsafe { &*batch.as_ptr() };
        let pools = [
            raw.frame_meta_pool,
            raw.obj_meta_pool,
            raw.classifier_meta_pool,
            raw.display_meta_pool,
            raw.user_meta_pool,
            raw.label_info_meta_pool,
        ];
        Self {
            max_frames: u64::from(raw.max_frames_in_batch),
            pools: pools.map(|pool| {
                // SAFETY: a batch's pools live as long as it.
                let pool = unsafe { &*pool };
                [
                    pool.max_elements_in_pool,
                    pool.element_size,
                    pool.num_full_elements,
                ]
                .map(u64::from)
            }),
            is_own_base: raw.base_meta.batch_meta == batch.as_ptr(),
            has_functions: raw.base_meta.copy_func.is_some()
                && raw.base_meta.release_func.is_some(),
            frames: batch.lock().frames().map(|f| Frame::of(&f)).collect(),
        }
    }
}

pub fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Every compared field of an NvBufSurface, in the captures' words.
pub fn surface_json(buffer: &gst::BufferRef) -> Value {
    let surface = surface_layout::read(buffer);
    let s = surface.head;
    let list: Vec<Value> = surface
        .list
        .iter()
        .zip(&surface.has_more)
        .map(|(p, has_more)| {
            serde_json::json!({
                "width": p.width,
                "height": p.height,
                "pitch": p.pitch,
                "colorFormat": p.colorFormat,
                "layout": p.layout,
                "dataSize": p.dataSize,
                "dataPtr_set": !p.dataPtr.is_null(),
                "dataPtr_mod_512": p.dataPtr as usize % 512,
                "paramex_set": has_more,
                "planeParams": {
                    "num_planes": p.planeParams.num_planes,
                    "width": p.planeParams.width,
                    "height": p.planeParams.height,
                    "pitch": p.planeParams.pitch,
                    "offset": p.planeParams.offset,
                    "psize": p.planeParams.psize,
                    "bytesPerPix": p.planeParams.bytesPerPix,
                },
            })
        })
        .collect();
    serde_json::json!({
        "gpuId": s.gpuId,
        "batchSize": s.batchSize,
        "numFilled": s.numFilled,
        "isContiguous": s.isContiguous,
        "memType": s.memType,
        "isImportedBuf": s.isImportedBuf,
        "surfaceList": list,
    })
}

/// The captured surface with only the fields that [`surface_json`] gives.
pub fn captured_surface(captured: &Value) -> Value {
    let pick = |from: &Value, keys: &[&str]| -> Value {
        let fields = keys.iter().map(|k| ((*k).to_owned(), from[*k].clone()));
        Value::Object(fields.collect())
    };
    let mut surface = pick(
        captured,
        &[
            "gpuId",
            "batchSize",
            "numFilled",
            "isContiguous",
            "memType",
            "isImportedBuf",
        ],
    );
    let list = array(&captured["surfaceList"]).iter().map(|p| {
        // Entries beyond numFilled were recorded as well.
        pick(
            p,
            &[
                "width",
                "height",
                "pitch",
                "colorFormat",
                "layout",
                "dataSize",
                "dataPtr_set",
                "dataPtr_mod_512",
                "paramex_set",
                "planeParams",
            ],
        )
    });
    surface["surfaceList"] = list.collect();
    surface
}

/// What went through a pad.
#[derive(Clone, Debug)]
pub enum Seen {
    Event(gst::Event),
    Buffer(gst::Buffer),
}

#[derive(Clone, Default)]
pub struct Record(pub Arc<Mutex<Vec<Seen>>>);

impl Record {
    pub fn of(pad: &gst::Pad) -> Self {
        let record = Self::default();
        let inner = record.clone();
        pad.add_probe(
            gst::PadProbeType::EVENT_DOWNSTREAM | gst::PadProbeType::BUFFER,
            move |_, info| {
                let seen = match &info.data {
                    Some(gst::PadProbeData::Buffer(buffer)) => Some(Seen::Buffer(buffer.clone())),
                    Some(gst::PadProbeData::Event(event)) => Some(Seen::Event(event.clone())),
                    _ => None,
                };
                inner.0.lock().unwrap().extend(seen);
                gst::PadProbeReturn::Ok
            },
        );
        record
    }

    pub fn buffers(&self) -> Vec<gst::Buffer> {
        let seen = self.0.lock().unwrap();
        seen.iter()
            .filter_map(|s| match s {
                Seen::Buffer(buffer) => Some(buffer.clone()),
                Seen::Event(_) => None,
            })
            .collect()
    }

    /// Events, with the number of buffers before.
    pub fn events(&self) -> Vec<(usize, gst::Event)> {
        let mut buffers = 0;
        let mut events = Vec::new();
        for seen in self.0.lock().unwrap().iter() {
            match seen {
                Seen::Buffer(_) => buffers += 1,
                Seen::Event(event) => events.push((buffers, event.clone())),
            }
        }
        events
    }

    pub fn caps(&self) -> gst::Caps {
        let events = self.events();
        events
            .iter()
            .find_map(|(_, event)| match event.view() {
                gst::EventView::Caps(caps) => Some(caps.caps_owned()),
                _ => None,
            })
            .expect("caps went through")
    }
}

pub fn batch(buffer: &gst::BufferRef) -> BatchMeta {
    BatchMeta::of(&nvds::Batch::from_buffer(buffer).unwrap().unwrap())
}

/// Events as the captures write them: (buffers before, full type, structure without what differs
/// from run to run).
pub fn plain_events(record: &Record) -> Vec<(u64, u64, String)> {
    record
        .events()
        .into_iter()
        .filter(|(_, event)| event.type_() != gst::EventType::Tag)
        .map(|(before, event)| {
            let structure = event.structure().map_or(String::new(), |s| s.to_string());
            // SAFETY: reads the type of an event that is alive.
            let kind = unsafe { (*event.as_ptr()).type_ } as u64;
            let kind = surface_layout::captured_type(kind);
            (before as u64, kind, normal(&structure))
        })
        .collect()
}

pub fn captured_events(run: &Value) -> Vec<(u64, u64, String)> {
    array(&run["events"])
        .iter()
        .filter(|e| e["type"] != "tag")
        .map(|e| {
            (
                e["before_buffer"].as_u64().unwrap(),
                e["type_value"].as_u64().unwrap(),
                normal(e["structure"].as_str().unwrap_or("")),
            )
        })
        .collect()
}

/// Without stream ids, group ids and the counter at the end of names.
fn normal(structure: &str) -> String {
    let mut fields: Vec<String> = structure.split(", ").map(str::to_owned).collect();
    if let Some(name) = fields.first_mut()
        && name.matches('-').count() >= 2
        && let Some((head, _)) = name.rsplit_once('-')
        && (head.starts_with("nv-") || head.starts_with("update-caps"))
    {
        *name = head.to_owned();
    }
    fields
        .into_iter()
        .map(|field| match field.split_once('=') {
            Some((key @ ("stream-id" | "stream-id-str" | "group-id"), value))
                if !value.starts_with("(uint)") || key == "group-id" =>
            {
                key.to_owned()
            }
            Some(("caps", _)) => "caps".to_owned(),
            _ => field,
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// Waits until the pipeline has ended; messages come back.
pub fn wait(pipeline: &gst::Pipeline) -> Vec<gst::Message> {
    let bus = pipeline.bus().unwrap();
    let mut messages = Vec::new();
    loop {
        let message = bus
            .timed_pop(gst::ClockTime::from_seconds(20))
            .expect("the pipeline neither ended nor failed within 20 s");
        let ends = matches!(
            message.type_(),
            gst::MessageType::Eos | gst::MessageType::Error
        );
        messages.push(message);
        if ends {
            return messages;
        }
    }
}

/// Runs a pipeline to its end; `watch` is recorded.
pub fn play(pipeline: &str, watch: &str) -> (Record, Vec<gst::Message>) {
    init();
    let pipeline = gst::parse::launch(pipeline)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let element = pipeline.by_name(watch).unwrap();
    let record = Record::of(&element.static_pad("src").unwrap());
    let _ = pipeline.set_state(gst::State::Playing);
    let messages = wait(&pipeline);
    pipeline.set_state(gst::State::Null).unwrap();
    (record, messages)
}

pub fn errors(messages: &[gst::Message]) -> Vec<String> {
    messages
        .iter()
        .filter_map(|m| match m.view() {
            gst::MessageView::Error(e) => Some(e.error().to_string()),
            _ => None,
        })
        .collect()
}

/// Who posted the errors of a pipeline around a mux `m`, and their texts.
pub fn error_of(pipeline: &str) -> Vec<(String, String)> {
    let (_, messages) = play(pipeline, "m");
    messages
        .iter()
        .filter_map(|m| match m.view() {
            gst::MessageView::Error(e) => {
                let from = m.src().map(|s| s.name().to_string()).unwrap_or_default();
                Some((from, e.error().to_string()))
            }
            _ => None,
        })
        .collect()
}

/// Structures of element messages of this name.
pub fn element_messages(messages: &[gst::Message], name: &str) -> Vec<String> {
    messages
        .iter()
        .filter_map(|m| m.structure().filter(|s| s.name().as_str() == name))
        .map(|s| s.to_string())
        .collect()
}

/// A source pad of ours on a sink pad of the mux.
pub struct Feeder {
    pub pad: gst::Pad,
    pub sink: gst::Pad,
    pub desc: SurfaceDesc,
    pub fps: i32,
    pub offset: u64,
}

pub const NV12: u32 = c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12;
pub const RGBA: u32 = c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA;

impl Feeder {
    pub fn new(mux: &gst::Element, id: u32, size: (u32, u32), fps: i32) -> Self {
        Self::with_format(mux, id, size, fps, NV12)
    }

    pub fn with_format(
        mux: &gst::Element,
        id: u32,
        size: (u32, u32),
        fps: i32,
        format: u32,
    ) -> Self {
        let sink = mux.request_pad_simple(&format!("sink_{id}")).unwrap();
        Self::on(sink, size, fps, format)
    }

    pub fn on(sink: gst::Pad, size: (u32, u32), fps: i32, format: u32) -> Self {
        let pad = gst::Pad::new(gst::PadDirection::Src);
        pad.set_active(true).unwrap();
        pad.link_full(&sink, gst::PadLinkCheck::empty()).unwrap();
        Self {
            pad,
            sink,
            desc: SurfaceDesc {
                width: size.0,
                height: size.1,
                format: ColorFormat(format),
            },
            fps,
            offset: 0,
        }
    }

    /// With all times later by so many nanoseconds.
    pub fn offset(mut self, nanoseconds: u64) -> Self {
        self.offset = nanoseconds;
        self
    }

    /// Caps as nvvideoconvert gives them, with what the mux takes out.
    pub fn caps(&self) -> gst::Caps {
        format!(
            "video/x-raw(memory:NVMM), width={}, height={}, framerate={}/1, multiview-mode=mono, \
             pixel-aspect-ratio=1/1, interlace-mode=progressive, colorimetry=bt601, \
             chroma-site=jpeg, format={}, block-linear=false, \
             nvbuf-memory-type=nvbuf-mem-cuda-device, gpu-id=0",
            self.desc.width,
            self.desc.height,
            self.fps,
            self.desc.format.video_format().unwrap()
        )
        .parse()
        .unwrap()
    }

    pub fn start(&self) {
        let id = format!("feeder-{}", self.sink.name());
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        for event in [
            gst::event::StreamStart::builder(&id)
                .group_id(gst::GroupId::next())
                .build(),
            gst::event::Caps::new(&self.caps()),
            gst::event::Segment::new(&segment),
        ] {
            self.pad.push_event(event);
        }
    }

    /// Frame `n`, filled with `value`.
    pub fn frame(&self, n: u64, value: u8) -> gst::Buffer {
        let mut buffer = surface::alloc(&[self.desc], MemoryKind::Nvds).unwrap();
        {
            let surfaces = Surfaces::map(&buffer).unwrap();
            let mut locked = surfaces.write(0).unwrap();
            for plane in locked.planes() {
                plane.data.fill(value);
            }
        }
        let nanos = n * 1_000_000_000 / self.fps as u64 + self.offset;
        let writable = buffer.get_mut().unwrap();
        writable.set_pts(gst::ClockTime::from_nseconds(nanos));
        buffer
    }

    pub fn push(&self, n: u64) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.pad.push(self.frame(n, 128_u8.wrapping_add(n as u8)))
    }

    pub fn eos(&self) {
        self.pad.push_event(gst::event::Eos::new());
    }

    /// Feeds frames 0..count and the end, from a thread of its own.
    pub fn spawn(self, count: u64) -> std::thread::JoinHandle<Self> {
        std::thread::spawn(move || {
            self.start();
            for n in 0..count {
                if self.push(n).is_err() {
                    return self;
                }
            }
            self.eos();
            self
        })
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        let _ = self.pad.set_active(false);
        let _ = self.pad.unlink(&self.sink);
    }
}

/// A mux before a fakesink, with what goes out recorded.
pub struct Bench {
    pub pipeline: gst::Pipeline,
    pub mux: gst::Element,
    pub record: Record,
}

impl Bench {
    pub fn new(properties: &str) -> Self {
        Self::with_sink(properties, "fakesink sync=false")
    }

    pub fn with_sink(properties: &str, sink: &str) -> Self {
        init();
        let pipeline = gst::parse::launch(&format!("nvstreammux name=m {properties} ! {sink}"))
            .unwrap()
            .downcast::<gst::Pipeline>()
            .unwrap();
        let mux = pipeline.by_name("m").unwrap();
        let record = Record::of(&mux.static_pad("src").unwrap());
        Self {
            pipeline,
            mux,
            record,
        }
    }

    pub fn play(&self) {
        self.pipeline.set_state(gst::State::Playing).unwrap();
    }

    /// Waits until so many batches went out.
    pub fn wait_for(&self, batches: usize) {
        let start = std::time::Instant::now();
        while self.record.buffers().len() < batches {
            assert!(
                start.elapsed().as_secs() < 20,
                "only {} of {batches} batches within 20 s",
                self.record.buffers().len()
            );
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    /// (pad, frame number) of all frames, batch by batch.
    pub fn batches(&self) -> Vec<Vec<(u32, i32)>> {
        let buffers = self.record.buffers();
        buffers
            .iter()
            .map(|buffer| {
                let frames = batch(buffer).frames;
                frames.iter().map(|f| (f.pad_index, f.frame_num)).collect()
            })
            .collect()
    }

    pub fn finish(self) -> (Record, Vec<gst::Message>) {
        let messages = wait(&self.pipeline);
        self.pipeline.set_state(gst::State::Null).unwrap();
        (self.record.clone(), messages)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Compares an element's properties with the captured table. `lenient` gives, for some properties,
/// the keys that differ on purpose.
pub fn compare_properties(factory: &str, extra: &[&str], lenient: &BTreeMap<&str, &[&str]>) {
    init();
    let captured = json(&format!("inspect/{factory}.json"));
    let element = gst::ElementFactory::make(factory).build().unwrap();
    let mut ours: BTreeMap<String, glib::ParamSpec> = element
        .list_properties()
        .iter()
        .map(|p| (p.name().to_owned(), p.clone()))
        .collect();
    for property in array(&captured["properties"]) {
        let name = property["name"].as_str().unwrap();
        ours.remove(name)
            .unwrap_or_else(|| panic!("{factory} lacks the property {name}"));
        // Of an overridden property the original.
        let pspec = element.find_property(name).unwrap();
        let skip = lenient.get(name).copied().unwrap_or(&[]);
        let check = |key: &str, found: String| {
            if skip.contains(&key) || property.get(key).is_none() {
                return;
            }
            let expected = match &property[key] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(found, expected, "{factory} property {name}: {key}");
        };
        check("nick", pspec.nick().to_owned());
        check("type", pspec.value_type().name().to_owned());
        check("pspec_default", text(pspec.default_value()));
        if let Some((min, max)) = range(&pspec) {
            check("minimum", min);
            check("maximum", max);
        }
        for (key, flag) in [
            ("readable", glib::ParamFlags::READABLE),
            ("writable", glib::ParamFlags::WRITABLE),
            ("mutable-ready", gst::PARAM_FLAG_MUTABLE_READY),
            ("mutable-playing", gst::PARAM_FLAG_MUTABLE_PLAYING),
            ("construct", glib::ParamFlags::CONSTRUCT),
        ] {
            let expected = array(&property["flags"]).iter().any(|f| f == key);
            assert_eq!(
                pspec.flags().contains(flag),
                expected,
                "{factory} property {name}: flag {key}"
            );
        }
        if let Some(class) = glib::EnumClass::with_type(pspec.value_type()) {
            let found: Vec<_> = class
                .values()
                .iter()
                .map(
                    |v| serde_json::json!({"value": v.value(), "nick": v.nick(), "name": v.name()}),
                )
                .collect();
            assert_eq!(Value::Array(found), property["enum_values"], "{name}");
        }
        if property.get("value_on_new_instance").is_some() {
            check("value_on_new_instance", text(&element.property_value(name)));
        }
    }
    let left: Vec<&str> = ours.keys().map(String::as_str).collect();
    assert_eq!(
        left, extra,
        "{factory}: properties beyond the captured ones"
    );
}

/// A value as the tables write it.
fn text(value: &glib::Value) -> String {
    if let Ok(text) = value.get::<Option<String>>() {
        return text.unwrap_or_else(|| "null".to_owned());
    }
    if let Some((_, value)) = glib::EnumValue::from_value(value) {
        return value.nick().to_owned();
    }
    if value.type_().is_a(glib::Type::FLAGS) {
        return value
            .transform::<u32>()
            .unwrap()
            .get::<u32>()
            .unwrap()
            .to_string();
    }
    if value.type_().is_a(glib::Type::OBJECT) || value.type_().is_a(glib::Type::BOXED) {
        return "null".to_owned();
    }
    if let Ok(flag) = value.get::<bool>() {
        return flag.to_string();
    }
    value
        .transform::<String>()
        .unwrap()
        .get::<String>()
        .unwrap()
}

fn range(pspec: &glib::ParamSpec) -> Option<(String, String)> {
    if let Some(p) = pspec.downcast_ref::<glib::ParamSpecInt>() {
        return Some((p.minimum().to_string(), p.maximum().to_string()));
    }
    if let Some(p) = pspec.downcast_ref::<glib::ParamSpecUInt>() {
        return Some((p.minimum().to_string(), p.maximum().to_string()));
    }
    let p = pspec.downcast_ref::<glib::ParamSpecUInt64>()?;
    Some((p.minimum().to_string(), p.maximum().to_string()))
}

/// Compares an element's pad templates, rank and names with the captured table.
pub fn compare_factory(factory: &str) {
    init();
    let captured = json(&format!("inspect/{factory}.json"));
    let found = gst::ElementFactory::find(factory).unwrap();
    assert_eq!(
        i64::from(i32::from(found.rank())),
        captured["rank"].as_i64().unwrap()
    );
    let metadata = &captured["metadata"];
    assert_eq!(found.metadata("long-name"), metadata["long-name"].as_str());
    assert_eq!(found.metadata("klass"), metadata["klass"].as_str());
    let templates: Vec<_> = found.static_pad_templates().into_iter().collect();
    assert_eq!(templates.len(), array(&captured["pad_templates"]).len());
    for expected in array(&captured["pad_templates"]) {
        let name = expected["name_template"].as_str().unwrap();
        let template = templates
            .iter()
            .find(|t| t.name_template() == name)
            .unwrap();
        let caps: Vec<&str> = array(&expected["caps"])
            .iter()
            .map(|c| c.as_str().unwrap())
            .collect();
        let caps = caps.join("; ").parse::<gst::Caps>().unwrap();
        assert!(
            template.caps().is_strictly_equal(&caps),
            "{factory} {name}: {} instead of {caps}",
            template.caps()
        );
        let presence = match template.presence() {
            gst::PadPresence::Always => "always",
            gst::PadPresence::Request => "request",
            _ => "sometimes",
        };
        assert_eq!(presence, expected["presence"].as_str().unwrap());
    }
    let element = found.create().build().unwrap();
    let pads: Vec<String> = element
        .pads()
        .iter()
        .map(|p| p.name().to_string())
        .collect();
    let expected: Vec<&str> = array(&captured["initial_pads"])
        .iter()
        .map(|p| p.as_str().unwrap())
        .collect();
    assert_eq!(pads, expected);
}

/// What a thread returns; fails instead of waiting for ever.
pub fn joined<T>(thread: std::thread::JoinHandle<T>) -> T {
    let start = std::time::Instant::now();
    while !thread.is_finished() {
        assert!(start.elapsed().as_secs() < 20, "the source still waits");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    thread.join().unwrap()
}

/// Says that a source has nothing for a while.
pub fn gap(feeder: &Feeder) {
    let time = gst::ClockTime::ZERO;
    assert!(feeder.pad.push_event(gst::event::Gap::new(time, None)));
}
