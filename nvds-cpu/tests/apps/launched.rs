//! What needs a process of its own: environment variables, missing elements, lines that are printed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with the plugin of this build in it, and the registry that knows it, for all tests.
pub fn plugins() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("apps-plugins");
    std::fs::create_dir_all(&folder).unwrap();
    link_plugin(&folder);
    folder
}

/// Puts the plugin into a folder, whole, as several tests do this at a time.
fn link_plugin(folder: &Path) {
    let exe = std::env::current_exe().unwrap();
    let own = folder.join(format!("{:?}", std::thread::current().id()));
    std::fs::remove_file(&own).ok();
    std::os::unix::fs::symlink(exe.with_file_name("libgstnvdscpu.so"), &own).unwrap();
    std::fs::rename(&own, folder.join("libgstnvdscpu.so")).unwrap();
}

/// The folder of a test, removed at its end.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rsnvds-apps-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Takes one of GStreamer's own plugins into the folder `plugins`.
    pub fn take(&self, plugin: &str) {
        gst::init().unwrap();
        let file = gst::Registry::get()
            .find_plugin(plugin)
            .unwrap()
            .filename()
            .unwrap();
        let name = Path::new(&file).file_name().unwrap().to_owned();
        std::fs::create_dir_all(self.0.join("plugins")).unwrap();
        std::os::unix::fs::symlink(&file, self.0.join("plugins").join(name)).unwrap();
    }

    fn launch(&self, line: &str, sink: &str) -> (Output, String) {
        self.run(line, |command| {
            command.env("RSNVDS_SINK", sink);
        })
    }

    fn run(&self, line: &str, prepare: impl FnOnce(&mut Command)) -> (Output, String) {
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=5", "60", "gst-launch-1.0"])
            .args(line.split_whitespace())
            .env("GST_PLUGIN_PATH", plugins())
            .env("GST_REGISTRY_1_0", plugins().join("registry"))
            .env("G_DEBUG", "fatal_warnings")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("RSNVDS_SINK");
        prepare(&mut command);
        let output = command.output().unwrap();
        let text = [&output.stdout[..], &output.stderr[..]].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (output, text)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

const PICTURE: &str = "videotestsrc num-buffers=3 pattern=red ! video/x-raw,width=64,height=48,framerate=30/1 ! nvvideoconvert";

/// Width and height of a PNG, and its middle pixel.
fn png(path: &str) -> ((u32, u32), [u8; 3]) {
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let samples = info.color_type.samples();
    let middle = (info.height as usize / 2) * info.line_size + info.width as usize / 2 * samples;
    (
        (info.width, info.height),
        [bytes[middle], bytes[middle + 1], bytes[middle + 2]],
    )
}

#[test]
fn frames_are_written_where_the_variable_says() {
    for (number, chain) in [
        "video/x-raw(memory:NVMM),format=NV12 ! nveglglessink name=view sync=false",
        "video/x-raw(memory:NVMM),format=RGBA ! nv3dsink name=view sync=false",
        "video/x-raw,format=I420 ! nvdrmvideosink name=view sync=false",
        "video/x-raw(memory:NVMM),format=NV12 ! nvegltransform ! nveglglessink name=view sync=false",
    ]
    .into_iter()
    .enumerate()
    {
        let scratch = Scratch::new(&format!("png{number}"));
        let sink = format!("pngenc ! multifilesink location={}", scratch.path("{name}-%d.png"));
        let (output, text) = scratch.launch(&format!("{PICTURE} ! {chain}"), &sink);
        assert!(output.status.success(), "{chain}: {text}");
        for frame in 0..3 {
            let (size, [r, g, b]) = png(&scratch.path(&format!("view-{frame}.png")));
            assert_eq!(size, (64, 48));
            assert!(r > 230 && g < 25 && b < 25, "{chain}: {r} {g} {b}");
        }
        assert!(!Path::new(&scratch.path("view-3.png")).exists());
    }
}

#[test]
fn films_are_whole_when_the_pipeline_ends() {
    let scratch = Scratch::new("film");
    let film = scratch.path("film.mp4");
    let sink = format!("x264enc ! mp4mux ! filesink location={film}");
    let line = PICTURE.replace("num-buffers=3", "num-buffers=30");
    let line = format!("{line} ! video/x-raw(memory:NVMM),format=NV12 ! nveglglessink sync=false");
    let (output, text) = scratch.launch(&line, &sink);
    assert!(output.status.success(), "{text}");
    let (output, text) = scratch.run(
        &format!(
            "-v filesrc location={film} ! qtdemux ! h264parse ! identity silent=false ! fakesink"
        ),
        |_| (),
    );
    assert!(output.status.success(), "{text}");
    assert_eq!(text.matches("chain   ******").count(), 30, "{text}");
}

#[test]
fn encode_line_writes_a_film_and_shows_it() {
    let scratch = Scratch::new("encode");
    let line = include_str!("../../../pipelines/encode.txt");
    assert!(line.contains("out/encode.mp4"));
    let line = line.replace("out/encode.mp4", &scratch.path("encode.mp4"));
    let sink = format!("pngenc ! multifilesink location={}", scratch.path("%d.png"));
    let (output, text) = scratch.launch(&line, &sink);
    assert!(output.status.success(), "{text}");
    assert_eq!(png(&scratch.path("29.png")).0, (320, 240));
    let (output, text) = scratch.launch(
        &format!(
            "filesrc location={} ! qtdemux ! h264parse ! nvv4l2decoder ! nveglglessink sync=false",
            scratch.path("encode.mp4")
        ),
        &format!(
            "pngenc ! multifilesink location={}",
            scratch.path("again-%d.png")
        ),
    );
    assert!(output.status.success(), "{text}");
    assert_eq!(png(&scratch.path("again-29.png")).0, (320, 240));
}

#[test]
fn what_cannot_show_frames_is_an_error() {
    let scratch = Scratch::new("wrong");
    for (sink, expected) in [
        ("nosuchelement", "no element \"nosuchelement\""),
        ("pngenc", "its last element is no sink"),
        ("fakesrc ! fakesink", "could not link"),
        ("nv3dsink", "nv3dsink would hand its frames to itself"),
        ("( queue ! nveglglessink )", "nveglglessink would hand"),
        ("fakesink fakesink", "are not linked"),
        ("pngenc ! filesink location={foo}.png", "{foo} is not known"),
        ("pngenc ! filesink", "No file name specified"),
        (
            "pngenc ! filesink location=/no/such/folder/x.png",
            "/no/such/folder/x.png",
        ),
    ] {
        let (output, text) = scratch.launch(&format!("{PICTURE} ! nveglglessink"), sink);
        assert!(!output.status.success(), "{sink}: {text}");
        assert!(
            text.contains("RSNVDS_SINK") && text.contains(expected),
            "{sink}: {text}"
        );
    }
}

#[test]
fn a_missing_encoder_is_named_with_its_package() {
    let scratch = Scratch::new("missing");
    scratch.take("coreelements");
    scratch.take("videoconvertscale");
    let (output, text) = scratch.run(
        "nvvideotestsrc num-buffers=2 ! nvv4l2h264enc ! fakesink",
        |command| {
            command
                .env("GST_PLUGIN_SYSTEM_PATH_1_0", scratch.path("plugins"))
                .env("GST_REGISTRY_1_0", scratch.path("registry"));
        },
    );
    assert!(!output.status.success(), "{text}");
    assert!(
        text.contains("no software encoder for H.264 is installed"),
        "{text}"
    );
    assert!(
        text.contains("x264enc") && text.contains("apt install gstreamer1.0-plugins-ugly"),
        "{text}"
    );
    // The next one in the list is taken where it is installed.
    scratch.take("openh264");
    let (output, text) = scratch.run(
        "nvvideotestsrc num-buffers=2 ! nvv4l2h264enc iframeinterval=30 ! video/x-h264,profile=baseline ! fakesink",
        |command| {
            command
                .env("GST_PLUGIN_SYSTEM_PATH_1_0", scratch.path("plugins"))
                .env("GST_REGISTRY_1_0", scratch.path("registry"));
        },
    );
    assert!(output.status.success(), "{text}");
}

/// Chains of samples and of public launch lines, but for their networks.
#[test]
fn chains_of_samples_run() {
    let scratch = Scratch::new("chains");
    let source = "nvvideotestsrc num-buffers=10 ! video/x-raw(memory:NVMM),format=NV12,width=320,height=240 ! m.sink_0 \
                  nvstreammux name=m batch-size=1 width=320 height=240 batched-push-timeout=40000";
    let file = scratch.path("out");
    for chain in [
        "nvvideoconvert ! nvdsosd ! nvegltransform ! nveglglessink sync=false".to_owned(),
        "queue ! nvdslogger ! nvvideoconvert ! queue ! nvdsosd ! nv3dsink sync=0 qos=0".to_owned(),
        "dsexample ! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA ! nvdsosd ! nvvideoconvert ! \
         video/x-raw(memory:NVMM) ! nveglglessink window-x=0 window-y=0 window-width=1280 window-height=720 \
         enable-last-sample=0 max-lateness=-1 async=0 sync=0"
            .to_owned(),
        format!(
            "nvvideoconvert ! nvdsosd ! nvvideoconvert ! video/x-raw(memory:NVMM),format=I420 ! \
             nvv4l2h264enc bitrate=4000000 ! h264parse ! qtmux ! filesink location={file}"
        ),
        format!(
            "nvdsosd ! nvvideoconvert ! nvv4l2h265enc bitrate=2000000 profile=0 iframeinterval=30 gpu-id=0 \
             preset-level=1 insert-sps-pps=1 maxperf-enable=1 ! h265parse ! matroskamux ! filesink location={file}"
        ),
        "nvdsosd ! nvvideoconvert ! video/x-raw(memory:NVMM),format=I420 ! nvv4l2h264enc bitrate=4000000 ! \
         rtph264pay ! udpsink host=127.0.0.1 port=9 async=false sync=1"
            .to_owned(),
        format!(
            "nvvideoconvert ! video/x-raw(memory:NVMM),format=RGB ! nvimageenc quality=80 ! \
             multifilesink location={file}-%d.jpg"
        ),
        format!(
            "nvvideoconvert ! video/x-raw(memory:NVMM),format=I420 ! nvjpegenc ! multifilesink location={file}-%d.jpg"
        ),
    ] {
        let (output, text) = scratch.run(&format!("{source} ! {chain}"), |_| ());
        assert!(output.status.success(), "{chain}: {text}");
        assert!(!text.contains("WARNING"), "{chain}: {text}");
    }
}

#[test]
fn frames_per_second_are_printed() {
    let scratch = Scratch::new("fps");
    let (output, text) = scratch.run(
        "nvvideotestsrc num-buffers=70 ! video/x-raw(memory:NVMM),width=64,height=48,framerate=20/1 ! m.sink_0 \
         nvstreammux name=m width=64 height=48 batch-size=1 ! \
         nvdslogger show-fps=1 fps-measurement-interval-sec=1 ! nveglglessink",
        |_| (),
    );
    assert!(output.status.success(), "{text}");
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("**PERF : "))
        .collect();
    assert!(!lines.is_empty(), "{text}");
    let rate = lines[0]
        .strip_prefix("**PERF : FPS_0 (")
        .and_then(|rest| rest.strip_suffix(")\t"));
    let rate: f64 = rate.unwrap_or_else(|| panic!("{lines:?}")).parse().unwrap();
    assert!((15.0..25.0).contains(&rate), "{rate} instead of 20");
}
