//! Programs of examples/ with several sources: frames carry their source and number as blocks, which are read back in what the
//! programs show, so that no frame of a source is lost or mixed up while others come, go and fail.

mod broken;
mod recorded;
mod rtsp;

use std::path::Path;
use std::process::Command;

use self::recorded::{Recording, all_frames, detections};
use super::apps::{DETECTOR, app, compile, run};
use super::burnt::{self, Code, HEIGHT, View, WIDTH, boxes, numbers};
use super::{PYTHON, ROOT, Scratch, plugin_path, text};

/// What the programs say of a frame: source, number, and what follows.
type Said = (u32, u32, String);

fn said(output: &[u8]) -> Vec<Said> {
    let lines = String::from_utf8_lossy(output).into_owned();
    let frame = |line: &str| {
        let rest = line.strip_prefix("source ")?;
        let (source, rest) = rest.split_once(" frame ")?;
        let (number, objects) = rest.split_once(':')?;
        Some((
            source.parse().ok()?,
            number.parse().ok()?,
            objects.trim().to_owned(),
        ))
    };
    lines.lines().filter_map(frame).collect()
}

/// The numbers that were said of a source, in their order.
fn said_of(said: &[Said], source: u32) -> Vec<u32> {
    let own = said.iter().filter(|frame| frame.0 == source);
    own.map(|frame| frame.1).collect()
}

/// Each line of a program in C has the object of its frame, a box in pixels of a picture of this size.
fn assert_boxes(said: &[Said], width: f32, height: f32) {
    for (source, number, objects) in said {
        let inside = objects
            .strip_prefix("person[")
            .and_then(|rest| rest.strip_suffix(']'));
        let inside = inside.unwrap_or_else(|| panic!("{source} {number}: {objects}"));
        let found = inside.split(' ').map(|side| side.parse::<f32>().unwrap());
        let [left, top, w, h] = boxes((*source, *number));
        for (found, side) in found.zip([left * width, top * height, w * width, h * height]) {
            assert!(
                (found - side).abs() <= 1.0,
                "{source} {number}: {objects}, not {side}"
            );
        }
    }
}

/// Each line of a program in Python counts it.
fn assert_counts(said: &[Said]) {
    assert!(said.iter().all(|frame| frame.2 == "person 1"), "{said:?}");
}

/// Sinks write pictures of one byte a pixel into NAME.gray.
const SINK: &str = "videoconvert ! video/x-raw,format=GRAY8 ! filesink location={name}.gray";

/// The codes in what a sink wrote, of each of `columns` x `rows` tiles, picture by picture. Where one is read, its box is there.
fn shown(scratch: &Scratch, name: &str, columns: usize, rows: usize) -> Vec<Vec<Option<Code>>> {
    let (width, height) = (columns * WIDTH, rows * HEIGHT);
    let bytes = std::fs::read(scratch.file(&format!("{name}.gray"))).unwrap();
    assert_eq!(bytes.len() % (width * height), 0, "{name}");
    let tile = |pixels, n: usize| View {
        pixels,
        stride: width,
        left: n % columns * WIDTH,
        top: n / columns * HEIGHT,
        width: WIDTH,
        height: HEIGHT,
    };
    let read = |view: View<'_>| {
        view.code()
            .inspect(|code| assert!(view.has_box(*code), "{name}: {code:?}"))
    };
    let tiles = |pixels| (0..columns * rows).map(|n| read(tile(pixels, n))).collect();
    bytes.chunks(width * height).map(tiles).collect()
}

/// The numbers that a tile showed, one after another, which must all be of this source.
fn shown_of(pictures: &[Vec<Option<Code>>], tile: usize, source: u32) -> Vec<u32> {
    let mut codes: Vec<_> = pictures.iter().filter_map(|tiles| tiles[tile]).collect();
    // A tile keeps its picture while batches have none for it.
    codes.dedup();
    assert!(
        codes.iter().all(|code| code.0 == source),
        "{source}: {codes:?}"
    );
    codes.into_iter().map(|code| code.1).collect()
}

/// A folder with the configuration of a detector, and its recording for so many sources and frames.
fn folder(name: &str, sources: u32, frames: u32) -> (Scratch, String) {
    let scratch = Scratch::new(name);
    std::fs::write(scratch.file("pgie.txt"), DETECTOR).unwrap();
    std::fs::write(scratch.file("labels.txt"), "car\nperson\n").unwrap();
    let recording = detections(&scratch, sources, frames);
    (scratch, recording)
}

/// A program with its language's way to start it.
fn programs(scratch: &Scratch, name: &str) -> [Vec<String>; 2] {
    let python = format!("{ROOT}/examples/python/{name}.py");
    [
        vec![compile(scratch, name)],
        vec![PYTHON.to_owned(), python],
    ]
}

/// A program, with the recording of its detector. What is linked to NVIDIA's library, in C, runs on that alone.
fn program(scratch: &Scratch, words: &[String], recording: &str) -> Command {
    let plain: Vec<_> = words.iter().map(String::as_str).collect();
    let mut command = app(scratch, &plain);
    // One for all of these: making it takes longer than the programs.
    let registry = Path::new(&plugin_path()).join("registry");
    command
        .env("RSNVDS_REPLAY_5", recording)
        .env("GST_REGISTRY_1_0", registry);
    if words[0] != PYTHON {
        command.env_remove("RSNVDS_NVDS_LIB_DIR");
    }
    command
}

/// Runs a program, with sinks that write what they show, to its end.
fn play(scratch: &Scratch, words: &[String], recording: &str) -> std::process::Output {
    let mut command = program(scratch, words, recording);
    let output = run(command.env("RSNVDS_SINK", SINK));
    assert!(output.status.success(), "{words:?}: {}", text(&output));
    output
}

#[test]
fn tensors_of_an_ssd_become_objects() {
    const FRAMES: u32 = 8;
    let scratch = Scratch::new("streams-ssd");
    burnt::film(&scratch.file("film.h264"), 3, FRAMES);
    std::fs::write(scratch.file("labels.txt"), "background\nperson\n").unwrap();
    let config = r#"infer_config { unique_id: 5 max_batch_size: 1
  backend { triton { model_name: "m" grpc { url: "gpu:8001" } } } postprocess { other {} } }
  output_control { output_tensor_meta: true }"#;
    std::fs::write(scratch.file("server.txt"), config).unwrap();
    let mut recording = Recording::default();
    for (n, (_, number)) in all_frames(1, FRAMES).enumerate() {
        // The film is that of source 3, and the mux's pad is 0.
        let [left, top, width, height] = boxes((3, number));
        recording.add(&format!("f{n}.u5.num_detections"), &[1], &[2.0]);
        recording.add(&format!("f{n}.u5.detection_scores"), &[2], &[0.9, 0.2]);
        recording.add(&format!("f{n}.u5.detection_classes"), &[2], &[1.0, 1.0]);
        let row = [top, left, top + height, left + width];
        recording.add(
            &format!("f{n}.u5.detection_boxes"),
            &[2, 4],
            &[row, [0.5, 0.5, 0.9, 0.9]].concat(),
        );
        recording
            .frames
            .push(serde_json::json!({"pad_index": 0, "source_id": 0, "frame_num": number}));
    }
    let recording = recording.write(&scratch, "ssd", 5);
    for mut words in programs(&scratch, "ssd_parser") {
        words.extend(["film.h264", "server.txt", "labels.txt"].map(str::to_owned));
        let output = play(&scratch, &words, &recording);
        let mut said = said(&output.stdout);
        assert_eq!(said_of(&said, 0), numbers(FRAMES), "{words:?}");
        if words[0] == PYTHON {
            assert_counts(&said);
        } else {
            said.iter_mut().for_each(|frame| frame.0 = 3);
            assert_boxes(&said, 640.0, 480.0);
        }
        assert_eq!(
            shown_of(&shown(&scratch, "picture", 1, 1), 0, 3),
            numbers(FRAMES),
            "{words:?}"
        );
    }
}

#[test]
fn a_second_network_looks_at_tracked_objects() {
    const FRAMES: u32 = 8;
    let (scratch, recording) = folder("streams-test2", 1, 1);
    // A person who stands: the tracker keeps the id.
    let recording = recording.replace("%06u", "000000");
    burnt::film(&scratch.file("film.h264"), 0, FRAMES);
    let sgie = "[property]\ngie-unique-id=6\nprocess-mode=2\noperate-on-gie-id=5\nnetwork-type=1\n\
                model-engine-file=colors.engine\nlabelfile-path=colors.txt\nclassifier-threshold=0.5\n";
    std::fs::write(scratch.file("sgie.txt"), sgie).unwrap();
    std::fs::write(scratch.file("colors.txt"), "red;green\n").unwrap();
    let mut colors = Recording::default();
    colors.add("f0.o0.u6.softmax", &[2], &[0.1, 0.8]);
    colors.frames.push(serde_json::json!({}));
    let colors = colors
        .write(&scratch, "colors", 6)
        .replace("%06u", "000000");
    for mut words in programs(&scratch, "test2") {
        words.extend(["film.h264", "pgie.txt", "sgie.txt"].map(str::to_owned));
        let python = words[0] == PYTHON;
        words.extend(python.then(|| "objects.jsonl".to_owned()));
        let mut command = program(&scratch, &words, &recording);
        let output = run(command.env("RSNVDS_REPLAY_6", &colors));
        assert!(output.status.success(), "{words:?}: {}", text(&output));
        let said = said(&output.stdout);
        assert_eq!(said_of(&said, 0), numbers(FRAMES), "{words:?}");
        if python {
            assert_counts(&said);
            let lines = std::fs::read_to_string(scratch.file("objects.jsonl")).unwrap();
            for line in lines.lines() {
                let frame: serde_json::Value = serde_json::from_str(line).unwrap();
                let person = &frame["objects"][0];
                assert_eq!(
                    (&person["object_id"], person["label"].as_str()),
                    (&0.into(), Some("person")),
                    "{line}"
                );
                assert!(person.to_string().contains(r#""green""#), "{line}");
            }
            assert_eq!(lines.lines().count(), FRAMES as usize);
        } else {
            assert!(
                said.iter().all(|frame| frame.2 == "person#0(green)"),
                "{said:?}"
            );
        }
    }
}

/// The second source ends early, and the first is at first no film at all: neither takes a frame of the others with it.
#[test]
fn each_source_comes_out_of_the_demux_on_its_own() {
    let frames = [0, 12, 30, 20];
    let (scratch, recording) = folder("streams-demux", 4, 30);
    std::fs::write(scratch.file("0.mkv"), "no film\n".repeat(100)).unwrap();
    for source in 1..4 {
        burnt::film(
            &scratch.file(&format!("{source}.mkv")),
            source,
            frames[source as usize],
        );
    }
    for mut words in programs(&scratch, "demux") {
        words.push("pgie.txt".to_owned());
        words.extend((0..4).map(|n| format!("file://{}", scratch.file(&format!("{n}.mkv")))));
        let output = play(&scratch, &words, &recording);
        let failed = text(&output).contains("source 0 failed: ");
        assert_eq!(failed, words[0] != PYTHON, "{}", text(&output));
        // The next program has a film in its place: the pipeline waits 3 s for one that does not come.
        burnt::film(&scratch.file("0.mkv"), 0, 5);
        let said = said(&output.stdout);
        if words[0] == PYTHON {
            assert_counts(&said);
        } else {
            assert_boxes(&said, 640.0, 480.0);
        }
        for source in 1..4 {
            let expected = numbers(frames[source as usize]);
            assert_eq!(said_of(&said, source), expected, "{words:?}");
            let pictures = shown(&scratch, &format!("picture_{source}"), 1, 1);
            assert_eq!(shown_of(&pictures, 0, source), expected, "{words:?}");
        }
    }
}

/// A source comes and goes by itself; another ends early, one is no film. What a tile shows has no gap.
#[test]
fn sources_come_and_go_while_others_play() {
    let frames = [100, 100, 24];
    let (scratch, recording) = folder("streams-runtime", 4, 100);
    for source in 0..3 {
        burnt::film(
            &scratch.file(&format!("{source}.mkv")),
            source,
            frames[source as usize],
        );
    }
    for mut words in programs(&scratch, "runtime_sources") {
        words.push("pgie.txt".to_owned());
        words.extend((0..3).map(|n| format!("file://{}", scratch.file(&format!("{n}.mkv")))));
        let output = play(&scratch, &words, &recording);
        let said = said(&output.stdout);
        if words[0] == PYTHON {
            assert_counts(&said);
        } else {
            assert_boxes(&said, 640.0, 480.0);
        }
        let pictures = shown(&scratch, "picture", 3, 1);
        let told = text(&output);
        for (source, least) in [(0, 10), (1, 10), (2, 24)] {
            let gone = format!("removing source {source}\n");
            assert_eq!(told.contains(&gone), source != 2, "{told}");
            let numbers_said = said_of(&said, source);
            let count = numbers_said.len() as u32;
            assert_eq!(numbers_said, numbers(count), "{words:?} {source}");
            // Removed, and not ended; but for the last.
            assert!(
                (least..100).contains(&count),
                "{words:?}: {count} of {source}"
            );
            assert_eq!(
                shown_of(&pictures, source as usize, source),
                numbers(count),
                "{words:?}"
            );
        }
        assert_eq!(said_of(&said, 2).len(), 24, "{words:?}");
    }
}

#[test]
fn sources_that_end_or_fail_give_way_to_the_next() {
    let (scratch, recording) = folder("streams-failing", 3, 40);
    for (source, frames) in [(0, 40), (2, 5)] {
        burnt::film(&scratch.file(&format!("{source}.mkv")), source, frames);
    }
    std::fs::write(scratch.file("1.mkv"), "no film\n".repeat(100)).unwrap();
    for mut words in programs(&scratch, "runtime_sources") {
        words.push("pgie.txt".to_owned());
        words.extend((0..3).map(|n| format!("file://{}", scratch.file(&format!("{n}.mkv")))));
        let output = play(&scratch, &words, &recording);
        let told = text(&output);
        assert!(told.contains("source 1 failed: "), "{told}");
        assert!(told.contains("removing source 2\n"), "{told}");
        let pictures = shown(&scratch, "picture", 3, 1);
        for (source, frames) in [(0, 40), (2, 5)] {
            let said = said_of(&said(&output.stdout), source);
            assert_eq!(said, numbers(frames), "{words:?}");
            assert_eq!(
                shown_of(&pictures, source as usize, source),
                numbers(frames),
                "{words:?}"
            );
        }
    }
}

/// Each is over before the next is due: for a while there is none at all.
#[test]
fn a_source_comes_after_all_others_have_ended() {
    let (scratch, recording) = folder("streams-gap", 2, 5);
    for source in 0..2 {
        burnt::film(&scratch.file(&format!("{source}.mkv")), source, 5);
    }
    for mut words in programs(&scratch, "runtime_sources") {
        words.push("pgie.txt".to_owned());
        words.extend((0..2).map(|n| format!("file://{}", scratch.file(&format!("{n}.mkv")))));
        let output = play(&scratch, &words, &recording);
        let pictures = shown(&scratch, "picture", 2, 1);
        for source in 0..2 {
            let said = said_of(&said(&output.stdout), source);
            assert_eq!(said, numbers(5), "{words:?}: {}", text(&output));
            assert_eq!(
                shown_of(&pictures, source as usize, source),
                numbers(5),
                "{words:?}"
            );
        }
    }
}
