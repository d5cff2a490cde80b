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
