//! Batches with hand-made tensors on NVIDIA's metadata library, pushed through an element.
#![allow(dead_code)] // each test program uses a part

use std::ffi::CString;
use std::sync::{Arc, Once};

use gst::prelude::*;
use nvds::*;

pub const WIDTH: u32 = 1920;
pub const HEIGHT: u32 = 1080;

pub fn init() {
    // Tests run side by side: a second registration would replace the factories in their hands.
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        gst::init().unwrap();
        gstrsnvds::plugin::plugin_register_static().unwrap();
    });
}

pub fn layer(name: &str, dims: &[usize], values: &[f32]) -> NewLayer {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
    raw_layer(name, DataType::Float, dims, &bytes)
}

pub fn raw_layer(name: &str, data_type: DataType, dims: &[usize], bytes: &[u8]) -> NewLayer {
    NewLayer {
        name: CString::new(name).unwrap().into_boxed_c_str().into(),
        data_type,
        dims: Dims::new(dims).unwrap(),
        memory: Arc::new(AlignedBytes::copy_of(bytes)),
        offset: 0,
    }
}

/// One entry of an SSD's output: score, class, and ymin, xmin, ymax, xmax in 0..1.
pub type Entry = (f32, f32, [f32; 4]);

/// The four layers of the TF object-detection API.
pub fn ssd_layers(entries: &[Entry]) -> Vec<NewLayer> {
    let n = entries.len();
    let scores: Vec<f32> = entries.iter().map(|e| e.0).collect();
    let classes: Vec<f32> = entries.iter().map(|e| e.1).collect();
    let boxes: Vec<f32> = entries.iter().flat_map(|e| e.2).collect();
    vec![
        layer("num_detections", &[1], &[n as f32]),
        layer("detection_scores", &[n], &scores),
        layer("detection_classes", &[n], &classes),
        layer("detection_boxes", &[n, 4], &boxes),
    ]
}

pub fn tensor(unique_id: u32, layers: Vec<NewLayer>) -> NewTensorMeta {
    let network = NetworkInfo {
        width: 300,
        height: 300,
        channels: 3,
    };
    NewTensorMeta::new(unique_id, network, Producer::NvInferServer, layers).unwrap()
}

pub fn ssd(unique_id: u32, entries: &[Entry]) -> NewTensorMeta {
    tensor(unique_id, ssd_layers(entries))
}

/// A box far from others: the i-th of a grid of 10 x 10, 96x54 pixels in a full HD frame.
pub fn cell(i: usize) -> [f32; 4] {
    let (x, y) = ((i % 10) as f32 / 10.0, (i / 10) as f32 / 10.0);
    [y, x, y + 0.05, x + 0.05]
}

/// A buffer with a batch of `frames`, filled by `fill`.
pub fn buffer(frames: u32, fill: impl FnOnce(&Locked<'_>, &[Frame<'_>])) -> gst::Buffer {
    let pads: Vec<_> = (0..frames).collect();
    buffer_of_pads(&pads, fill)
}

/// The same with one frame of each of these pads of the mux, in this order.
pub fn buffer_of_pads(pads: &[u32], fill: impl FnOnce(&Locked<'_>, &[Frame<'_>])) -> gst::Buffer {
    let frames = (0..).zip(pads).map(|(batch_id, &pad)| NewFrame {
        pad_index: pad,
        source_id: pad,
        batch_id,
        frame_num: 100 + pad as i32,
        buf_pts: u64::from(pad) * 40_000_000,
        ntp_timestamp: 0,
        source_size: (WIDTH, HEIGHT),
        pipeline_size: (0, 0),
    });
    buffer_of_frames(&frames.collect::<Vec<_>>(), fill)
}

/// The same with these frames.
pub fn buffer_of_frames(
    frames: &[NewFrame],
    fill: impl FnOnce(&Locked<'_>, &[Frame<'_>]),
) -> gst::Buffer {
    init();
    let mut new = NewBatch::new(frames.len() as u32).unwrap();
    for frame in frames {
        new.add_frame(frame);
    }
    {
        let batch = new.batch();
        let locked = batch.lock();
        let list: Vec<_> = locked.frames().collect();
        fill(&locked, &list);
    }
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    buffer
}

/// The error of an element that does not start.
pub fn start_error(launch: &str) -> String {
    init();
    let element = gst::parse::launch(launch).unwrap();
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    assert!(element.set_state(gst::State::Paused).is_err());
    let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
    let gst::MessageView::Error(error) = message.view() else {
        unreachable!();
    };
    let text = error.error().to_string();
    element.set_state(gst::State::Null).unwrap();
    element.set_bus(None); // messages hold their source, which holds the bus
    text
}

/// One frame with one tensor meta.
pub fn frame_with(tensor: &NewTensorMeta) -> gst::Buffer {
    buffer(1, |locked, frames| {
        locked.add_tensor_to_frame(&frames[0], tensor).unwrap()
    })
}

/// An element between two pads, with a bus.
pub struct Rig {
    pub harness: gst_check::Harness,
    pub element: gst::Element,
    pub bus: gst::Bus,
    /// What the harness holds: the element or a bin around it.
    top: gst::Element,
}

/// Whether the loaded library's release surely has what came with another.
pub fn release_has(major: u8, minor: u8) -> bool {
    let release = nvds::release().unwrap();
    release.is_at_least(nvds::Version::new(major, minor)) == Some(true)
}

/// Whether tensors say how frames were fitted into the network's input, by both fields.
pub fn padding_is_told() -> bool {
    release_has(7, 1)
}

/// Whether a warning is one that only an older release has.
pub fn is_of_release(warning: &str) -> bool {
    !padding_is_told() && warning.contains("does not tell how frames of")
}

impl Rig {
    pub fn new(launch: &str) -> Self {
        Self::with_size(launch, (WIDTH, HEIGHT))
    }

    /// The same for frames of another size.
    pub fn with_size(launch: &str, (width, height): (u32, u32)) -> Self {
        init();
        let mut harness = gst_check::Harness::new_parse(launch);
        let element = harness.element().unwrap();
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        harness.set_src_caps_str(&format!(
            "video/x-raw,format=RGBA,width={width},height={height},framerate=25/1"
        ));
        Self {
            harness,
            element: Self::inner(element.clone()),
            bus,
            top: element,
        }
    }

    /// What stands alone in a launch line may be wrapped in a bin.
    fn inner(element: gst::Element) -> gst::Element {
        match element.downcast::<gst::Bin>() {
            Ok(bin) => bin.iterate_elements().next().unwrap().unwrap(),
            Err(element) => element,
        }
    }

    pub fn push(&mut self, buffer: gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.harness.push(buffer)
    }

    /// Pushes a buffer and takes the one that comes out, which must be the very same.
    pub fn process(&mut self, buffer: gst::Buffer) -> gst::Buffer {
        let sent = buffer.as_ptr();
        self.harness.push(buffer).unwrap();
        let out = self.harness.pull().unwrap();
        assert_eq!(out.as_ptr(), sent, "the buffer must pass without a copy");
        out
    }

    pub fn messages(&self, kind: gst::MessageType) -> Vec<gst::Message> {
        std::iter::from_fn(|| self.bus.pop_filtered(&[kind])).collect()
    }

    /// Texts of the warnings posted so far, but for what the loaded library's release does not tell.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.all_warnings();
        warnings.retain(|text| !is_of_release(text));
        warnings
    }

    /// Texts of all warnings posted so far.
    pub fn all_warnings(&self) -> Vec<String> {
        let text = |message: &gst::Message| match message.view() {
            gst::MessageView::Warning(warning) => warning.error().to_string(),
            _ => unreachable!(),
        };
        self.messages(gst::MessageType::Warning)
            .iter()
            .map(text)
            .collect()
    }

    /// Text and debug text of the one error posted.
    pub fn error(&self) -> String {
        let errors = self.messages(gst::MessageType::Error);
        assert_eq!(errors.len(), 1, "{errors:?}");
        match errors[0].view() {
            gst::MessageView::Error(error) => {
                format!("{} {}", error.error(), error.debug().unwrap_or_default())
            }
            _ => unreachable!(),
        }
    }

    pub fn stat(&self, name: &str) -> u64 {
        let stats: gst::Structure = self.element.property("stats");
        stats.get(name).unwrap()
    }
}

impl Drop for Rig {
    /// Messages hold their source, which holds the bus.
    fn drop(&mut self) {
        self.bus.set_flushing(true);
        self.top.set_bus(None);
    }
}

/// What is looked at of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub class_id: i32,
    pub confidence: f32,
    pub label: String,
    pub text: String,
    pub text_at: (u32, u32),
    pub rect: [f32; 4],
    pub unique_id: i32,
}

/// Objects of each frame, oldest first.
pub fn objects(buffer: &gst::BufferRef) -> Vec<Vec<Seen>> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    batch
        .frames()
        .map(|frame| {
            let mut objects: Vec<_> = frame.objects().map(|o| see(&o)).collect();
            objects.reverse(); // the library prepends
            objects
        })
        .collect()
}

fn see(object: &Object<'_>) -> Seen {
    let (rect, text) = (object.rect(), object.text());
    Seen {
        class_id: object.class_id(),
        confidence: object.confidence(),
        label: object.label().into_owned(),
        text: text
            .display_text()
            .unwrap_or_default()
            .to_str()
            .unwrap()
            .to_owned(),
        text_at: (text.x_offset(), text.y_offset()),
        rect: [rect.left, rect.top, rect.width, rect.height],
        unique_id: object.unique_component_id(),
    }
}

/// Whether each frame is marked as inferred.
pub fn infer_done(buffer: &gst::BufferRef) -> Vec<bool> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    batch.frames().map(|f| f.infer_done()).collect()
}

/// A file that is removed when the test ends.
pub struct TempFile(pub std::path::PathBuf);

impl TempFile {
    pub fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("rsnvds-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

/// A file of so many labels, `label0` and so on; another one with each call.
pub fn labels(count: usize) -> TempFile {
    static FILES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = FILES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let lines: String = (0..count).map(|class| format!("label{class}\n")).collect();
    TempFile::new(&format!("labels-{number}.txt"), &lines)
}
