//! The project's own parser library in the stand-ins, against the element that does the same.

use std::path::Path;

use super::{
    ROOT, Scratch, assert_no_leaks, assert_no_warnings, launch_with, pipeline, short_film, text,
};

const LIBRARY: &str = "libnvdsinfer_custom_rsnvds.so";

fn library() -> String {
    let exe = std::env::current_exe().unwrap();
    let library = exe.with_file_name(LIBRARY);
    assert!(
        library.exists(),
        "{} is missing: run the tests of the whole workspace",
        library.display()
    );
    library.to_str().unwrap().to_owned()
}

/// Objects of each frame as label, confidence and box, by place.
fn objects(file: &str) -> Vec<Vec<(String, [f64; 5])>> {
    let lines = std::fs::read_to_string(file).unwrap();
    let frame = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let object = |object: &serde_json::Value| {
            let side = |side: usize| object["rect"][side].as_f64().unwrap();
            let numbers = [
                side(0),
                side(1),
                side(2),
                side(3),
                object["confidence"].as_f64().unwrap(),
            ];
            (object["label"].as_str().unwrap().to_owned(), numbers)
        };
        let mut objects: Vec<_> = line["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(object)
            .collect();
        objects.sort_by(|a, b| a.1.partial_cmp(&b.1).unwrap());
        objects
    };
    lines.lines().map(frame).collect()
}

/// One line with `infer` and perhaps more in the places of the network and the parser.
fn play(infer: &str, json: &str, variables: &[(&str, &str)]) {
    let line = std::fs::read_to_string(Path::new(ROOT).join("pipelines/yolox.txt")).unwrap();
    let (_, behind) = line.split_once("label").unwrap();
    let (_, behind) = behind.split_once("! nvvideoconvert").unwrap();
    let behind = format!("! nvvideoconvert{behind}");
    let parser = "! rsyoloparser format=yolox padding=right-bottom labels-file=pipelines/config/character.txt \
                  score-threshold=0.3";
    let recorder = format!("! rsmetajson location={json} fields=objects ! fakesink");
    let words = pipeline(
        "yolox.txt",
        &[
            (behind.trim_end(), &recorder),
            (parser, ""),
            ("num-buffers=50", "num-buffers=3"),
            (
                "nvinfer config-file-path=pipelines/config/yolox-nvinfer.txt",
                infer,
            ),
        ],
    );
    let output = launch_with(&words, "", variables);
    assert!(output.status.success(), "{}", text(&output));
    assert_no_warnings(&output);
    assert_no_leaks(&output);
}

/// A real YOLOX finds characters; what it put out is recorded, and read by both elements with the library.
#[test]
fn the_parser_library_finds_what_the_element_finds() {
    let scratch = Scratch::new("parser-library");
    let recording = scratch.file("%06u.safetensors");
    // Squeezed, as metas of DeepStream 6.0 do not tell the element of a kept aspect.
    let config = Path::new(ROOT).join("pipelines/config/yolox-nvinfer.txt");
    let config = std::fs::read_to_string(config).unwrap();
    let config = config
        .replace("maintain-aspect-ratio=1", "maintain-aspect-ratio=0")
        .replace("../../.deps", &format!("{ROOT}/.deps"));
    std::fs::write(scratch.file("live.txt"), config).unwrap();
    let live = format!(
        "nvinfer config-file-path={} ! rstensorrecord location={recording} \
         ! rsyoloparser format=yolox labels-file=pipelines/config/character.txt score-threshold=0.3 \
         nms-iou-threshold=0.5",
        scratch.file("live.txt")
    );
    play(&live, &scratch.file("live.jsonl"), &[]);
    let expected = objects(&scratch.file("live.jsonl"));
    assert_eq!(expected.len(), 3);
    assert!(
        expected.iter().all(|frame| frame.len() >= 5),
        "{expected:?}"
    );

    let labels = Path::new(ROOT).join("pipelines/config/character.txt");
    let (labels, library) = (labels.display(), library());
    let infer = format!(
        "[property]\ngie-unique-id=8\nmodel-engine-file=a.engine\nlabelfile-path={labels}\nnum-detected-classes=1\n\
         cluster-mode=2\nparse-bbox-func-name=NvDsInferParseRsnvdsYolo\n\
         custom-lib-path={library}\n[class-attrs-all]\npre-cluster-threshold=0.3\nnms-iou-threshold=0.5\n"
    );
    let server = format!(
        "infer_config {{ unique_id: 8 max_batch_size: 1\n  backend {{ triton {{ model_name: \"m\" grpc {{ url: \"gpu:8001\" }} }} }}\n  \
         postprocess {{ labelfile_path: \"{labels}\" detection {{ num_detected_classes: 1\n    \
         custom_parse_bbox_func: \"NvDsInferParseRsnvdsYolo\" nms {{ confidence_threshold: 0.3 iou_threshold: 0.5 }} }} }}\n  \
         custom_lib {{ path: \"{library}\" }} }}"
    );
    let variables = [
        ("RSNVDS_REPLAY_8", recording.as_str()),
        ("RSNVDS_PARSER_OPTIONS", "format=yolox"),
    ];
    for (element, config) in [("nvinfer", infer), ("nvinferserver", server)] {
        let file = scratch.file(&format!("{element}.txt"));
        let json = scratch.file(&format!("{element}.jsonl"));
        std::fs::write(&file, config).unwrap();
        play(
            &format!("{element} config-file-path={file}"),
            &json,
            &variables,
        );
        let found = objects(&json);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(
                found.len(),
                expected.len(),
                "{element}: {found:?}, expected {expected:?}"
            );
            for ((label, found), (wanted, expected)) in found.iter().zip(expected) {
                let far = |(a, b): (&f64, &f64)| (a - b).abs() > 1e-3;
                let differs = found.iter().zip(expected).any(far);
                assert!(
                    label == wanted && !differs,
                    "{element}: {found:?}, expected {expected:?}"
                );
            }
        }
    }
}

#[test]
fn options_that_cannot_be_read_end_the_pipeline() {
    let scratch = Scratch::new("parser-options");
    let recording = super::replay::grid(&scratch);
    let parser = format!(
        "[property]\nparse-bbox-func-name=NvDsInferParseRsnvds\ncustom-lib-path={}\n",
        library()
    );
    let config = super::apps::DETECTOR.replace("[property]\n", &parser);
    std::fs::write(scratch.file("pgie.txt"), config).unwrap();
    std::fs::write(scratch.file("labels.txt"), "car\nperson\n").unwrap();
    let line = format!(
        "nvvideotestsrc num-buffers=3 ! video/x-raw(memory:NVMM),format=NV12,width=640,height=480 ! m.sink_0 \
         nvstreammux name=m width=640 height=480 batch-size=1 ! nvinfer config-file-path={} ! fakesink",
        scratch.file("pgie.txt")
    );
    let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
    let variables = [
        ("RSNVDS_REPLAY_5", recording.as_str()),
        ("RSNVDS_PARSER_OPTIONS", "fromat=yolox"),
    ];
    let output = launch_with(&words, "", &variables);
    let told = text(&output);
    assert!(!output.status.success(), "{told}");
    for expected in [
        "RSNVDS_PARSER_OPTIONS: fromat: no such key, did you mean format?",
        "NvDsInferParseRsnvds",
        "nvinfer0",
    ] {
        assert!(told.contains(expected), "{told}");
    }
}

/// The objects of each frame of which nvdspreprocess hands both halves to nvinfer: `replacements` are made in the line.
fn halves(film: &str, json: &str, replacements: &[(&str, &str)]) -> Vec<Vec<(String, [f64; 5])>> {
    let line = std::fs::read_to_string(Path::new(ROOT).join("pipelines/preprocess.txt")).unwrap();
    let (_, behind) = line.split_once("! nvvideoconvert").unwrap();
    let behind = format!("! nvvideoconvert{behind}");
    let recorder = format!("! rsmetajson location={json} fields=objects ! fakesink");
    let mut all = vec![
        (".deps/media/vtest.h264", film),
        (behind.trim_end(), &recorder),
    ];
    all.extend(replacements);
    let output = launch_with(&pipeline("preprocess.txt", &all), "", &[]);
    assert!(output.status.success(), "{}", text(&output));
    assert_no_warnings(&output);
    assert_no_leaks(&output);
    objects(json)
}

/// A detector finds people in both halves of a picture that nvdspreprocess hands to it, and their boxes are the picture's:
/// nvinfer by itself, and the element by the tensors of the regions.
#[test]
fn halves_of_nvdspreprocess_are_searched_for_people() {
    let scratch = Scratch::new("regions");
    let film = short_film(&scratch, 40);
    let config = Path::new(ROOT).join("pipelines/config/pgie-detector.txt");
    let config = std::fs::read_to_string(config).unwrap();
    let config = config
        .replace(
            "../../target/plugins/libnvdsinfer_custom_rsnvds.so",
            &library(),
        )
        .replace("../../.deps", &format!("{ROOT}/.deps"))
        .replace(
            "labelfile-path=",
            &format!("labelfile-path={ROOT}/pipelines/config/"),
        );
    let (file, json) = (scratch.file("pgie.txt"), scratch.file("out.jsonl"));
    std::fs::write(&file, config).unwrap();
    let frames = halves(
        &film,
        &json,
        &[
            (
                "config-file-path=pipelines/config/nvinfer.txt",
                &format!("config-file-path={file} unique-id=5"),
            ),
            (
                "! rsssdparser labels-file=pipelines/config/labels.txt score-threshold=0.4 nms-iou-threshold=0.5",
                "",
            ),
        ],
    );
    let by_element = halves(&film, &scratch.file("element.jsonl"), &[]);
    assert_eq!(by_element.len(), frames.len());
    for (one, other) in frames.iter().zip(&by_element) {
        assert_eq!(one.len(), other.len(), "{one:?}\n{other:?}");
        for ((label, numbers), (other_label, other_numbers)) in one.iter().zip(other) {
            assert_eq!(label, other_label);
            let near = |(a, b): (&f64, &f64)| (a - b).abs() < 0.1;
            assert!(
                numbers.iter().zip(other_numbers).all(near),
                "{one:?}\n{other:?}"
            );
        }
    }
    assert_eq!(frames.len(), 40);
    let mut found = [0, 0];
    for objects in &frames {
        let inside = |[left, _, width, ..]: &[f64; 5], from: f64| {
            *left >= from && left + width <= from + 384.5
        };
        let in_half = |from| objects.iter().filter(|(_, o)| inside(o, from)).count();
        found[0] += in_half(0.0);
        found[1] += in_half(384.0);
        assert_eq!(in_half(0.0) + in_half(384.0), objects.len(), "{objects:?}");
        assert!(objects.iter().all(|(label, _)| label == "person"));
    }
    // People walk in both halves, and a detector of the whole picture would find those who cross the middle.
    assert!(found[0] >= 10 && found[1] >= 40, "{found:?}");
}
