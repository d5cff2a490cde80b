//! Whole pipelines through gst-launch-1.0, on the CPU stand-ins: the files in pipelines/, what they
//! write, and how they end when something is wrong.
//!
//! What `make setup` fetches (.deps/) must be there; `make test` sees to it.

#[path = "launched/analytics.rs"]
mod analytics;
#[path = "launched/anonymiser.rs"]
mod anonymiser;
#[path = "launched/apps.rs"]
mod apps;
#[path = "burnt/mod.rs"]
mod burnt;
#[path = "launched/chains.rs"]
mod chains;
#[path = "launched/key_points.rs"]
mod key_points;
#[path = "launched/parser_library.rs"]
mod parser_library;
#[path = "launched/plates.rs"]
mod plates;
#[path = "launched/replay.rs"]
mod replay;
#[path = "launched/streams/mod.rs"]
mod streams;
#[path = "launched/yolox.rs"]
mod yolox;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Folders with one plugin file each, as GST_PLUGIN_PATH. Cargo leaves the plugins of this build
/// in its deps folder, among much else that is no plugin.
fn plugin_path() -> String {
    let exe = std::env::current_exe().unwrap();
    let deps = exe.parent().unwrap();
    let folder = deps.join("pipelines-test-plugins");
    std::fs::create_dir_all(&folder).unwrap();
    for plugin in ["libgstrsnvds.so", "libgstnvdscpu.so"] {
        let built = deps.join(plugin);
        assert!(
            built.exists(),
            "{} is missing: run the tests of the whole workspace",
            built.display()
        );
        // Several tests do this at a time: a link is put in place whole.
        let link = folder.join(plugin);
        let own = folder.join(format!("{plugin}.{:?}", std::thread::current().id()));
        std::fs::remove_file(&own).ok();
        std::os::unix::fs::symlink(&built, &own).unwrap();
        std::fs::rename(&own, &link).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

/// A folder for one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rsnvds-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Runs gst-launch-1.0 in the project's folder, for at most two minutes.
fn launch(words: &[String]) -> Output {
    launch_debug(words, "")
}

/// The same with more categories in GST_DEBUG.
fn launch_debug(words: &[String], debug: &str) -> Output {
    launch_with(words, debug, &[])
}

/// The same with more variables in the environment.
fn launch_with(words: &[String], debug: &str, variables: &[(&str, &str)]) -> Output {
    Command::new("timeout")
        .args(["--kill-after=5", "120", "gst-launch-1.0", "-m"])
        .args(words)
        .current_dir(ROOT)
        .env("GST_PLUGIN_PATH", plugin_path())
        .env(
            "GST_REGISTRY_1_0",
            Path::new(&plugin_path()).join("registry"),
        )
        .env("GST_TRACERS", "leaks")
        .env("GST_DEBUG", format!("GST_TRACER:7{debug}"))
        .env("GST_DEBUG_NO_COLOR", "1")
        .env("LC_ALL", "C.UTF-8")
        .env("G_DEBUG", "fatal_warnings")
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A pipeline file as words, with replacements.
fn pipeline(file: &str, replacements: &[(&str, &str)]) -> Vec<String> {
    let mut line = std::fs::read_to_string(Path::new(ROOT).join("pipelines").join(file)).unwrap();
    for (from, to) in replacements {
        assert!(line.contains(from), "{file} has no {from}");
        line = line.replace(from, to);
    }
    line.split_whitespace().map(str::to_owned).collect()
}

/// The first `count` frames of the demo's film.
fn short_film(scratch: &Scratch, count: usize) -> String {
    film_part(scratch, 0, count)
}

/// `count` frames of the demo's film from number `first`, a multiple of 25, where it can be cut. The
/// film has an access unit delimiter (NAL unit type 9) before every picture.
fn film_part(scratch: &Scratch, first: usize, count: usize) -> String {
    let source = Path::new(ROOT).join(".deps/media/vtest.h264");
    let bytes = std::fs::read(&source)
        .unwrap_or_else(|e| panic!("{}: {e}; `make setup` fetches it", source.display()));
    let mut pictures = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, w)| w[..3] == [0, 0, 1] && w[3] & 0x1f == 9)
        .map(|(at, _)| at);
    let start = pictures.nth(first).unwrap();
    let end = pictures.nth(count - 1).unwrap();
    let film = scratch.file(&format!("film-{first}-{count}.h264"));
    std::fs::write(&film, &bytes[start..end]).unwrap();
    film
}

/// The first frames of the film with a face.
fn short_film_of_a_face(scratch: &Scratch) -> String {
    let film = scratch.file("face.mp4");
    let line = format!(
        "filesrc location=.deps/faces/carphone.mp4 ! qtdemux ! h264parse ! identity eos-after=4 \
         ! qtmux ! filesink location={film}"
    );
    let output = launch(
        &line
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    assert!(output.status.success(), "{}", text(&output));
    film
}

/// What rsosdannotate told of each frame: its number and the number of objects.
fn frames_told(output: &Output) -> Vec<(i32, u32)> {
    let number = |line: &str, field: &str| {
        let at = line.find(field)? + field.len();
        let digits: String = line[at..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse::<u32>().ok()
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains("rsosdannotate, frame="))
        .map(|line| {
            let frame = number(line, " frame=(int)").unwrap();
            (frame as i32, number(line, " objects=(uint)").unwrap())
        })
        .collect()
}

/// No element warned, but of what older releases do not tell.
fn assert_no_warnings(output: &Output) {
    let is_wrong =
        |line: &str| line.contains("WARNING") && !line.contains("does not tell how frames of");
    assert!(!text(output).lines().any(is_wrong), "{}", text(output));
}

fn assert_no_leaks(output: &Output) {
    let text = text(output);
    let leaks: Vec<_> = text
        .lines()
        .filter(|line| line.contains("object-alive, ") && !line.contains("new format string"))
        .collect();
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// Width, height and number of frames of a film.
fn play(film: &str) -> (i32, i32, usize) {
    gst::init().unwrap();
    let line = format!(
        "filesrc location={film} ! qtdemux ! h264parse ! avdec_h264 ! fakesink name=end \
         signal-handoffs=true sync=false"
    );
    let pipeline = gst::parse::launch(&line).unwrap();
    use gst::prelude::*;
    let bin = pipeline.downcast_ref::<gst::Bin>().unwrap();
    let end = bin.by_name("end").unwrap();
    let frames = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = frames.clone();
    end.connect("handoff", false, move |_| {
        counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        None
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus
        .timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds)
        .unwrap();
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
    let caps = end.static_pad("sink").unwrap().current_caps().unwrap();
    let size = caps.structure(0).unwrap();
    let size = (size.get("width").unwrap(), size.get("height").unwrap());
    pipeline.set_state(gst::State::Null).unwrap();
    (
        size.0,
        size.1,
        frames.load(std::sync::atomic::Ordering::SeqCst),
    )
}

/// Both pipeline files, on the first frames of the demo's film.
#[test]
fn pipeline_files_annotate_a_film() {
    for file in ["ssd-parser.txt", "ssd-parser-nvinfer.txt"] {
        let scratch = Scratch::new(file);
        let film = short_film(&scratch, 40);
        let result = scratch.file("out.mp4");
        let old = format!("out/{}.mp4", file.strip_suffix(".txt").unwrap());
        let words = pipeline(
            file,
            &[
                (".deps/media/vtest.h264", &film),
                (&old, &result),
                ("rsosdannotate", "rsosdannotate post-messages=true"),
            ],
        );
        let output = launch(&words);
        assert!(output.status.success(), "{file}: {}", text(&output));
        assert_no_leaks(&output);
        let told = frames_told(&output);
        let numbers: Vec<_> = told.iter().map(|t| t.0).collect();
        assert_eq!(
            numbers,
            (0..40).collect::<Vec<_>>(),
            "{file}: frames lost or out of order"
        );
        // Five to eight pedestrians walk there; the network finds two or three of them on average.
        let objects: u32 = told.iter().map(|t| t.1).sum();
        assert!((80..=160).contains(&objects), "{file}: {told:?}");
        assert!(told.iter().all(|t| t.1 <= 8), "{file}: {told:?}");
        assert_eq!(play(&result), (768, 576, 40), "{file}");
    }
}

/// The sample's line with both of its counts, from raw tensors, behind either inference element.
#[test]
fn the_second_detector_counts_cars_and_people() {
    for config in ["oidv4-nvinferserver.txt", "oidv4-nvinfer.txt"] {
        let element = &config["oidv4-".len()..config.len() - ".txt".len()];
        let scratch = Scratch::new(config);
        let film = short_film(&scratch, 20);
        let words = pipeline(
            "ssd-oidv4.txt",
            &[
                (".deps/media/vtest.h264", &film),
                ("out/ssd-oidv4.mp4", &scratch.file("out.mp4")),
                ("nvinferserver config", &format!("{element} config")),
                ("oidv4-nvinferserver.txt", config),
                ("rsosdannotate", "rsosdannotate post-messages=true"),
            ],
        );
        let output = launch(&words);
        assert!(output.status.success(), "{config}: {}", text(&output));
        assert_no_leaks(&output);
        assert_eq!(frames_told(&output).len(), 20, "{config}");
        // The text as gst-launch-1.0 prints it, with characters escaped.
        let text = String::from_utf8_lossy(&output.stdout);
        let total = |field: &str| -> u32 {
            let counts: Vec<u32> = text
                .lines()
                .filter(|line| line.contains("rsosdannotate, frame="))
                .map(|line| {
                    let rest = line.split_once(field).unwrap().1;
                    let rest = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
                    let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
                    digits.unwrap().parse().unwrap()
                })
                .collect();
            counts.iter().sum()
        };
        // A van and a car stand there all the time; five to eight people walk.
        let (vehicles, people) = (total("Vehicle_count"), total("Person_count"));
        assert!((20..=60).contains(&vehicles), "{config}: {vehicles}");
        assert!((60..=160).contains(&people), "{config}: {people}");
    }
}

/// The ids of each frame of a source, in the order of the objects, from lines of rsmetajson.
fn ids_in(lines: &str, source: u64) -> Vec<Vec<u64>> {
    lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|frame| frame["source_id"] == source)
        .map(|frame| {
            let objects = frame["objects"].as_array().unwrap().iter();
            objects
                .map(|object| object["object_id"].as_u64().expect("an id"))
                .collect()
        })
        .collect()
}

/// What rsanalytics counts on the demo's film is what its frames show. Twelve of the first 85 were looked at
/// once, cut so that the line is the picture's middle: a man in a red jacket and the woman beside him walk up across it between
/// frames 50 and 62, a man in a dark jacket between 74 and 84, and nobody else, nor the other way.
#[test]
fn what_people_do_is_told_as_a_look_at_the_film_tells_it() {
    let scratch = Scratch::new("analytics");
    let film = short_film(&scratch, 85);
    let json = scratch.file("out.jsonl");
    let output = launch(&pipeline(
        "rsanalytics.txt",
        &[
            (".deps/media/vtest.h264", &film),
            ("out/rsanalytics.jsonl", &json),
        ],
    ));
    assert!(output.status.success(), "{}", text(&output));
    assert_no_leaks(&output);
    let lines = std::fs::read_to_string(json).unwrap();
    let frames: Vec<serde_json::Value> = (lines.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(frames.len(), 85);
    let mut crossed = Vec::new();
    for frame in &frames {
        let found = &frame["analytics"];
        let zone = &found["zones"][0];
        let count = |key: &str| zone[key].as_u64().unwrap();
        assert_eq!(count("entered") - count("left"), count("tracks"));
        let events = found["events"].as_array().unwrap().iter();
        let events = events.filter(|event| event["event"] == "crossed");
        crossed.extend(events.map(|event| {
            assert_eq!(
                (&event["line"], &event["way"]),
                (&"path".into(), &"out".into())
            );
            frame["frame_num"].as_u64().unwrap()
        }));
    }
    let [first, second, third] = crossed[..] else {
        panic!("{crossed:?}");
    };
    assert!(
        (50..=62).contains(&first) && (50..=62).contains(&second),
        "{crossed:?}"
    );
    assert!((74..=84).contains(&third), "{crossed:?}");
    let last = &frames[84]["analytics"]["lines"][0];
    assert_eq!((&last["in"], &last["out"]), (&0.into(), &3.into()));
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(told.matches("event=(string)crossed").count(), 3, "{told}");
    assert!(told.contains("rsanalytics-summary"), "{told}");
}

/// The stand-in tracker behind the demo's detector: who walks across the line is counted, skipped frames have objects,
/// and in a batch of two the film gives the ids that it gives alone.
#[test]
fn who_crosses_a_line_is_counted() {
    let scratch = Scratch::new("count-line");
    let film = short_film(&scratch, 85);
    let run = |name: &str, interval: &str| {
        let json = scratch.file(name);
        let output = launch(&pipeline(
            "count-line.txt",
            &[
                (".deps/media/vtest.h264", &film),
                ("out/count-line.mp4", &scratch.file("out.mp4")),
                (
                    "nvinferserver.txt",
                    &format!("nvinferserver.txt {interval}"),
                ),
                (
                    "! nvdsosd",
                    &format!("! rsmetajson location={json} ! nvdsosd"),
                ),
            ],
        ));
        assert!(output.status.success(), "{}", text(&output));
        assert_no_leaks(&output);
        std::fs::read_to_string(json).unwrap()
    };
    let alone = run("alone.jsonl", "");
    let ids = ids_in(&alone, 0);
    assert_eq!(ids.len(), 85);
    let (sightings, last) = (ids.concat().len(), ids.concat().into_iter().max().unwrap());
    // About two of the people who walk there are found on a frame, and each many times under one id.
    assert!(sightings > 120 && last < 25, "{sightings} {last}");
    // Three people walk up the picture across the line.
    let (_, counts) = alone.rsplit_once("Frame 84: ").unwrap();
    let (counts, _) = counts.split_once('"').unwrap();
    assert_eq!(counts, "0 in, 3 out");

    let skipping = ids_in(&run("skipping.jsonl", "interval=3"), 0);
    let empty = skipping.iter().filter(|ids| ids.is_empty()).count();
    assert!(empty < 20, "{skipping:?}");

    let json = scratch.file("batch.jsonl");
    let mut line = format!(
        "nvstreammux name=mux width=768 height=576 batch-size=2 batched-push-timeout=1000000 \
         ! nvinferserver config-file-path=pipelines/config/nvinferserver.txt \
         ! rsssdparser labels-file=pipelines/config/labels.txt ! nvtracker \
         ! rsmetajson location={json} ! fakesink"
    );
    for i in 0..2 {
        line +=
            &format!(" filesrc location={film} ! h264parse ! nvv4l2decoder ! queue ! mux.sink_{i}");
    }
    let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
    let output = launch(&words);
    assert!(output.status.success(), "{}", text(&output));
    let batch = std::fs::read_to_string(json).unwrap();
    for source in [0, 1] {
        assert_eq!(ids_in(&batch, source), ids, "source {source}");
    }
}

/// Documentation shows these files: each must run as it is, but for its film and its results.
#[test]
fn every_pipeline_file_runs() {
    let scratch = Scratch::new("every");
    let film = short_film(&scratch, 3);
    let face = short_film_of_a_face(&scratch);
    let mut files = 0;
    std::fs::create_dir_all(scratch.file("recording")).unwrap();
    let mut paths: Vec<_> = std::fs::read_dir(Path::new(ROOT).join("pipelines"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    // What one line records the next one replays.
    paths.sort();
    for path in paths {
        if path.extension().is_none_or(|e| e != "txt") {
            continue;
        }
        let line = std::fs::read_to_string(&path)
            .unwrap()
            .replace(".deps/media/vtest.h264", &film)
            .replace(".deps/faces/carphone.mp4", &face)
            .replace("num-buffers=50", "num-buffers=3")
            .replace(
                "location=out/",
                &format!("location={}/", scratch.0.display()),
            );
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let output = launch(&words);
        assert!(
            output.status.success(),
            "{}: {}",
            path.display(),
            text(&output)
        );
        assert_no_leaks(&output);
        files += 1;
    }
    assert!(files >= 3);
}

/// The lines of other networks than SSDs: what their tensors hold is on every frame.
#[test]
fn each_kind_of_network_has_a_line() {
    let scratch = Scratch::new("networks");
    let film = short_film(&scratch, 3);
    for (name, frames, objects) in [
        ("yolo", 3, &[("car", 1), ("person", 6), ("truck", 1)][..]),
        ("rtdetr", 3, &[("person", 7), ("vehicle", 2)]),
        ("faces", 25, &[("face", 1)]),
        ("obb", 25, &[("bus", 1), ("car", 8), ("truck", 1)]),
        ("pose", 25, &[("0", 2)]),
        ("masks", 25, &[("bus", 1), ("car", 1), ("truck", 1)]),
        ("mask-rcnn", 25, &[("bag", 1), ("person", 1)]),
    ] {
        let json = scratch.file(&format!("{name}.jsonl"));
        let out = format!("out/{name}.jsonl");
        let mut replacements = vec![(out.as_str(), json.as_str())];
        if !["faces", "obb", "pose", "masks", "mask-rcnn"].contains(&name) {
            replacements.push((".deps/media/vtest.h264", &film));
        }
        let output = launch(&pipeline(&format!("{name}.txt"), &replacements));
        assert!(output.status.success(), "{}", text(&output));
        assert_no_warnings(&output);
        assert_no_leaks(&output);
        let lines = std::fs::read_to_string(json).unwrap();
        assert_eq!(lines.lines().count(), frames, "{name}");
        for line in lines.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let mut found = std::collections::BTreeMap::new();
            for object in line["objects"].as_array().unwrap() {
                *found.entry(object["label"].as_str().unwrap()).or_default() += 1;
                let points = object["key_points"].as_array().map_or(0, Vec::len);
                let expected = match name {
                    "faces" => 6,
                    "pose" => 17,
                    _ => 0,
                };
                assert_eq!(points, expected);
                assert_eq!(object["mask"].is_object(), name.starts_with("mask"));
                let corners = object["corners"].as_array().map_or(0, Vec::len);
                assert_eq!(corners, if name == "obb" { 4 } else { 0 });
            }
            let found: Vec<(&str, i32)> = found.into_iter().collect();
            assert_eq!(found, objects, "{name}");
        }
    }
}

/// What is said of a whole frame: a class, a text, a name.
#[test]
fn each_kind_of_attribute_has_a_line() {
    let scratch = Scratch::new("attributes");
    for (name, kind, label) in [
        ("classes", "emotion", "fear"),
        ("plate", "plate", "A8C2K6"),
        ("embedding", "name", "driver"),
    ] {
        let json = scratch.file(&format!("{name}.jsonl"));
        let out = format!("out/{name}.jsonl");
        let output = launch(&pipeline(&format!("{name}.txt"), &[(&out, &json)]));
        assert!(output.status.success(), "{}", text(&output));
        assert_no_warnings(&output);
        assert_no_leaks(&output);
        let lines = std::fs::read_to_string(json).unwrap();
        assert_eq!(lines.lines().count(), 25, "{name}");
        for line in lines.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let objects = line["objects"].as_array().unwrap();
            assert_eq!((objects.len(), &objects[0]["class_id"]), (1, &(-1).into()));
            let said = &objects[0]["classifiers"][0];
            assert_eq!(
                (&said["type"], &said["labels"][0]["label"]),
                (&kind.into(), &label.into())
            );
        }
    }
}

/// docs/behind-a-tee.md: each branch writes its own text, on the same objects.
#[test]
fn branches_behind_a_tee_have_texts_of_their_own() {
    let scratch = Scratch::new("tee");
    let film = short_film(&scratch, 20);
    let files = ["inside", "outside"].map(|name| scratch.file(&format!("{name}.jsonl")));
    let replacements = [
        (".deps/media/vtest.h264", film.as_str()),
        ("out/inside.jsonl", &files[0]),
        ("out/outside.jsonl", &files[1]),
    ];
    let output = launch(&pipeline("behind-a-tee.txt", &replacements));
    assert!(output.status.success(), "{}", text(&output));
    assert_no_warnings(&output);
    assert_no_leaks(&output);
    let frames = files.map(|file| -> Vec<serde_json::Value> {
        let lines = std::fs::read_to_string(file).unwrap();
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    });
    assert_eq!(frames[0].len(), 20);
    let objects = |frame: &serde_json::Value| {
        let objects = frame["objects"].as_array().unwrap().iter();
        let mut rects: Vec<_> = objects.map(|o| o["rect"].to_string()).collect();
        rects.sort(); // nvvideoconvert's copy has them in reverse
        rects
    };
    for (inside, outside) in frames[0].iter().zip(&frames[1]) {
        assert_eq!(objects(inside), objects(outside));
        let count = objects(inside).len();
        for (frame, name) in [(inside, "inside"), (outside, "outside")] {
            let displays = frame["displays"].as_array().unwrap();
            let texts = displays.iter().flat_map(|d| d["texts"].as_array().unwrap());
            let texts: Vec<_> = texts.map(|t| t["text"].as_str().unwrap()).collect();
            assert_eq!(texts, [format!("{name}:{count}")]);
        }
    }
}

/// The film is kept up to where its source breaks off.
#[test]
fn a_truncated_film_is_annotated_as_far_as_it_goes() {
    let scratch = Scratch::new("truncated");
    let film = short_film(&scratch, 40);
    let bytes = std::fs::read(&film).unwrap();
    std::fs::write(&film, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let result = scratch.file("out.mp4");
    let words = pipeline(
        "ssd-parser.txt",
        &[
            (".deps/media/vtest.h264", &film),
            ("out/ssd-parser.mp4", &result),
            ("rsosdannotate", "rsosdannotate post-messages=true"),
        ],
    );
    let output = launch(&words);
    assert!(output.status.success(), "{}", text(&output));
    let frames = frames_told(&output).len();
    assert!((10..40).contains(&frames), "{frames}");
    assert_eq!(play(&result), (768, 576, frames));
}

/// Runs the sample's pipeline with something replaced, and expects an error that says what.
fn expect_error(replacements: &[(&str, &str)], parts: &[&str]) {
    let scratch = Scratch::new(&format!("error-{:?}", std::thread::current().id()));
    let result = scratch.file("out.mp4");
    let mut all = vec![("out/ssd-parser.mp4", result.as_str())];
    all.extend_from_slice(replacements);
    let output = launch(&pipeline("ssd-parser.txt", &all));
    let text = text(&output);
    assert!(!output.status.success(), "{text}");
    assert_ne!(output.status.code(), Some(124), "the pipeline hung: {text}");
    assert!(text.contains("ERROR"), "{text}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
}

#[test]
fn a_missing_film_is_named() {
    expect_error(
        &[(".deps/media/vtest.h264", "/no/such/film.h264")],
        &["/no/such/film.h264"],
    );
}

#[test]
fn a_missing_labels_file_is_named() {
    expect_error(
        &[("pipelines/config/labels.txt", "/no/such/labels.txt")],
        &["/no/such/labels.txt"],
    );
}

#[test]
fn a_missing_configuration_is_named() {
    expect_error(
        &[("pipelines/config/nvinferserver.txt", "/no/such/config.txt")],
        &["/no/such/config.txt"],
    );
}

/// A configuration like the pipeline's own with one text replaced.
fn changed_config(scratch: &Scratch, from: &str, to: &str) -> String {
    let folder = Path::new(ROOT).join("pipelines/config");
    let config = std::fs::read_to_string(folder.join("nvinferserver.txt")).unwrap();
    assert!(config.contains(from));
    let config = config
        .replace(
            "../../.deps",
            Path::new(ROOT).join(".deps").to_str().unwrap(),
        )
        .replace(from, to);
    let file = scratch.file("config.txt");
    std::fs::write(&file, config).unwrap();
    std::fs::copy(folder.join("labels.txt"), scratch.file("labels.txt")).unwrap();
    file
}

#[test]
fn a_missing_model_is_named() {
    let scratch = Scratch::new("model");
    let config = changed_config(&scratch, "ssdlite_pedestrian", "no_such_model");
    expect_error(
        &[("pipelines/config/nvinferserver.txt", &config)],
        &["no_such_model"],
    );
}

#[test]
fn a_syntax_error_in_a_configuration_has_its_line() {
    let scratch = Scratch::new("syntax");
    let config = changed_config(&scratch, "max_batch_size: 4", "max_batch_size 4");
    let text = std::fs::read_to_string(&config).unwrap();
    let line = text
        .lines()
        .position(|l| l.contains("max_batch_size 4"))
        .unwrap()
        + 1;
    expect_error(
        &[("pipelines/config/nvinferserver.txt", &config)],
        &["config.txt", &format!("{line}")],
    );
}

/// Without the tensors there is nothing to parse: frames pass, no objects.
#[test]
fn without_tensors_the_film_has_no_objects() {
    let scratch = Scratch::new("no-tensors");
    let film = short_film(&scratch, 5);
    let config = changed_config(
        &scratch,
        "output_tensor_meta: true",
        "output_tensor_meta: false",
    );
    let result = scratch.file("out.mp4");
    let words = pipeline(
        "ssd-parser.txt",
        &[
            (".deps/media/vtest.h264", &film),
            ("out/ssd-parser.mp4", &result),
            ("pipelines/config/nvinferserver.txt", &config),
            ("rsosdannotate", "rsosdannotate post-messages=true"),
        ],
    );
    let output = launch(&words);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(
        frames_told(&output),
        [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)]
    );
}

#[test]
fn an_unknown_template_field_ends_the_pipeline() {
    expect_error(
        &[("rsosdannotate", "rsosdannotate frame-text={vehicles}")],
        &["{vehicles}", "{count:LABEL}"],
    );
}

/// A batch of four sources: each frame has its own objects and its own number.
#[test]
fn four_sources_in_one_batch() {
    let scratch = Scratch::new("four");
    let film = short_film(&scratch, 20);
    let mut line = String::from(
        "nvstreammux name=mux width=768 height=576 batch-size=4 batched-push-timeout=1000000 \
         ! nvinferserver config-file-path=pipelines/config/nvinferserver.txt \
         ! rsssdparser labels-file=pipelines/config/labels.txt \
         ! rsosdannotate post-messages=true ! fakesink",
    );
    for i in 0..4 {
        line +=
            &format!(" filesrc location={film} ! h264parse ! nvv4l2decoder ! queue ! mux.sink_{i}");
    }
    let output = launch(
        &line
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    assert!(output.status.success(), "{}", text(&output));
    assert_no_leaks(&output);
    let mut told = frames_told(&output);
    assert_eq!(told.len(), 80);
    assert!(told.iter().map(|t| t.1).sum::<u32>() > 120, "{told:?}");
    told.sort_unstable();
    for (frame, four) in told.chunks_exact(4).enumerate() {
        // The four sources show the same film, so the same frame has the same objects.
        assert!(
            four.iter().all(|t| *t == four[0] && t.0 == frame as i32),
            "{four:?}"
        );
    }
}

/// What nvdsosd draws, in pixels: a red frame around every object, white on black for the texts.
#[test]
fn boxes_and_texts_are_drawn() {
    let scratch = Scratch::new("pixels");
    let film = short_film(&scratch, 3);
    let raw = scratch.file("frames.rgba");
    let words = pipeline(
        "ssd-parser.txt",
        &[
            (".deps/media/vtest.h264", &film),
            ("out/ssd-parser.mp4", &raw),
            (
                "! x264enc bitrate=2000 speed-preset=superfast\n! h264parse\n! qtmux\n",
                "",
            ),
            ("format=I420", "format=RGBA"),
            ("rsosdannotate", "rsosdannotate post-messages=true"),
        ],
    );
    let output = launch(&words);
    assert!(output.status.success(), "{}", text(&output));
    let (width, height) = (768, 576);
    let bytes = std::fs::read(&raw).unwrap();
    assert_eq!(bytes.len(), 3 * width * height * 4);
    for (frame, (_, objects)) in bytes
        .chunks_exact(width * height * 4)
        .zip(frames_told(&output))
    {
        let pixel = |x: usize, y: usize| {
            let at = (y * width + x) * 4;
            [frame[at], frame[at + 1], frame[at + 2]]
        };
        let count = |test: &dyn Fn([u8; 3]) -> bool,
                     xs: std::ops::Range<usize>,
                     ys: std::ops::Range<usize>| {
            ys.flat_map(|y| xs.clone().map(move |x| (x, y)))
                .filter(|(x, y)| test(pixel(*x, *y)))
                .count()
        };
        // Colours went through NV12 and back: near, not equal.
        let red = |[r, g, b]: [u8; 3]| r > 200 && g < 60 && b < 60;
        let black = |p: [u8; 3]| p.iter().all(|c| *c < 40);
        let white = |p: [u8; 3]| p.iter().all(|c| *c > 200);
        // The frame's text starts at (10, 12) and is about 250 x 17 pixels large.
        let area = 250 * 15;
        let (ink, paper) = (
            count(&white, 11..261, 13..28),
            count(&black, 11..261, 13..28),
        );
        assert!(
            paper * 2 > area && ink * 20 > area,
            "{ink} white, {paper} black of {area}"
        );
        // The smallest pedestrian's frame, three pixels thick, has more than 200 pixels.
        let reds = count(&red, 0..width, 30..height);
        assert!(
            reds > 200 * objects as usize,
            "{reds} red pixels for {objects} objects"
        );
    }
}

/// The lines of rsmetajson in two files are equal, byte for byte.
fn assert_same_lines(live: &str, replayed: &str) -> String {
    let live = std::fs::read_to_string(live).unwrap();
    let replayed = std::fs::read_to_string(replayed).unwrap();
    for (number, (live, replayed)) in live.lines().zip(replayed.lines()).enumerate() {
        assert_eq!(live, replayed, "line {number}");
    }
    assert_eq!(live, replayed);
    live
}

/// What was recorded gives the same metadata without the network as it gave with it, all of it.
#[test]
fn a_replayed_recording_has_the_metadata_of_the_live_run() {
    let scratch = Scratch::new("replay");
    let film = short_film(&scratch, 50);
    let files = scratch.file("%06u.safetensors");
    let recorded = "out/recording/%06u.safetensors";
    // The wall clock's time differs from run to run.
    let no_clock = ("batch-size=1", "batch-size=1 attach-sys-ts=false");
    let lines = |name: &str| {
        format!(
            "! rsssdparser labels-file=pipelines/config/labels.txt ! rsmetajson location={} \
             ! fakesink",
            scratch.file(name)
        )
    };
    let live = launch(&pipeline(
        "record.txt",
        &[
            (".deps/media/vtest.h264", &film),
            (recorded, &files),
            ("! fakesink", &lines("live.jsonl")),
            no_clock,
        ],
    ));
    assert!(live.status.success(), "{}", text(&live));
    assert_no_leaks(&live);
    let replay = [
        (".deps/media/vtest.h264", film.as_str()),
        (recorded, &files),
    ];
    let replayed = launch(&pipeline(
        "replay.txt",
        &[
            replay[0],
            replay[1],
            (
                "! rsssdparser labels-file=pipelines/config/labels.txt",
                lines("replayed.jsonl").trim_end_matches("! fakesink"),
            ),
            no_clock,
        ],
    ));
    assert!(replayed.status.success(), "{}", text(&replayed));
    assert_no_leaks(&replayed);
    let lines = assert_same_lines(&scratch.file("live.jsonl"), &scratch.file("replayed.jsonl"));
    assert_eq!(lines.lines().count(), 50);
    assert!(lines.matches(r#""label":"person""#).count() >= 100);
    assert_eq!(lines.matches(r#""name":"detection_boxes""#).count(), 50);
    replay::instead_of_a_network(&scratch, &film, &files, no_clock);
    // One file less than frames.
    std::fs::remove_file(scratch.file("000049.safetensors")).unwrap();
    let output = launch(&pipeline("replay.txt", &replay));
    assert!(!output.status.success());
    let text = text(&output);
    assert!(
        text.contains("000049.safetensors") && text.contains("49 files"),
        "{text}"
    );
}

/// Eight sources that show different parts of the film, in batches of eight.
#[test]
fn batches_of_eight_are_replayed() {
    let scratch = Scratch::new("eight");
    let files = scratch.file("%06u.safetensors");
    let films: Vec<_> = (0..8)
        .map(|source| film_part(&scratch, source * 25, 8))
        .collect();
    let run = |name: &str, inference: &str| {
        let json = scratch.file(name);
        let mut line = format!(
            "nvstreammux name=mux width=768 height=576 batch-size=8 attach-sys-ts=false \
             batched-push-timeout=10000000 ! {inference} \
             ! rsssdparser labels-file=pipelines/config/labels.txt \
             ! rsmetajson location={json} ! fakesink"
        );
        for (source, film) in films.iter().enumerate() {
            line += &format!(
                " filesrc location={film} ! h264parse ! nvv4l2decoder ! queue ! mux.sink_{source}"
            );
        }
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let output = launch(&words);
        assert!(output.status.success(), "{}", text(&output));
        assert_no_leaks(&output);
        let mut lines: Vec<serde_json::Value> = std::fs::read_to_string(json)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        for line in &mut lines {
            // The place in the batch is a matter of chance.
            line["batch_id"].take();
        }
        lines.sort_by_key(|line| (line["pad_index"].as_u64(), line["frame_num"].as_i64()));
        lines
    };
    let live = run(
        "live.jsonl",
        &format!(
            "nvinferserver config-file-path=pipelines/config/nvinferserver.txt \
             ! rstensorrecord location={files}"
        ),
    );
    let replayed = run(
        "replayed.jsonl",
        &format!("rstensorreplay location={files}"),
    );
    assert_eq!(live.len(), 64);
    assert!(live.iter().all(|l| l["buffer"] == l["frame_num"]));
    let objects = |line: &serde_json::Value| line["objects"].as_array().unwrap().len();
    assert!(live.iter().map(objects).sum::<usize>() > 100);
    assert_eq!(live, replayed);
}

/// Runs a program of examples/ in the project's folder with the plugins of this build.
fn example(program: &str, arguments: &[&str]) -> String {
    let output = Command::new("timeout")
        .args(["--kill-after=5", "120", program])
        .args(arguments)
        .current_dir(ROOT)
        .env("GST_PLUGIN_PATH", plugin_path())
        .env(
            "GST_REGISTRY_1_0",
            Path::new(&plugin_path()).join("registry"),
        )
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        text(&output)
    );
    String::from_utf8(output.stdout).unwrap()
}

const PYTHON: &str = "/usr/bin/python3";

/// A line of pipelines/ with a short film, in a file, and without an encoder.
fn short_line(scratch: &Scratch, film: &str) -> String {
    let words = pipeline("ssd-parser.txt", &[(".deps/media/vtest.h264", film)]);
    let end = words.iter().position(|word| word == "nvdsosd").unwrap();
    let line = format!("{} ! fakesink", words[..=end].join(" "));
    let path = scratch.file("line.txt");
    std::fs::write(&path, line).unwrap();
    path
}

/// The number behind the first words of a line.
fn number(output: &str, words: &str) -> u64 {
    let line = output.lines().find_map(|line| line.strip_prefix(words));
    let line = line.unwrap_or_else(|| panic!("no line begins with {words:?}: {output}"));
    let digits: String = line.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[test]
fn programs_in_python_and_c_read_the_same_messages() {
    let scratch = Scratch::new("messages");
    let line = short_line(&scratch, &short_film(&scratch, 10));
    let python = example(PYTHON, &["examples/python/messages.py", &line]);
    let program = scratch.file("messages");
    let flags = Command::new("pkg-config")
        .args(["--cflags", "--libs", "gstreamer-1.0"])
        .output()
        .unwrap();
    let flags = String::from_utf8(flags.stdout).unwrap();
    let built = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "examples/c/messages.c", "-o"])
        .arg(&program)
        .args(flags.split_whitespace())
        .current_dir(ROOT)
        .status()
        .unwrap();
    assert!(built.success());
    let c = example(&program, &[&line]);
    let objects = number(&python, "objects person ");
    assert!(objects > 10, "{python}");
    assert_eq!(objects, number(&c, "objects person "));
    // Every object that was counted was explained as kept.
    assert_eq!(objects, number(&python, "entries kept "));
    assert_eq!(
        (number(&python, "frames "), number(&c, "frames ")),
        (10, 10)
    );
}

/// With pyds only where it is: it is built from its own source, and is no dependency of this project.
#[test]
fn a_python_program_reads_key_points_with_and_without_pyds() {
    let program = |way| {
        example(
            PYTHON,
            &[
                "examples/python/key_points_pyds.py",
                way,
                "pipelines/pose.txt",
            ],
        )
    };
    let told = program("json");
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 50, "{told}");
    assert!(lines[0].starts_with("source 0 frame 0 "), "{told}");
    assert!(
        lines.iter().all(|line| line.split(',').count() == 35),
        "{told}"
    );
    let imports = Command::new(PYTHON).args(["-c", "import pyds"]).output();
    if imports.unwrap().status.success() {
        assert_eq!(told, program("pyds"));
    } else {
        eprintln!("skipped: the same by pyds, which {PYTHON} does not have");
    }
}

#[test]
fn an_application_has_elements_in_the_place_of_its_probes() {
    let scratch = Scratch::new("elements");
    let film = short_film(&scratch, 10);
    let output = scratch.file("out.mp4");
    let told = example(
        PYTHON,
        &["examples/python/probe_and_element.py", &film, &output],
    );
    let objects: u64 = told.split(' ').next().unwrap().parse().unwrap();
    assert!(objects > 10, "{told}");
    assert!(std::fs::metadata(&output).unwrap().len() > 1000);
}

/// The line stands where the film's people walk.
#[test]
fn a_program_in_python_counts_who_crosses_a_line() {
    let scratch = Scratch::new("count-line-program");
    let film = short_film(&scratch, 100);
    let output = scratch.file("out.mp4");
    let told = example(
        PYTHON,
        &[
            "examples/python/count_line.py",
            &film,
            &output,
            "40%,55%",
            "99%,55%",
        ],
    );
    let crossed = number(&told, "") + number(told.split(", ").nth(1).unwrap(), "");
    assert!(crossed > 0, "{told}");
    assert!(std::fs::metadata(&output).unwrap().len() > 1000);
}

/// A second copy of the metadata library in one process registers the same types again, and the pipeline hangs.
#[test]
fn what_is_linked_to_the_metadata_library_finds_the_copy_of_the_elements() {
    let program = "
import ctypes, gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst
Gst.init(None)
parser = Gst.ElementFactory.make('rsssdparser')
assert parser.set_state(Gst.State.READY) == Gst.StateChangeReturn.SUCCESS
ctypes.CDLL('libnvdsgst_meta.so')
with open('/proc/self/maps') as maps:
    print(*sorted({line.split()[-1] for line in maps if '_meta.so' in line and 'libnvds' in line}))
parser.set_state(Gst.State.NULL)
";
    let output = Command::new("bash")
        .args([
            "-c",
            "eval \"$(scripts/env.sh)\"; export GST_PLUGIN_PATH=$2; exec \"$0\" -c \"$1\"",
        ])
        .args([PYTHON, program, &plugin_path()])
        .current_dir(ROOT)
        .env_remove("LD_LIBRARY_PATH")
        .env(
            "GST_REGISTRY_1_0",
            Path::new(&plugin_path()).join("registry"),
        )
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let copies = String::from_utf8(output.stdout).unwrap();
    let copies: Vec<&str> = copies.split_whitespace().collect();
    // NVIDIA's two files, or the one of this project with its two names.
    let folder = Path::new(copies[0]).parent().unwrap();
    assert!(folder.ends_with(".deps/nvds"), "{copies:?}");
    assert!(
        copies
            .iter()
            .all(|copy| Path::new(copy).parent() == Some(folder)),
        "{copies:?}"
    );
}
