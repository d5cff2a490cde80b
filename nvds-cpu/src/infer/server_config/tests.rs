use super::*;
use crate::convert::Method;
use crate::infer::types::NoteLevel;

mod postprocess;

/// Every key of DeepStream's SSD sample, in its layout.
const SAMPLE: &str = r#"
# comment
infer_config {
  unique_id: 5
  gpu_ids: [0]
  max_batch_size: 4
  backend {
    trt_is {
      model_name: "ssd"
      version: -1
      model_repo {
        root: "../repo"
        log_level: 2
        tf_gpu_memory_fraction: 0.4
        tf_disable_soft_placement: 0
      }
    }
  }
  preprocess {
    network_format: IMAGE_FORMAT_RGB
    tensor_order: TENSOR_ORDER_NONE
    maintain_aspect_ratio: 0
    normalize { scale_factor: 1.0 channel_offsets: [0, 0, 0] }
  }
  postprocess {
    labelfile_path: "labels.txt"
    other {}
  }
  extra { copy_input_to_host_buffers: false }
  custom_lib { path: "/opt/libx.so" }
}
input_control { process_mode: PROCESS_MODE_FULL_FRAME interval: 0 }
output_control { output_tensor_meta: true }
"#;

fn parse(text: &str) -> Result<ServerConfig, String> {
    ServerConfig::parse(text, Path::new("/etc/x/c.txt")).map_err(|e| e.to_string())
}

#[test]
fn the_sample_is_read() {
    let config = parse(SAMPLE).unwrap();
    assert_eq!(config.unique_id, 5);
    assert_eq!(config.max_batch_size, 4);
    assert_eq!(config.model.name, "ssd");
    assert_eq!(config.model.version, None);
    assert_eq!(config.model.roots, [PathBuf::from("/etc/x/../repo")]);
    assert_eq!(config.interval, 0);
    assert!(config.output_tensor_meta);
    assert_eq!(config.preprocess.offsets, [0.0; 3]);
    assert_eq!(config.preprocess.layout, None);
    assert!(!config.model.strict);
    let warnings: Vec<_> = config
        .notes
        .iter()
        .filter(|n| n.level == NoteLevel::Warning)
        .collect();
    assert!(warnings.is_empty(), "{warnings:?}");
    let told = |text| config.notes.iter().any(|n| n.text.message.contains(text));
    assert!(told("log_level has no effect") && told("trt_is is the old name"));
}

fn with(from: &str, to: &str) -> Result<ServerConfig, String> {
    assert!(SAMPLE.contains(from), "{from}");
    parse(&SAMPLE.replace(from, to))
}

#[test]
fn preprocessing_is_read() {
    let config = with(
        "network_format: IMAGE_FORMAT_RGB\n    tensor_order: TENSOR_ORDER_NONE\n    maintain_aspect_ratio: 0\n    normalize { scale_factor: 1.0 channel_offsets: [0, 0, 0] }",
        "network_format: IMAGE_FORMAT_BGR tensor_order: TENSOR_ORDER_NHWC maintain_aspect_ratio: 1 symmetric_padding: 1 tensor_name: \"x\" frame_scaling_filter: 1 normalize { scale_factor: 0.5 channel_offsets: [1, 2.5, 3] }",
    )
    .unwrap();
    assert_eq!(config.tensor_name.as_deref(), Some("x"));
    assert_eq!(
        config.preprocess,
        PreprocessConfig {
            color: Color::Bgr,
            layout: Some(Layout::Nhwc),
            maintain_aspect_ratio: true,
            symmetric_padding: true,
            filter: Method::Bilinear,
            scale: 0.5,
            mean: None,
            offsets: vec![1.0, 2.5, 3.0],
        }
    );
}

#[test]
fn absent_scale_means_one() {
    let config = with("scale_factor: 1.0", "").unwrap();
    assert_eq!(config.preprocess.scale, 1.0);
    assert_eq!(
        with("scale_factor: 1.0", "scale_factor: 0")
            .unwrap()
            .preprocess
            .scale,
        1.0
    );
}

#[test]
fn layers_are_read() {
    let config = with(
        "backend {",
        "backend { inputs [{ name: \"i\" dims: [3, 4] data_type: TENSOR_DT_UINT8 }] outputs [{name: \"b\"}, {name: \"a\"}]",
    )
    .unwrap();
    assert_eq!(config.inputs[0].dims, [3, 4]);
    assert_eq!(config.inputs[0].data_type, Some(DataType::UInt8));
    let names: Vec<_> = config.outputs.iter().map(|o| o.name.as_str()).collect();
    assert_eq!(names, ["b", "a"]);
}

#[test]
fn faults_name_key_and_line() {
    for (from, to, expected) in [
        (
            "version: -1",
            "version: -2",
            "c.txt:10:7: version: expected -1",
        ),
        (
            "version: -1",
            "version: -1 }",
            "c.txt:31:1: expected a field name, found '}'",
        ),
        (
            "model_repo {",
            "grpc { url: \"x\" }\n model_repo {",
            "c.txt:11:7: triton has both model_repo and grpc; keep one",
        ),
        (
            "other {}",
            "detection { num_detected_classes: 0 }",
            "c.txt:27:17: num_detected_classes: expected 1 to 65536",
        ),
        (
            "other {}",
            "detection {}",
            "c.txt:27:15: detection has no num_detected_classes",
        ),
        (
            "other {}",
            "detection { num_detected_classes: 2 per_class_params { key: 2 } }",
            "per_class_params: key 2 is no class: expected 0 to 1",
        ),
        (
            "other {}",
            "other {} segmentation {}",
            "postprocess has both segmentation and other; keep one",
        ),
        (
            "interval: 0",
            "interval: 0 secondary_reinfer_interval: 3",
            "input_control has both interval and secondary_reinfer_interval",
        ),
        ("model_name: \"ssd\"", "", "triton has no model_name"),
        ("root: \"../repo\"", "", "model_repo has no root"),
        (
            "channel_offsets: [0, 0, 0]",
            "channel_offsets: [0, 0]",
            "expected 3 numbers",
        ),
        (
            "maintain_aspect_ratio: 0",
            "frame_scaling_filter: 7",
            "c.txt:22:5: frame_scaling_filter: expected 0 or 6 (nearest), 1",
        ),
        (
            "unique_id: 5",
            "unique_id: -5",
            "c.txt:4:3: infer_config.unique_id: expected an integer of 0 or more, found -5",
        ),
        (
            "unique_id: 5",
            "unique_id: 99999999999",
            "unique_id: expected 0 to 4294967295",
        ),
        (
            "interval: 0",
            "interval: 0.5",
            "input_control.interval: expected an integer",
        ),
    ] {
        let error = with(from, to).expect_err(to);
        assert!(error.contains(expected), "{to}\n{error}\n{expected}");
    }
    assert!(parse("").unwrap_err().contains("expected infer_config"));
    assert!(parse("infer_config {").unwrap_err().contains("c.txt:1:15"));
}

#[test]
fn tensors_nobody_sees_are_warned_about() {
    let config = with("output_tensor_meta: true", "").unwrap();
    assert!(config.notes.iter().any(
        |n| n.level == NoteLevel::Warning && n.text.message.contains("output_tensor_meta")
    ));
}

#[test]
fn missing_file_is_named() {
    let error = ServerConfig::load(Path::new("/nonexistent/c.txt")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("/nonexistent/c.txt: cannot read")
    );
}

#[test]
fn numbers_that_what_computes_with_them_cannot_hold_are_refused() {
    for (from, to, expected) in [
        (
            "scale_factor: 1.0",
            "scale_factor: nan",
            "scale_factor: expected a finite number, found nan",
        ),
        (
            "scale_factor: 1.0",
            "scale_factor: -inf",
            "expected a finite number, found -inf",
        ),
        (
            "scale_factor: 1.0",
            "scale_factor: 1e39",
            "expected a finite number, found 1e39",
        ),
        (
            "channel_offsets: [0, 0, 0]",
            "channel_offsets: [0, nan, 0]",
            "channel_offsets: expected a finite number",
        ),
        (
            "interval: 0",
            "interval: -1",
            "interval: expected an integer of 0 or more, found -1",
        ),
        (
            "interval: 0",
            "interval: 4294967296",
            "interval: expected 0 to 4294967295",
        ),
        (
            "interval: 0",
            "operate_on_gie_id: -2147483649",
            "operate_on_gie_id: expected -2147483648 to 2147483647",
        ),
    ] {
        let error = with(from, to).expect_err(to);
        assert!(error.contains(expected), "{to}\n{error}");
    }
}

#[test]
fn a_nul_in_a_string_is_refused() {
    let error = with("\"ssd\"", r#""s\0d""#).unwrap_err();
    assert!(
        error.contains(r#"model_name: expected a string without \0, found the string "s\0d""#),
        "{error}"
    );
}

#[test]
fn lines_may_end_as_on_windows() {
    let config = parse(&SAMPLE.replace('\n', "\r\n")).unwrap();
    assert_eq!(config, parse(SAMPLE).unwrap());
}

#[test]
fn a_file_cut_anywhere_is_an_error_with_a_place() {
    let end = SAMPLE.find("output_control").unwrap();
    for at in (0..end).filter(|&at| SAMPLE.is_char_boundary(at)) {
        let text = &SAMPLE[..at];
        match parse(text) {
            Ok(_) => assert!(at > SAMPLE.find("input_control").unwrap() - 2, "{text}"),
            Err(error) => assert!(error.starts_with("/etc/x/c.txt:"), "{error}"),
        }
    }
}
