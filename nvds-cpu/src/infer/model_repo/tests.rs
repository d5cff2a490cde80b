use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("nvds-cpu-repo-{}-{test}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn find(&self, version: Option<u64>, strict: bool) -> Result<RepositoryModel, String> {
        find(std::slice::from_ref(&self.0), "m", version, strict).map_err(|e| e.to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const CONFIG: &str = r#"
name: "m"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "in" data_type: TYPE_UINT8 format: FORMAT_NHWC dims: [300, 300, 3] } ]
output [
  { name: "boxes" data_type: TYPE_FP32 dims: [ 100, 4 ] reshape { shape: [100, 1, 4] } },
  { name: "n" data_type: TYPE_FP32 dims: [1] reshape { shape: [] } }
]
instance_group [ { count: 1 kind: KIND_CPU } ]
"#;

#[test]
fn newest_version_and_configuration() {
    let folder = Folder::new("newest");
    folder.file("m/config.pbtxt", CONFIG);
    folder.file("m/2/model.onnx", "");
    folder.file("m/10/model.onnx", "");
    folder.file("m/notes/readme", "");
    let model = folder.find(None, true).unwrap();
    assert_eq!(model.version, 10);
    assert!(model.model_file.ends_with("m/10/model.onnx"));
    let config = model.config.unwrap();
    assert_eq!(config.max_batch_size, 8);
    assert_eq!(
        config.inputs,
        [TensorConfig {
            name: "in".into(),
            data_type: Some(DataType::UInt8),
            dims: vec![300, 300, 3],
            reshape: None,
            layout: Some(Layout::Nhwc),
        }]
    );
    assert_eq!(config.outputs[0].reshape, Some(vec![100, 1, 4]));
    assert_eq!(config.outputs[1].reshape, Some(vec![]));
    assert_eq!(folder.find(Some(2), true).unwrap().version, 2);
}

#[test]
fn version_policy_and_file_name_are_honoured() {
    let folder = Folder::new("policy");
    folder.file(
        "m/config.pbtxt",
        "version_policy { specific { versions: [1] } } default_model_filename: \"net.onnx\"",
    );
    folder.file("m/1/net.onnx", "");
    folder.file("m/2/net.onnx", "");
    assert!(
        folder
            .find(None, false)
            .unwrap()
            .model_file
            .ends_with("m/1/net.onnx")
    );
    assert!(
        folder
            .find(Some(2), false)
            .unwrap_err()
            .contains("a version folder \"2\"")
    );
}

#[test]
fn configuration_may_be_missing_unless_strict() {
    let folder = Folder::new("strict");
    folder.file("m/1/model.onnx", "");
    assert_eq!(folder.find(None, false).unwrap().config, None);
    let error = folder.find(None, true).unwrap_err();
    assert!(
        error.contains("m/config.pbtxt: there is no such file"),
        "{error}"
    );
}

#[test]
fn what_is_missing_is_named() {
    let folder = Folder::new("missing");
    let error = folder.find(None, false).unwrap_err();
    assert!(error.contains("has no folder \"m\""), "{error}");
    folder.file("m/config.pbtxt", CONFIG);
    let error = folder.find(None, false).unwrap_err();
    assert!(error.contains("version folders found: none"), "{error}");
    folder.file("m/3/other.onnx", "");
    let error = folder.find(None, false).unwrap_err();
    assert!(
        error.contains("m/3/model.onnx: there is no such model file"),
        "{error}"
    );
    let error = folder.find(Some(4), false).unwrap_err();
    assert!(error.contains("version folders found: 3"), "{error}");
    let error = find(std::slice::from_ref(&folder.0), "../m", None, false).unwrap_err();
    assert!(error.to_string().contains("not a path"));
}

#[test]
fn other_backends_and_names_are_refused_with_line() {
    let folder = Folder::new("backends");
    folder.file("m/1/model.onnx", "");
    for (text, expected) in [
        (
            "\nplatform: \"tensorflow_graphdef\"",
            "config.pbtxt:2:1: platform: the CPU stand-in runs ONNX models only",
        ),
        (
            "backend: \"tensorrt\"",
            "expected \"onnxruntime\", found \"tensorrt\"",
        ),
        ("name: \"x\"", "name: expected \"m\""),
        (
            "ensemble_scheduling {}",
            "ensemble_scheduling cannot be honoured",
        ),
        ("input { dims: [1] }", "an entry of input has no name"),
        (
            "input { name: \"i\" dims: [0] }",
            "a dimension is -1 or above 0",
        ),
        ("input {", "config.pbtxt:1:8"),
    ] {
        folder.file("m/config.pbtxt", text);
        let error = folder.find(None, false).unwrap_err();
        assert!(error.contains(expected), "{error}\n{expected}");
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_not_taken_for_none() {
    let folder = Folder::new("unreadable");
    folder.file("m/config.pbtxt/x", "");
    folder.file("m/1/model.onnx", "");
    let error = folder.find(None, false).unwrap_err();
    assert!(
        error.contains("cannot read this model configuration"),
        "{error}"
    );
}
