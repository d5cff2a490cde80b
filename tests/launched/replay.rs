//! Recorded tensors, or another ONNX file, in the place of a network that cannot be run here.

use super::{Scratch, assert_no_leaks, assert_same_lines, launch_with, pipeline, text};

/// A configuration in the test's folder that names a network which is not to be had here.
fn config(scratch: &Scratch, name: &str, replacements: &[(&str, &str)]) -> String {
    let folder = std::path::Path::new(super::ROOT).join("pipelines/config");
    let mut text = std::fs::read_to_string(folder.join(name)).unwrap();
    for (from, to) in replacements {
        assert!(text.contains(from), "{name} has no {from}");
        text = text.replace(from, to);
    }
    std::fs::write(scratch.file(name), text).unwrap();
    scratch.file(name)
}

/// Plays the recording of `film` that is in the folder, and compares with what was live then in `live.jsonl`.
pub fn instead_of_a_network(scratch: &Scratch, film: &str, files: &str, no_clock: (&str, &str)) {
    let server = config(
        scratch,
        "nvinferserver.txt",
        &[
            ("model_repo {", "grpc {"),
            ("root: \"../../.deps/models\"", "url: \"gpu:8001\""),
            ("strict_model_config: true", ""),
        ],
    );
    let onnx = "onnx-file=../../.deps/nvinfer/ssdlite_pedestrian.onnx";
    let infer = config(
        scratch,
        "nvinfer.txt",
        &[(onnx, "model-engine-file=a.engine")],
    );
    // What is missing first: the network can never be run here.
    let no_labels = config(
        scratch,
        "pgie-detector.txt",
        &[
            (onnx, "model-file=a.caffemodel"),
            ("labelfile-path=", "labelfile-path=/nowhere"),
        ],
    );
    let play = |element: &str, output: &str, variables: &[(&str, &str)]| {
        let lines = format!(
            "! rsssdparser labels-file=pipelines/config/labels.txt ! rsmetajson location={} ! fakesink",
            scratch.file(output)
        );
        let words = pipeline(
            "record.txt",
            &[
                (".deps/media/vtest.h264", film),
                (
                    "nvinferserver config-file-path=pipelines/config/nvinferserver.txt",
                    element,
                ),
                (
                    "! rstensorrecord location=out/recording/%06u.safetensors overwrite=true",
                    "",
                ),
                ("! fakesink", &lines),
                no_clock,
            ],
        );
        launch_with(&words, "", variables)
    };
    // Neither the model's file nor ONNX Runtime is needed.
    let server = format!("nvinferserver config-file-path={server}");
    let infer = format!("nvinfer config-file-path={infer}");
    let no_labels = format!("nvinfer config-file-path={no_labels}");
    let variables = [("RSNVDS_REPLAY_5", files), ("ORT_DYLIB_PATH", "/nowhere")];
    let output = play(&server, "server.jsonl", &variables);
    assert!(output.status.success(), "{}", text(&output));
    assert_no_leaks(&output);
    assert_same_lines(&scratch.file("live.jsonl"), &scratch.file("server.jsonl"));
    let output = play(&infer, "infer.jsonl", &variables);
    assert!(output.status.success(), "{}", text(&output));
    let lines = |name| std::fs::read_to_string(scratch.file(name)).unwrap();
    let people = |name| lines(name).matches(r#""label":"person""#).count();
    assert_eq!(people("infer.jsonl"), people("live.jsonl"));

    // The same network for nvinfer from an ONNX file, which the configuration does not name.
    let path = format!("{}/.deps/nvinfer/ssdlite_pedestrian.onnx", super::ROOT);
    let output = play(&infer, "onnx.jsonl", &[("RSNVDS_ONNX_5", &path)]);
    assert!(output.status.success(), "{}", text(&output));
    assert!(people("onnx.jsonl") >= 100);

    for (element, variables, expected) in [
        (
            &infer,
            &[][..],
            "model-engine-file is a TensorRT engine, which cannot be run on the CPU; name an ONNX file of it with RSNVDS_ONNX_5",
        ),
        (
            &infer,
            &[("RSNVDS_ONNX_1", "a.onnx")],
            "RSNVDS_ONNX_1 of the environment is for another element: this one's unique-id is 5",
        ),
        (
            &no_labels,
            &[],
            "model-file is a Caffe model, which cannot be run on the CPU; name an ONNX file of it with RSNVDS_ONNX_1",
        ),
        (
            &server,
            &[],
            "the model is on a server, gpu:8001, which is not asked; name a folder",
        ),
        (
            &server,
            &[("RSNVDS_REPLAY_5", "/no/such/%u.safetensors")],
            "/no/such/0.safetensors is not there: expected the first file of a recording",
        ),
        (
            &infer,
            &[("RSNVDS_ONNX_5", "a"), ("RSNVDS_REPLAY_5", "b")],
            "RSNVDS_ONNX_5: RSNVDS_REPLAY_5 is set too: unset one of them",
        ),
    ] {
        let output = play(element, "none.jsonl", variables);
        assert!(!output.status.success());
        let text = text(&output);
        assert!(text.contains(expected), "{text}");
    }
}

/// Tensors as of a detector with a grid, made by hand, for a network of 64x64 pixels: a car in the cell at (1, 1), a person
/// in another.
pub fn grid(scratch: &Scratch) -> String {
    let mut cover = [0.0_f32; 2 * 16];
    cover[5] = 0.9;
    cover[16 + 10] = 0.8;
    let (cover, boxes) = (bytes(&cover), bytes(&[0.5_f32; 8 * 16]));
    let view = |shape: &[usize], bytes| {
        safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), bytes)
    };
    let info = r#"{"version":1,"frames":[{}],"inferences":[{"unique_id":5,"network":{"width":64,"height":64,"channels":3}}]}"#;
    let tensors = [
        ("f0.u5.output_cov", view(&[2, 4, 4], &cover).unwrap()),
        ("f0.u5.output_bbox", view(&[8, 4, 4], &boxes).unwrap()),
    ];
    let info = [("nvds".to_owned(), info.to_owned())].into();
    let file = safetensors::serialize(tensors, Some(info)).unwrap();
    std::fs::write(scratch.file("grid.safetensors"), file).unwrap();
    scratch.file("grid.safetensors")
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// Both elements parse what was recorded. `topk` is for each class in nvinfer, for all together in nvinferserver.
#[test]
fn recorded_tensors_are_parsed() {
    let scratch = Scratch::new("replay-parsed");
    let film = super::short_film(&scratch, 2);
    let recording = grid(&scratch);
    std::fs::write(scratch.file("labels.txt"), "car\nperson\n").unwrap();
    let infer = "\
property:
  gie-unique-id: 5
  model-file: a.caffemodel
  proto-file: a.prototxt
  labelfile-path: labels.txt
  num-detected-classes: 2
  cluster-mode: 2
class-attrs-all:
  pre-cluster-threshold: 0.4
  topk: 1
";
    let server = r#"infer_config { unique_id: 5 max_batch_size: 1
  backend { triton { model_name: "m" grpc { url: "gpu:8001" } } }
  postprocess { labelfile_path: "labels.txt" detection { num_detected_classes: 2
    nms { confidence_threshold: 0.4 iou_threshold: 0.5 topk: 1 } } } }"#;
    for (element, name, config, labels) in [
        ("nvinfer", "infer.yml", infer, &["car", "person"][..]),
        ("nvinferserver", "server.txt", server, &["car"]),
    ] {
        std::fs::write(scratch.file(name), config).unwrap();
        let lines = format!(
            "! rsmetajson location={} ! fakesink",
            scratch.file("out.jsonl")
        );
        let element = format!("{element} config-file-path={}", scratch.file(name));
        let words = pipeline(
            "record.txt",
            &[
                (".deps/media/vtest.h264", &film),
                (
                    "nvinferserver config-file-path=pipelines/config/nvinferserver.txt",
                    &element,
                ),
                (
                    "! rstensorrecord location=out/recording/%06u.safetensors overwrite=true",
                    "",
                ),
                ("! fakesink", &lines),
            ],
        );
        let output = launch_with(&words, "", &[("RSNVDS_REPLAY_5", &recording)]);
        assert!(output.status.success(), "{}", text(&output));
        let lines = std::fs::read_to_string(scratch.file("out.jsonl")).unwrap();
        assert_eq!(lines.lines().count(), 2, "{lines}");
        for line in lines.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let objects = line["objects"].as_array().unwrap();
            let found: Vec<_> = objects.iter().map(|object| &object["label"]).collect();
            assert_eq!(found, labels, "{line}");
            assert_eq!(objects[0]["unique_component_id"], 5, "{line}");
            assert_eq!(
                objects[0]["rect"],
                serde_json::json!([0.0, 0.0, 408.0, 306.0]),
                "{line}"
            );
        }
    }
}
