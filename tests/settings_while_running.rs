//! Settings changed from other threads while frames flow: no frame waits, none is lost.

mod common;

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::*;
use gst::prelude::*;

/// All elements, so that none is forgotten, as a line that starts them.
fn elements(folder: &str) -> Vec<String> {
    let recording = format!("{}/tests/data/recordings", env!("CARGO_MANIFEST_DIR"));
    let lines = vec![
        "rsssdparser".to_owned(),
        "rsyoloparser".to_owned(),
        "rsdetrparser".to_owned(),
        "rsfaceparser format=deepstream-yolo-face".to_owned(),
        "rsmaskparser".to_owned(),
        "rsclassparser".to_owned(),
        format!(
            "rstextparser dictionary-file={}/pipelines/config/plate-characters.txt",
            env!("CARGO_MANIFEST_DIR")
        ),
        "rsembedparser".to_owned(),
        "rssegparser channel-order=chw".to_owned(),
        "rsposeparser".to_owned(),
        "rsosdannotate".to_owned(),
        "rsanalytics".to_owned(),
        format!("rsmetajson location={folder}/%u.jsonl max-size=20000"),
        format!("rstensorrecord location={folder}/%u.safetensors overwrite=true"),
        format!(
            "rstensorreplay on-end=loop location={recording}/ssdlite_pedestrian/%06u.safetensors"
        ),
    ];
    init();
    let registry = gst::Registry::get();
    let mut known: Vec<_> = registry
        .features_by_plugin("rsnvds")
        .iter()
        .map(|feature| feature.name().to_string())
        // It does not start where GStreamer has no library of analytics: tests/analyticsbridge.rs has it.
        .filter(|name| name != "rsanalyticsbridge")
        .collect();
    known.sort();
    let mut tried: Vec<_> = lines
        .iter()
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    tried.sort();
    assert_eq!(tried, known);
    lines
}

/// Values of any kind that a property may be set to, usual and odd ones.
fn values(pspec: &glib::ParamSpec) -> Vec<glib::Value> {
    let mut values = vec![pspec.default_value().clone()];
    if let Some(spec) = pspec.downcast_ref::<glib::ParamSpecUInt>() {
        values.extend([spec.minimum(), spec.maximum(), 3].map(|v| v.to_value()));
    } else if let Some(spec) = pspec.downcast_ref::<glib::ParamSpecInt>() {
        values.extend([spec.minimum(), spec.maximum()].map(|v| v.to_value()));
    } else if let Some(spec) = pspec.downcast_ref::<glib::ParamSpecFloat>() {
        values.extend([spec.minimum(), spec.maximum()].map(|v| v.to_value()));
    } else if pspec.downcast_ref::<glib::ParamSpecBoolean>().is_some() {
        values.extend([true.to_value(), false.to_value()]);
    } else if let Some(spec) = pspec.downcast_ref::<glib::ParamSpecEnum>() {
        // on-end=error is to end the stream.
        values.retain(|value| value.serialize().is_ok_and(|text| text != "error"));
        let all = spec.enum_class();
        let usable = all.values().iter().filter(|value| value.nick() != "error");
        values.extend(usable.map(|value| value.to_value(&all)));
    } else if let Some(spec) = pspec.downcast_ref::<glib::ParamSpecFlags>() {
        let all = spec.flags_class();
        values.extend(all.values().iter().map(|value| value.to_value(&all)));
    } else if pspec.value_type() == glib::Type::STRING {
        let texts = [
            "",
            "1=0.5",
            "none",
            "default.label='{label}'",
            "zone.a.points=[[0,0],['50%',0],[0,90]]",
            "/no/such/file",
            "\u{1f697}",
        ];
        values.extend(texts.map(|text| text.to_value()));
    }
    values
}

/// Frames with tensors that the element of a line reads, if it reads any.
fn busy(line: &str) -> gst::Buffer {
    let rows = [30.0, 60.0, 90.0, 150.0, 0.9, 1.0];
    let layers = match line.split(' ').next().unwrap() {
        "rsyoloparser" => vec![layer("output0", &[20, 6], &[rows; 20].concat())],
        "rsdetrparser" => vec![
            layer("labels", &[2], &[1.0, 2.0]),
            layer("scores", &[2], &[0.9, 0.8]),
            layer("boxes", &[2, 4], &[&rows[..4], &rows[..4]].concat()),
        ],
        "rsfaceparser" => vec![
            layer("boxes", &[2, 4], &[&rows[..4], &rows[..4]].concat()),
            layer("scores", &[2, 1], &[0.9, 0.8]),
            layer("landmarks", &[2, 10], &[50.0; 20]),
        ],
        "rsmaskparser" => vec![
            layer("generate_detections", &[2, 6], &[rows; 2].concat()),
            layer("mask_fcn_logits/BiasAdd", &[2, 1, 3, 3], &[0.5; 18]),
        ],
        "rsclassparser" | "rsembedparser" => vec![layer("x", &[4, 1, 1], &[0.1, 0.6, 0.2, 0.1])],
        "rssegparser" => vec![layer("x", &[3, 4, 5], &[0.25; 60])],
        // People of MoveNet.
        "rsposeparser" => vec![layer("x", &[3, 56], &[0.5; 168])],
        // Characters of the dictionary, the blank, and a space.
        "rstextparser" => vec![layer("x", &[2, 73], &[[0.5; 73], [0.6; 73]].concat())],
        _ => ssd_layers(&[(0.9, 1.0, cell(7)), (0.8, 2.0, cell(3))]),
    };
    buffer(2, |locked, frames| {
        for frame in frames {
            let tensor = tensor(5, layers.clone());
            locked.add_tensor_to_frame(frame, &tensor).unwrap();
        }
    })
}

/// Of the harness's stream: a single frame, as in the recording.
fn one_frame() -> gst::Buffer {
    buffer(1, |_, _| ())
}

/// Every property that may change while playing is set by two threads, to all kinds of values.
#[test]
fn every_setting_of_every_element_may_change_while_frames_flow() {
    let folder = std::env::temp_dir().join(format!("rsnvds-settings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for line in elements(folder.to_str().unwrap()) {
        let mut rig = Rig::new(&line);
        let element = rig.element.clone();
        let specs: Vec<_> = element
            .list_properties()
            .iter()
            // Its own and those of the abstract classes it extends, not GStreamer's.
            .filter(|spec| spec.owner_type().name().starts_with("GstRs"))
            .filter(|spec| spec.flags().contains(gst::PARAM_FLAG_MUTABLE_PLAYING))
            .cloned()
            .collect();
        assert!(!specs.is_empty(), "{line}");
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let end = Finally(&done);
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        for spec in &specs {
                            for value in values(spec) {
                                element.set_property_from_value(spec.name(), &value);
                                element.property_value(spec.name());
                            }
                        }
                    }
                });
            }
            let start = Instant::now();
            for count in 0.. {
                let frame = if line.starts_with("rstensorreplay") {
                    one_frame()
                } else {
                    busy(&line)
                };
                rig.process(frame);
                if count >= 200 && start.elapsed() > Duration::from_millis(300) {
                    break;
                }
            }
            drop(end);
        });
        assert_eq!(rig.messages(gst::MessageType::Error).len(), 0, "{line}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Sets a flag when it is dropped.
struct Finally<'a>(&'a AtomicBool);

impl Drop for Finally<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A flush, a new segment and new caps go through, and the element works on.
#[test]
fn every_element_goes_on_behind_flush_seek_and_new_caps() {
    let folder = std::env::temp_dir().join(format!("rsnvds-flush-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for line in elements(folder.to_str().unwrap()) {
        let mut rig = Rig::new(&line);
        let frame = || match line.starts_with("rstensorreplay") {
            true => one_frame(),
            false => busy(&line),
        };
        rig.process(frame());
        // As a flushing seek does.
        assert!(rig.harness.push_event(gst::event::FlushStart::new()));
        assert_eq!(rig.push(frame()), Err(gst::FlowError::Flushing), "{line}");
        assert!(rig.harness.push_event(gst::event::FlushStop::new(true)));
        let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
        segment.set_start(gst::ClockTime::from_seconds(5));
        segment.set_rate(-1.0);
        assert!(rig.harness.push_event(gst::event::Segment::new(&segment)));
        rig.process(frame());
        for caps in [
            "video/x-raw,format=NV12,width=640,height=480,framerate=25/1",
            "video/x-raw(memory:NVMM),format=RGBA,width=64,height=48,framerate=0/1",
            "video/x-raw,format=RGBA",
        ] {
            rig.harness.set_src_caps_str(caps);
            rig.process(frame());
        }
        let out = rig.harness.sinkpad().unwrap().current_caps().unwrap();
        assert_eq!(
            out.to_string(),
            "video/x-raw, format=(string)RGBA",
            "{line}"
        );
        // Stopped and started again.
        for state in [gst::State::Ready, gst::State::Playing] {
            rig.element.set_state(state).unwrap();
        }
        assert_eq!(rig.messages(gst::MessageType::Error).len(), 0, "{line}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// A named pipe, which is a file that takes as long to read as the test wants.
struct Pipe(PathBuf);

impl Pipe {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rsnvds-{}-{name}", std::process::id()));
        std::fs::remove_file(&path).ok();
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Waits until somebody reads, and gives what is to be written to.
    fn reader(&self) -> std::fs::File {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            // Without waiting, opening fails as long as nobody reads.
            let mut options = std::fs::OpenOptions::new();
            match options.write(true).custom_flags(O_NONBLOCK).open(&self.0) {
                Ok(file) => return file,
                Err(error) => assert!(Instant::now() < deadline, "nobody reads: {error}"),
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

const O_NONBLOCK: i32 = 0o4000;

impl Drop for Pipe {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

fn write(mut to: std::fs::File, text: &str) {
    std::io::Write::write_all(&mut to, text.as_bytes()).unwrap();
}

/// An annotator whose messages tell its style.
fn annotator() -> Rig {
    Rig::new("rsosdannotate frame-text=from-the-property post-messages=true")
}

fn style(text: &str) -> String {
    format!("[frame]\ntext = '{text}'\n")
}

/// The text on the next frame.
fn text(rig: &mut Rig) -> String {
    rig.process(buffer(1, |_, _| {}));
    let messages = rig.messages(gst::MessageType::Element);
    assert_eq!(messages.len(), 1);
    messages[0].structure().unwrap().get("text").unwrap()
}

/// Sets a property in a thread of its own.
fn set(element: &gst::Element, property: &'static str, value: &str) -> thread::JoinHandle<()> {
    let (element, value) = (element.clone(), value.to_owned());
    thread::spawn(move || element.set_property(property, value))
}

/// What `work` gives, which must not wait for the file that is being read meanwhile.
fn at_once<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let deadline = Instant::now() + Duration::from_secs(20);
            while !done.load(Ordering::Acquire) {
                if Instant::now() > deadline {
                    eprintln!("it waits for the file");
                    std::process::abort(); // what hangs cannot be ended otherwise
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        let result = work();
        done.store(true, Ordering::Release);
        result
    })
}

#[test]
fn frames_and_settings_pass_while_a_style_file_is_read() {
    let pipe = Pipe::new("slow-style");
    let mut rig = annotator();
    assert_eq!(text(&mut rig), "from-the-property");
    let setter = set(&rig.element, "style-file", pipe.path());
    let end = pipe.reader();
    at_once(|| {
        for number in 0..50 {
            let wanted = format!("number {number}");
            rig.element.set_property("frame-text", &wanted);
            assert_eq!(rig.element.property::<String>("frame-text"), wanted);
            assert_eq!(text(&mut rig), wanted);
        }
        assert_eq!(rig.element.property::<Option<String>>("style-file"), None);
    });
    write(end, &style("from the file"));
    setter.join().unwrap();
    assert_eq!(text(&mut rig), "from the file");
    assert_eq!(rig.element.property::<String>("frame-text"), "number 49");
    assert_eq!(rig.element.property::<String>("style-file"), pipe.path());
}

#[test]
fn the_style_file_that_was_set_last_stays_however_long_an_earlier_one_takes() {
    let pipe = Pipe::new("earlier-style");
    let later = TempFile::new("later-style.toml", style("later"));
    let bad = TempFile::new("bad-style.toml", "[frame]\ntxt = 1\n");
    let mut rig = annotator();

    let setter = set(&rig.element, "style-file", pipe.path());
    let end = pipe.reader();
    at_once(|| rig.element.set_property("style-file", later.path()));
    assert_eq!(text(&mut rig), "later");
    write(end, &style("earlier"));
    setter.join().unwrap();
    assert_eq!(text(&mut rig), "later");
    assert_eq!(rig.element.property::<String>("style-file"), later.path());

    // One that is refused does not count.
    let setter = set(&rig.element, "style-file", pipe.path());
    let end = pipe.reader();
    at_once(|| rig.element.set_property("style-file", bad.path()));
    assert_eq!(rig.warnings().len(), 1);
    assert_eq!(text(&mut rig), "later");
    write(end, &style("earlier"));
    setter.join().unwrap();
    assert_eq!(text(&mut rig), "earlier");
}

#[test]
fn a_style_file_that_is_being_read_when_the_element_stops_counts_at_the_next_start() {
    let pipe = Pipe::new("stopped-style");
    let mut rig = annotator();
    let setter = set(&rig.element, "style-file", pipe.path());
    let end = pipe.reader();
    at_once(|| rig.element.set_state(gst::State::Ready)).unwrap();
    write(end, "this = is no style");
    setter.join().unwrap();
    assert_eq!(rig.warnings(), [""; 0]);
    assert_eq!(rig.element.property::<String>("style-file"), pipe.path());
    rig.element.set_property("style-file", "");
    rig.element.set_state(gst::State::Playing).unwrap();
    assert_eq!(text(&mut rig), "from-the-property");
}

/// Files that are read at the start: getters and setters do not wait for them, and what was set
/// meanwhile counts.
#[test]
fn settings_pass_while_a_file_is_read_at_the_start() {
    let labels = Pipe::new("slow-labels");
    let npy = Pipe::new("slow-anchors");
    let styles = Pipe::new("slow-start");
    let rules = Pipe::new("slow-rules");
    let file = |pipe: &Pipe| pipe.path().to_owned();
    for (pipe, element, property, value, other) in [
        (
            &labels,
            "rsssdparser",
            "labels-file",
            file(&labels),
            "top-k",
        ),
        (
            &npy,
            "rsssdparser format=raw",
            "anchors",
            format!("file,location={}", npy.path()),
            "count-layer",
        ),
        (
            &styles,
            "rsosdannotate",
            "style-file",
            file(&styles),
            "text-x",
        ),
        (
            &rules,
            "rsanalytics",
            "config-file",
            file(&rules),
            "summary-interval",
        ),
    ] {
        init();
        let element = gst::parse::launch(element).unwrap();
        element.set_property(property, &value);
        let starting = element.clone();
        let starter = thread::spawn(move || starting.set_state(gst::State::Paused).is_ok());
        let end = pipe.reader();
        at_once(|| {
            assert_eq!(element.property::<String>(property), value);
            element.property_value(other);
            element.set_property_from_str(other, "7");
            if ["style-file", "config-file"].contains(&property) {
                element.set_property(property, "");
            }
        });
        write(end, "neither anchors nor a style nor a single label");
        let started = starter.join().unwrap();
        assert_eq!(started, property != "anchors", "{property}");
        let value = element.property_value(other).serialize().unwrap();
        assert_eq!(value.trim_matches('"'), "7", "{property}");
        element.set_state(gst::State::Null).unwrap();
    }
}
