//! Lines of several real networks behind each other: a detector and a classifier, and faces with what two networks say of
//! them. pipelines/plates.txt is the third of the kind.

use serde_json::Value;

use super::{Scratch, assert_no_leaks, assert_no_warnings, launch, pipeline, text};

/// The lines of JSON of a line's first frames.
fn frames(file: &str, source: &str, count: usize) -> Vec<Value> {
    let scratch = Scratch::new(file);
    let (json, film) = (scratch.file("lines.jsonl"), scratch.file("film.mp4"));
    let recorder = format!(
        "! rsmetajson location={json} fields=objects+classifiers+embeddings\n! rsosdannotate"
    );
    let short = format!("{source}\n! identity eos-after={}", count + 1);
    let out = format!("out/{}.mp4", file.strip_suffix(".txt").unwrap());
    let output = launch(&pipeline(
        file,
        &[
            (source, &short),
            ("! rsosdannotate", &recorder),
            (&out, &film),
        ],
    ));
    assert!(output.status.success(), "{}", text(&output));
    assert_no_warnings(&output);
    assert_no_leaks(&output);
    let lines = std::fs::read_to_string(json).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.len() >= count, "{} of {count} frames", lines.len());
    lines
}

/// Label and score of an object's result of this type.
fn result<'o>(object: &'o Value, kind: &str) -> Option<(&'o str, f64)> {
    let results = object["classifiers"].as_array()?;
    let found = results.iter().find(|result| result["type"] == kind)?;
    let label = &found["labels"][0];
    Some((label["label"].as_str()?, label["probability"].as_f64()?))
}

/// A van and a smaller car stand on the right at the top of the demo's film; people walk. The classifier is shown the van
/// alone: of classes but that of cars nothing, and no car narrower than 48 pixels.
#[test]
fn a_classifier_tells_what_cars_a_detector_found() {
    for frame in frames("car-kinds.txt", "! nvv4l2decoder", 2) {
        let objects = frame["objects"].as_array().unwrap();
        let (cars, others): (Vec<_>, Vec<_>) =
            objects.iter().partition(|object| object["label"] == "Car");
        let right = |car: &&Value| car["rect"][0].as_f64().unwrap() > 600.0;
        let wide = |car: &&Value| car["rect"][2].as_f64().unwrap() >= 48.0;
        let (vans, small): (Vec<_>, Vec<_>) = cars.iter().copied().filter(right).partition(wide);
        assert_eq!((vans.len(), small.len()), (1, 1), "{frame}");
        assert_eq!(result(small[0], "kind"), None, "{frame}");
        for van in vans {
            let (kind, score) = result(van, "kind").unwrap_or_else(|| panic!("{frame}"));
            assert_eq!(kind, "moving van", "{frame}");
            assert!(score >= 0.4, "{frame}");
            assert_eq!(van["classifiers"][0]["unique_component_id"], 12);
        }
        assert!(
            others.iter().any(|object| object["label"] == "Person"),
            "{frame}"
        );
        for other in others {
            assert_eq!(result(other, "kind"), None, "{frame}");
        }
    }
}

/// A man of about thirty drives; the gallery has him from two pictures of this film.
#[test]
fn two_networks_describe_a_face() {
    for frame in frames("face-attributes.txt", "! nvv4l2decoder", 2) {
        let [face] = &frame["objects"].as_array().unwrap()[..] else {
            panic!("expected one face: {frame}");
        };
        assert_eq!(face["label"], "face");
        let told = |kind| result(face, kind).unwrap_or_else(|| panic!("no {kind}: {frame}"));
        assert_eq!(told("gender").0, "male", "{frame}");
        let age: u32 = told("age").0.parse().unwrap();
        assert!((25..=35).contains(&age), "{frame}");
        let (name, cosine) = told("name");
        assert!(name == "driver" && cosine > 0.9, "{frame}");
        assert!(told("emotion").1 >= 0.3, "{frame}");
        assert_eq!(
            face["embeddings"][0]["values"].as_array().unwrap().len(),
            1024
        );
        let ids = face["classifiers"].as_array().unwrap().iter();
        let ids: Vec<_> = ids
            .map(|result| result["unique_component_id"].as_i64())
            .collect();
        assert_eq!(
            ids.iter().filter(|&&id| id == Some(14)).count(),
            3,
            "{frame}"
        );
    }
}

/// A drawn face is nobody of the gallery: it has no name.
#[test]
fn a_stranger_has_no_name() {
    let scratch = Scratch::new("stranger");
    let json = scratch.file("lines.jsonl");
    let mut line = pipeline("face-attributes.txt", &[]);
    let mux = line.iter().position(|word| word == "nvstreammux").unwrap();
    let end = line
        .iter()
        .position(|word| word == "rsosdannotate")
        .unwrap();
    line.truncate(end);
    let drawn = "filesrc location=examples/gallery/face.svg ! rsvgdec ! videoconvert ! imagefreeze num-buffers=2
        ! video/x-raw,format=RGBA,framerate=25/1 ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_0";
    line.splice(..mux, drawn.split_whitespace().map(str::to_owned));
    let recorder = format!("rsmetajson location={json} fields=objects+classifiers ! fakesink");
    line.extend(recorder.split_whitespace().map(str::to_owned));
    let output = launch(&line);
    assert!(output.status.success(), "{}", text(&output));
    let lines = std::fs::read_to_string(json).unwrap();
    assert_eq!(lines.lines().count(), 2);
    for line in lines.lines() {
        let frame: Value = serde_json::from_str(line).unwrap();
        let face = &frame["objects"][0];
        assert_eq!(face["label"], "face", "{frame}");
        assert!(result(face, "gender").is_some(), "{frame}");
        assert_eq!(result(face, "name"), None, "{frame}");
    }
}
