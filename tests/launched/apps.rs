//! Applications through scripts/app.sh: the programs of examples/ in the style of DeepStream's samples, the exit code, and
//! elements that are missing.

use std::process::{Command, Output};

use super::{PYTHON, ROOT, Scratch, plugin_path, short_film, text};

/// Frames of the films.
const FRAMES: usize = 3;

/// A detector of which only an engine is there, as in the samples.
pub const DETECTOR: &str = "\
[property]
gie-unique-id=5
network-type=0
model-engine-file=detector.engine
labelfile-path=labels.txt
num-detected-classes=2
cluster-mode=2
[class-attrs-all]
pre-cluster-threshold=0.4
topk=1
";

/// A folder as an application has it: a film, a configuration, labels, and a recording of the network.
fn folder(name: &str) -> (Scratch, String) {
    let scratch = Scratch::new(name);
    let film = short_film(&scratch, FRAMES);
    std::fs::rename(film, scratch.file("film.h264")).unwrap();
    std::fs::write(scratch.file("pgie.txt"), DETECTOR).unwrap();
    std::fs::write(scratch.file("labels.txt"), "car\nperson\n").unwrap();
    let recording = super::replay::grid(&scratch);
    (scratch, recording)
}

/// The wrapper with a command, started in the folder.
pub fn app(scratch: &Scratch, words: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", "120"])
        .arg(format!("{ROOT}/scripts/app.sh"))
        .args(words)
        .current_dir(&scratch.0)
        // Cargo sets it for programs that register the plugins themselves.
        .env_remove("GST_PLUGIN_PATH")
        .env("RSNVDS_PLUGIN_PATH", plugin_path())
        .env("GST_REGISTRY_1_0", scratch.file("registry"))
        .env("G_DEBUG", "fatal-warnings")
        .env("LC_ALL", "C.UTF-8");
    command
}

pub fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

/// The lines about frames, sorted by source and number.
fn frames(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", text(output));
    let told = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<_> = told.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// What is to be printed for `sources` films.
fn expected(sources: usize, objects: &str) -> Vec<String> {
    let numbers = |source| (0..FRAMES).map(move |frame| (source, frame));
    (0..sources)
        .flat_map(numbers)
        .map(|(source, frame)| format!("source {source} frame {frame}: {objects}"))
        .collect()
}

#[test]
fn a_python_program_runs_where_only_a_recording_is() {
    let (scratch, recording) = folder("app-python");
    let film = format!("file://{}", scratch.file("film.h264"));
    let program = |name| format!("{ROOT}/examples/python/{name}");
    let mut test1 = app(
        &scratch,
        &[PYTHON, &program("test1.py"), "film.h264", "pgie.txt"],
    );
    let test1 = run(test1.env("RSNVDS_REPLAY_5", &recording));
    assert_eq!(frames(&test1), expected(1, "car 1 person 1"));
    let told = String::from_utf8_lossy(&test1.stderr);
    assert!(told.starts_with("app: on the stand-ins:\napp:   GST_PLUGIN_PATH="));
    let replay = format!("\napp:   RSNVDS_REPLAY_5={recording}\n");
    assert!(told.contains(&replay), "{told}");

    let mut test3 = app(
        &scratch,
        &[PYTHON, &program("test3.py"), "pgie.txt", &film, &film],
    );
    let test3 = run(test3.env("RSNVDS_REPLAY_5", &recording));
    assert_eq!(frames(&test3), expected(2, "car 1 person 1"));
}

/// Compiled with the headers of this project, which have the layout of 9.x, and linked to the metadata library.
#[test]
fn a_c_program_reads_objects_in_its_probe() {
    let (scratch, recording) = folder("app-c");
    let film = format!("file://{}", scratch.file("film.h264"));
    for (name, arguments, sources) in [
        ("test1", vec!["film.h264", "pgie.txt"], 1),
        ("test3", vec!["pgie.txt", &film, &film], 2),
    ] {
        let program = compile(&scratch, name);
        let mut words = vec![program.as_str()];
        words.extend(arguments);
        let mut command = app(&scratch, &words);
        command.env_remove("RSNVDS_NVDS_LIB_DIR");
        let sink = "pngenc ! multifilesink location=drawn-%05d.png";
        command.env("RSNVDS_SINK", if sources == 1 { sink } else { "" });
        let output = run(command.env("RSNVDS_REPLAY_5", &recording));
        let objects = "person[180 135 420 315] car[0 0 408 306]";
        assert_eq!(frames(&output), expected(sources, objects), "{name}");
    }
    // The box's upper left corner, and the background of the probe's text.
    let (width, pixels) = picture(&scratch.file("drawn-00002.png"));
    let at = |x: usize, y: usize| &pixels[(y * width + x) * 4..][..3];
    let is_red = |p: &[u8]| p[0] > 200 && p[1] < 60 && p[2] < 60;
    assert_eq!(width, 768);
    assert!(is_red(at(1, 150)), "{:?}", at(1, 150));
    assert!(at(12, 20).iter().all(|&c| c < 20), "{:?}", at(12, 20));
}

/// Width and pixels, RGBA, of a picture.
fn picture(path: &str) -> (usize, Vec<u8>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgba);
    (info.width as usize, pixels)
}

/// The path of a program of examples/c/.
pub fn compile(scratch: &Scratch, name: &str) -> String {
    let program = scratch.file(name);
    let flags = Command::new("pkg-config")
        .args(["--cflags", "--libs", "gstreamer-1.0"])
        .output()
        .unwrap();
    let built = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-Iinclude/deepstream"])
        .arg(format!("examples/c/{name}.c"))
        .args(["-o", &program])
        .args(String::from_utf8(flags.stdout).unwrap().split_whitespace())
        .args(["-L.deps/nvds", "-lnvdsgst_meta", "-lnvds_meta", "-lm"])
        .current_dir(ROOT)
        .status()
        .unwrap();
    assert!(built.success());
    program
}

#[test]
fn an_application_has_its_exit_code_and_folder() {
    let scratch = Scratch::new("app-exit");
    let output = run(&mut app(&scratch, &["sh", "-c", "pwd; exit 7"]));
    assert_eq!(output.status.code(), Some(7), "{}", text(&output));
    let folder = String::from_utf8(output.stdout).unwrap();
    assert_eq!(folder.trim_end(), scratch.0.to_str().unwrap());
    for (words, code, told) in [
        (&[][..], 2, "app: error: expected a command"),
        (
            &["no-such-program"],
            127,
            "app: error: there is no program 'no-such-program'",
        ),
    ] {
        let output = run(&mut app(&scratch, words));
        assert_eq!(output.status.code(), Some(code));
        assert!(text(&output).starts_with(told), "{}", text(&output));
    }
    let mut command = app(&scratch, &["true"]);
    let output = run(command.env("RSNVDS_PLUGIN_PATH", "/no/such/folder"));
    assert_eq!(output.status.code(), Some(2));
    let told = "app: error: RSNVDS_PLUGIN_PATH names /no/such/folder, which is no folder";
    assert!(text(&output).starts_with(told), "{}", text(&output));
}

/// Named once each, by whichever way the application asks; an element that is there is not.
#[test]
fn missing_elements_are_named_with_what_provides_them() {
    let scratch = Scratch::new("app-missing");
    let program = "
import gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst
Gst.init(None)
for name in ['nvstreammux', 'nvmsgbroker', 'nvmsgbroker', 'avenc_none']:
    Gst.ElementFactory.make(name)
";
    let output = run(&mut app(&scratch, &[PYTHON, "-c", program]));
    assert!(output.status.success(), "{}", text(&output));
    let told: Vec<String> = text(&output)
        .lines()
        .filter(|line| line.starts_with("app: there is no element "))
        .map(str::to_owned)
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("app: there is no element nvmsgbroker: NVIDIA's public source"));
    assert!(
        told[1].starts_with("app: there is no element avenc_none: Debian's gstreamer1.0-libav")
    );

    let launch = ["gst-launch-1.0", "nvstreammux", "!", "nvdewarper"];
    let output = run(&mut app(&scratch, &launch));
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output);
    assert!(
        told.contains("app: there is no element nvdewarper: it needs a GPU"),
        "{told}"
    );
}
