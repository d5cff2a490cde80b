//! Settings changed from other threads while frames flow: no frame waits, none is lost.

mod common;

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::*;
use gst::prelude::*;

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
    let later = TempFile::new("later-style.toml", &style("later"));
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
            if property == "style-file" {
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
