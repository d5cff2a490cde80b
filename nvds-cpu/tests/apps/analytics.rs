//! nvdsanalytics: what an application in C++ reads, and what is drawn.

use std::path::Path;
use std::process::{Command, Output};

use gst::prelude::*;
use nvds::event::SourceEvent;
use nvds::{Batch, Color};

use crate::launched::{Scratch, plugins};
use crate::pictures::{play, warnings};

/// Two objects, which `dsexample` makes up: boxes of 80 x 60 pixels at (80, 60) and (320, 240).
const SOURCE: &str = "nvvideotestsrc num-buffers=30 ! video/x-raw(memory:NVMM),format=NV12,width=640,height=360,framerate=30/1 \
     ! m.sink_0 nvstreammux name=m width=640 height=360 batch-size=1 ! dsexample";

/// For frames of half the size.
const RULES: &str = "\
[property]
enable=1
config-width=320
config-height=180
osd-mode=2
display-obj-cnt=1
[roi-filtering-stream-0]
enable=1
roi-A rather long label of an area=0;0;160;0;160;180;0;180
class-id=0
[overcrowding-stream-0]
enable=1
roi-OC=0;0;320;0;320;180;0;180
object-threshold=2
[line-crossing-stream-0]
enable=1
line-crossing-Exit=50;150;150;150;100;0;100;180
[direction-detection-stream-0]
enable=1
direction-East=0;0;50;0
class-id=0
";

fn config(scratch: &Scratch, text: &str) -> String {
    let path = scratch.path("analytics.txt");
    std::fs::write(&path, text).unwrap();
    path
}

/// The application, compiled as those of DeepStream's users, with AddressSanitizer, which finds what is not freed, or not as
/// it was allocated.
fn reader(scratch: &Scratch) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let program = scratch.path("reader");
    let flags = Command::new("pkg-config")
        .args(["--cflags", "--libs", "gstreamer-1.0"])
        .output()
        .unwrap();
    let built = Command::new("c++")
        .args([
            "-std=c++17",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-fsanitize=address",
        ])
        .args([
            "-Iinclude/deepstream",
            "nvds-cpu/tests/analytics/reader.cpp",
        ])
        .args(["-o", &program])
        .args(String::from_utf8(flags.stdout).unwrap().split_whitespace())
        .args(["-L.deps/nvds", "-lnvdsgst_meta", "-lnvds_meta"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    program
}

fn read(program: &str, scratch: &Scratch, line: &str) -> Output {
    let library = concat!(env!("CARGO_MANIFEST_DIR"), "/../.deps/nvds");
    Command::new("timeout")
        .args(["--kill-after=5", "60", program, line, "12"])
        .env("GST_PLUGIN_PATH", plugins())
        .env("GST_PLUGIN_SYSTEM_PATH_1_0", scratch.path("plugins"))
        .env("GST_REGISTRY_1_0", scratch.path("registry"))
        .env("LD_LIBRARY_PATH", library)
        .env("RSNVDS_NVDS_LIB_DIR", library)
        .output()
        .unwrap()
}

/// What is read of the frame on which the line is crossed, and of the two objects there.
const CROSSED: [&str; 3] = [
    "frame 17 oc OC=1 roi A rather long label of an area=1 OC=2 lc Exit=1 all Exit=1 classes 0=1 14=1",
    "object 0 17 roi [A rather long label of an area] oc [OC] lc [Exit] dir [ DIR:East ] status \
     [ ROI:A rather long label of an area DIR:East  LC:Exit ]",
    "object 14 17 roi oc [OC] lc dir [] status []",
];

/// The application reads the classes and their copies, changes them, and leaves the rest to the element's functions.
#[test]
fn an_application_in_cpp_reads_and_changes_what_is_attached() {
    // The program links to NVIDIA's library, whose layout its header has.
    if nvds::library().unwrap().release().class() != "C" {
        return;
    }
    let scratch = Scratch::new("analytics-reader");
    let file = config(&scratch, RULES);
    // No others, which take long to be looked at.
    scratch.take("coreelements");
    let program = reader(&scratch);
    for behind in [
        "fakesink name=end",
        "nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA ! fakesink name=end",
    ] {
        let line = format!("{SOURCE} ! nvdsanalytics name=move config-file={file} ! {behind}");
        let output = read(&program, &scratch, &line);
        let told = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}{told}");
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines.len(), 90, "{told}");
        assert!(!told.contains("LOST") && !told.contains("WRONG"), "{told}");
        let crossed = lines.iter().position(|line| *line == CROSSED[0]);
        let at = crossed.unwrap_or_else(|| panic!("{told}"));
        let mut found = lines[at..at + 3].to_vec();
        found.sort_unstable();
        assert_eq!(found, CROSSED);
        assert!(lines[..at].iter().all(|line| !line.contains("Exit=1")));
        assert_eq!(told.matches("lc [Exit]").count(), 1);
    }
}

/// What the first frame of a run has: texts of its display metas with place and colour, lines, objects' texts and borders.
fn drawn(buffer: &gst::Buffer) -> (Vec<String>, usize, Vec<(String, Color)>) {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let (mut texts, mut lines) = (Vec::new(), 0);
    for display in frame.displays().rev() {
        assert!(display.texts().len() <= 15 && display.lines().len() <= 15);
        lines += display.lines().len();
        for text in display.texts() {
            assert_eq!((text.font_name(), text.font_size()), (Some(c"Serif"), 12));
            assert_eq!(text.background(), Some(Color::BLACK));
            let (place, color) = ((text.x_offset(), text.y_offset()), text.color());
            let shown = text.display_text().unwrap().to_str().unwrap();
            let color = (color.red, color.green, color.blue);
            texts.push(format!("{shown} {place:?} {color:?}"));
        }
    }
    let objects = frame.objects().rev().map(|object| {
        let text = object.text().display_text().unwrap_or_default();
        let text = text.to_str().unwrap().to_owned();
        (text, object.rect_style().border_color)
    });
    (texts, lines, objects.collect())
}

#[test]
fn areas_lines_and_counts_are_drawn() {
    let scratch = Scratch::new("analytics-drawn");
    let run = |mode: &str| {
        let file = config(&scratch, &RULES.replace("osd-mode=2", mode));
        // Few, since they are kept.
        let source = SOURCE.replace("num-buffers=30", "num-buffers=3");
        let line = format!("{source} ! nvdsanalytics name=out config-file={file} ! fakesink");
        let ([out], messages) = play(&line, ["out"]);
        // Objects of dsexample have no ids.
        let told = warnings(&messages);
        assert!(
            told.len() == 1 && told[0].contains("put nvtracker before"),
            "{told:?}"
        );
        drawn(&out[2])
    };
    let counts = "Count for ClassId0=2 (5, 5) (1.0, 1.0, 0.0)";
    let (texts, lines, objects) = run("osd-mode=2");
    let expected = [
        counts,
        "A rather long label of an area=1 (0, 0) (1.0, 1.0, 0.0)",
        "OC OverCrowding=True, Count=2 (0, 0) (1.0, 0.5, 0.0)",
        "East (0, 0) (1.0, 0.0, 0.0)",
        "Exit=0 (200, 360) (0.0, 1.0, 0.0)",
    ];
    assert_eq!(
        (texts.as_slice(), lines),
        (&expected.map(str::to_owned)[..], 4 + 4 + 3 + 4)
    );
    let inverted = Color::new(0.0, 1.0, 1.0, 1.0);
    let expected = [
        ("Obj0  ROI:A rather long label of an area", inverted),
        ("Obj1 ", Color::RED),
    ];
    assert_eq!(
        objects,
        expected.map(|(text, color)| (text.to_owned(), color))
    );

    let (texts, lines, objects) = run("osd-mode=1");
    let expected = [
        counts,
        "A rather long label of an area (0, 0) (1.0, 1.0, 0.0)",
        "OC (0, 0) (1.0, 0.5, 0.0)",
        "East (0, 0) (1.0, 0.0, 0.0)",
        "Exit  (200, 360) (0.0, 1.0, 0.0)",
    ];
    assert_eq!(
        (texts.as_slice(), lines),
        (&expected.map(str::to_owned)[..], 15)
    );
    assert_eq!(objects[0], ("Obj0".to_owned(), Color::RED));

    let (texts, lines, objects) = run("osd-mode=0");
    assert_eq!((texts.as_slice(), lines), (&[counts.to_owned()][..], 0));
    assert_eq!(objects[0], ("Obj0".to_owned(), Color::RED));
}

/// Texts that the frames of a harness have.
struct Bench(gst_check::Harness);

impl Bench {
    fn new(file: &str) -> Self {
        crate::mux_support::init();
        let mut harness =
            gst_check::Harness::new_parse(&format!("nvdsanalytics name=a config-file={file}"));
        harness.set_src_caps_str(
            "video/x-raw(memory:NVMM),format=NV12,width=640,height=360,framerate=30/1",
        );
        harness.play();
        Self(harness)
    }

    /// A frame of source 0 with an object of this id; the text about the line.
    fn exits(&mut self, number: u64, left: f32, id: u64) -> String {
        let desc = gstnvdscpu::surface::SurfaceDesc {
            width: 640,
            height: 360,
            format: gstnvdscpu::surface::ColorFormat(
                nvds::sys::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12,
            ),
        };
        let kind = gstnvdscpu::surface::MemoryKind::Nvds;
        let mut buffer = gstnvdscpu::surface::alloc(&[desc], kind).unwrap();
        let mut new = nvds::NewBatch::new(1).unwrap();
        new.add_frame(&nvds::NewFrame {
            buf_pts: number * 33_000_000,
            ..nvds::NewFrame::default()
        });
        {
            let batch = new.batch();
            let locked = batch.lock();
            let frame = locked.frames().next().unwrap();
            let object = nvds::NewObject {
                unique_component_id: 1,
                class_id: 0,
                confidence: 1.0,
                rect: nvds::Rect {
                    left,
                    top: 100.0,
                    width: 20.0,
                    height: 40.0,
                },
                style: nvds::RectStyle::default(),
                label: "car",
                text: None,
            };
            let object = locked.add_object(&frame, &object, None).unwrap();
            locked.set_track(&object, id, 1.0);
        }
        new.attach(buffer.make_mut());
        let out = self.0.push_and_pull(buffer).unwrap();
        let (texts, ..) = drawn(&out);
        texts
            .into_iter()
            .find(|text| text.starts_with("Exit"))
            .unwrap_or_default()
    }

    /// An object goes across the line; the last text about it.
    fn walk(&mut self, id: u64) -> String {
        let texts = (0..20).map(|step| self.exits(step, 15.0 * step as f32, id));
        texts.last().unwrap().split(' ').next().unwrap().to_owned()
    }

    fn send(&mut self, kind: SourceEvent, source: u32) {
        let structure = gst::Structure::builder("some").field("source-id", source);
        assert!(self.0.push_event(kind.event(structure.build())));
    }
}

#[test]
fn what_is_over_is_forgotten_and_counts_stay_with_the_pad() {
    let scratch = Scratch::new("analytics-over");
    let file = config(&scratch, RULES);
    let mut bench = Bench::new(&file);
    assert_eq!(bench.walk(4), "Exit=1");
    assert_eq!(bench.walk(4), "Exit=1", "the same object");
    assert_eq!(bench.walk(5), "Exit=2");
    bench.send(SourceEvent::StreamReset, 1);
    assert_eq!(bench.walk(5), "Exit=2", "another source's");
    bench.send(SourceEvent::StreamReset, 0);
    assert_eq!(bench.walk(5), "Exit=3");
    bench.send(SourceEvent::StreamEos, 0);
    assert_eq!(bench.walk(5), "Exit=4");
    assert!(bench.0.push_event(gst::event::FlushStart::new()));
    assert!(bench.0.push_event(gst::event::FlushStop::new(true)));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    assert!(bench.0.push_event(gst::event::Segment::new(&segment)));
    assert_eq!(bench.walk(5), "Exit=5");
    bench.send(SourceEvent::PadDeleted, 0);
    assert_eq!(bench.walk(5), "Exit=1");
}

#[test]
fn a_file_is_read_anew_while_playing() {
    let scratch = Scratch::new("analytics-anew");
    let file = config(&scratch, RULES);
    let mut bench = Bench::new(&file);
    assert_eq!(bench.walk(4), "Exit=1");
    // What nvmultiurisrcbin sends.
    let event = nvds::event::analytics_reload_config_update("elsewhere.txt");
    assert!(bench.0.push_event(event));
    assert_eq!(bench.walk(4), "Exit=1", "from the beginning");
    let bin = bench.0.element().unwrap().downcast::<gst::Bin>().unwrap();
    let element = bin.by_name("a").unwrap();
    config(&scratch, &RULES.replace("osd-mode=2", "osd-mode=1"));
    element.set_property("config-file", &file);
    assert_eq!(bench.walk(4), "Exit");
    config(
        &scratch,
        &RULES.replace("enable=1\nconfig", "enable=0\nconfig"),
    );
    element.set_property("config-file", &file);
    assert!(!element.property::<bool>("enable"));
    assert_eq!(bench.walk(4), "", "let pass");
    element.set_property("enable", true);
    assert_eq!(bench.walk(4), "Exit=1");
    // What cannot be read leaves the rules as they are, and keeps the next start from going on with them.
    config(&scratch, "nothing");
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    element.set_property("config-file", &file);
    let told = crate::pictures::warnings(&bus.iter().collect::<Vec<_>>());
    assert!(
        told[0].starts_with("the rules stay as they were: "),
        "{told:?}"
    );
    assert!(told[0].contains(&file), "{told:?}");
    assert_eq!(bench.walk(4), "Exit=1");
    element.set_state(gst::State::Ready).unwrap();
    assert!(element.set_state(gst::State::Paused).is_err());
}

/// The error with which an element does not start.
fn refused(properties: &str) -> String {
    crate::mux_support::init();
    let line = format!("nvdsanalytics name=a {properties} ! fakesink");
    let element = gst::parse::launch(&line).unwrap();
    let bus = element.bus().unwrap();
    assert!(element.set_state(gst::State::Paused).is_err());
    let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
    element.set_state(gst::State::Null).unwrap();
    let gst::MessageView::Error(error) = message.view() else {
        unreachable!()
    };
    error.error().message().to_owned()
}

#[test]
fn without_a_configuration_it_does_not_start() {
    assert!(refused("").starts_with("config-file is not set"));
    let missing = refused("config-file=/no/such/file.txt");
    assert!(
        missing.contains("/no/such/file.txt: cannot read"),
        "{missing}"
    );
    let scratch = Scratch::new("analytics-refused");
    let file = config(
        &scratch,
        &RULES.replace("config-width=320", "config-width=wide"),
    );
    let wrong = refused(&format!("config-file={file}"));
    assert!(
        wrong.contains("analytics.txt:3: config-width: expected an integer"),
        "{wrong}"
    );
    let mut bench = Bench::new(&config(&scratch, RULES));
    assert_eq!(bench.0.push(gst::Buffer::new()), Err(gst::FlowError::Error));
}

#[test]
fn the_files_of_pipelines_are_read() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/config/nvdsanalytics.txt");
    gstnvdscpu::dsanalytics::config::Config::load(&file).unwrap();
}
