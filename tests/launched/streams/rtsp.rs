//! RTSP in and out, with real servers on both sides.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use gst::prelude::*;

use super::{folder, program};
use crate::burnt::{self, Code, HEIGHT, View, WIDTH};
use crate::{PYTHON, ROOT};

/// Frames of the film that a camera shows again and again; a multiple of 4, as there are four places of boxes, and of what is
/// between two key frames.
const FRAMES: u32 = 40;
/// Frames that the recording has detections for: more than come until the program is ended by its time limit.
const MOST: u32 = 700;
/// Longest time to wait for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Frames a second, few enough for a busy machine. What it is late for comes late, the news of the camera's end as well.
const FPS: u64 = 5;

/// An RTSP server of one film without end, in a process of its own.
const CAMERA: &str = "
import signal, sys
import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtspServer
# Whatever becomes of the test.
signal.alarm(180)
Gst.init(None)
server = GstRtspServer.RTSPServer(address='127.0.0.1', service='0')
caps = 'video/x-h264,stream-format=byte-stream'
launch = f'( multifilesrc location={sys.argv[1]} loop=true caps={caps} ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )'
server.get_mount_points().add_factory('/film', GstRtspServer.RTSPMediaFactory(launch=launch))
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
";

/// A process that ends with the test, and the lines that it says.
struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    fn start(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (send, lines) = channel();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for output in outputs {
            let send = send.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    send.send(line).ok();
                }
            });
        }
        Self { child, lines }
    }

    fn camera(film: &str) -> (Self, String) {
        let process = Self::start(Command::new(PYTHON).args(["-c", CAMERA, film]));
        let port = process.line(|line| line.parse::<u16>().is_ok());
        (process, format!("rtsp://127.0.0.1:{port}/film"))
    }

    /// The next line of this kind.
    fn line(&self, is_it: impl Fn(&str) -> bool) -> String {
        let (end, mut others) = (Instant::now() + PATIENCE, Vec::new());
        loop {
            let rest = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(rest) {
                Ok(line) if is_it(&line) => return line,
                Ok(line) => others.push(line),
                Err(error) => panic!("{error}, after {others:?}"),
            }
        }
    }

    fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// Asks it to end, and waits. `timeout`, which programs run under, hands it on, and sees to it.
    fn end(&mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.end();
        }
    }
}

/// What is read in a picture, and by how much its box is ahead of its number, as the program counts from the first frame that
/// it has got.
type Picture = Option<(Code, u32)>;

/// A client of an RTSP stream, and the codes in the pictures that come.
struct Client {
    pipeline: gst::Pipeline,
    pictures: Receiver<Picture>,
    seen: Vec<(Code, u32)>,
}

impl Client {
    fn new(uri: &str) -> Self {
        gst::init().unwrap();
        let line = format!(
            "rtspsrc location={uri} protocols=tcp ! rtph264depay \
             ! video/x-h264,stream-format=avc ! h264parse ! avdec_h264 ! videoconvert \
             ! video/x-raw,format=GRAY8 ! fakesink name=end sync=false"
        );
        let pipeline = gst::parse::launch(&line)
            .unwrap()
            .downcast::<gst::Pipeline>()
            .unwrap();
        let (send, pictures) = channel();
        let pad = pipeline.by_name("end").unwrap().static_pad("sink").unwrap();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let map = info.buffer().unwrap().map_readable().unwrap();
            let view = View {
                pixels: &map,
                stride: WIDTH,
                left: 0,
                top: 0,
                width: WIDTH,
                height: HEIGHT,
            };
            let read = view.code().zip(view.place());
            send.send(read.map(|(code, place)| (code, (place + 3 * code.1) % 4)))
                .ok();
            gst::PadProbeReturn::Ok
        });
        pipeline.set_state(gst::State::Playing).unwrap();
        Self {
            pipeline,
            pictures,
            seen: Vec::new(),
        }
    }

    fn next(&self) -> Picture {
        let picture = self.pictures.recv_timeout(PATIENCE);
        picture.unwrap_or_else(|_| panic!("no picture after {:?}", self.seen))
    }

    /// Waits until as many pictures of this source as are between two key frames follow one another: what comes before a client
    /// is served, and what refers to that, is lost to it.
    fn settle(&mut self, source: u32) {
        while self.seen.len() < 12 {
            match (self.next(), self.seen.last()) {
                (Some(now), Some(last)) if follows(*last, now) => self.seen.push(now),
                (now, _) => self.seen = now.into_iter().collect(),
            }
        }
        assert_eq!(self.seen[0].0.0, source);
    }

    /// Each picture that has come, and so many more, must follow the one before.
    fn go_on(&mut self, more: usize) {
        let mut pictures: Vec<_> = self.pictures.try_iter().collect();
        pictures.extend((0..more).map(|_| self.next()));
        for picture in pictures {
            let last = self.seen[self.seen.len() - 1];
            let now = picture.unwrap_or_else(|| panic!("no code after {:?}", self.seen));
            assert!(follows(last, now), "{now:?} after {:?}", self.seen);
            self.seen.push(now);
        }
    }
}

/// Whether a picture is the next one of the same source, with the box of its frame.
fn follows(last: (Code, u32), now: (Code, u32)) -> bool {
    now.0 == (last.0.0, (last.0.1 + 1) % FRAMES) && now.1 == last.1
}

impl Drop for Client {
    fn drop(&mut self) {
        self.pipeline.set_state(gst::State::Null).ok();
    }
}

/// Real servers on both sides; one of the two cameras is killed while both are watched, and then the program is asked to end.
#[test]
fn a_camera_that_dies_leaves_the_other_its_stream() {
    let (scratch, recording) = folder("streams-rtsp", 2, MOST);
    let mut cameras: Vec<_> = (0..2)
        .map(|source| {
            let film = scratch.file(&format!("{source}.h264"));
            burnt::film_at(&film, source, FRAMES, FPS);
            Process::camera(&film)
        })
        .collect();
    let path = format!("{ROOT}/examples/python/rtsp.py");
    let words = [PYTHON, &path, "pgie.txt", "0", &cameras[0].1, &cameras[1].1];
    let mut app = Process::start(&mut program(
        &scratch,
        &words.map(str::to_owned),
        &recording,
    ));
    let streams = [0, 1].map(|_| app.line(|line| line.starts_with("rtsp://")));
    let mut clients = streams.map(|uri| Client::new(&uri));
    clients[1].settle(1);
    clients[0].settle(0);
    cameras[1].0.kill();
    app.line(|line| line == "source 1 ended" || line.starts_with("source 1 failed: "));
    clients[0].go_on(6);
    let status = app.end();
    let said: Vec<_> = app.lines.try_iter().collect();
    assert!(status.success(), "{status}: {said:?}");
}
