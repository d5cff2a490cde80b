use super::super::*;
use super::{parse, warnings};
use crate::infer::postprocess::settings::ClassAttrs;
use crate::infer::types::{NoteLevel, Reason};

const DETECTOR: &str = "\
[property]
onnx-file=m.onnx
gie-unique-id=1
num-detected-classes=3
labelfile-path=labels.txt
cluster-mode=2
filter-out-class-ids=1; 2;
process-mode=2
operate-on-gie-id=7
operate-on-class-ids=0;2
input-object-min-width=60
secondary-reinfer-interval=4
[class-attrs-all]
pre-cluster-threshold=0.3
topk=20
[class-attrs-2]
topk=3
nms-iou-threshold=0.6
bg-color=0.1;0.2;0.3;0.4
detected-max-h=90
";

/// The message about a detector with a text instead of another.
fn refused(from: &str, to: &str) -> String {
    assert!(DETECTOR.contains(from), "{from}");
    parse(&DETECTOR.replace(from, to)).expect_err(to)
}

#[test]
fn a_detectors_keys_are_read() {
    let config = parse(DETECTOR).unwrap();
    let post = &config.postprocess;
    assert_eq!(post.network_type, NetworkType::Detector);
    assert_eq!(post.cluster_mode, ClusterMode::Nms);
    assert_eq!(
        post.label_file.as_deref(),
        Some(Path::new("/etc/labels.txt"))
    );
    assert_eq!(post.filter_out_classes, [1, 2].into());
    let all = ClassAttrs {
        pre_cluster_threshold: 0.3,
        topk: 20,
        ..ClassAttrs::default()
    };
    let second = ClassAttrs {
        topk: 3,
        nms_iou_threshold: 0.6,
        bg_color: Some([0.1, 0.2, 0.3, 0.4]),
        detected_max_height: 90,
        ..all.clone()
    };
    assert_eq!(post.class_attrs, [all.clone(), all, second]);
    assert_eq!(config.on_objects, Some(true));
    assert_eq!(
        config.objects,
        ObjectInput {
            gie_id: 7,
            class_ids: [0, 2].into(),
            min_width: 60,
            reinfer_interval: Some(4),
            ..ObjectInput::default()
        }
    );
    assert_eq!(warnings(&config), [""; 0]);
}

/// Values that gst-nvinfer ends with an error at.
#[test]
fn what_deepstream_refuses_is_refused() {
    for (from, to, expected) in [
        (
            "topk=3",
            "topk=-1",
            "/etc/c.txt:17: topk: expected an integer of 0 or more, found -1",
        ),
        (
            "=0.6",
            "=-1",
            "nms-iou-threshold: expected a number from 0 to 1, found -1",
        ),
        (
            "=0.6",
            "=1.01",
            "nms-iou-threshold: expected a number from 0 to 1",
        ),
        (
            "=0.3\n",
            "=-0.3\n",
            "pre-cluster-threshold: expected a number of 0 or more, found -0.3",
        ),
        (
            "=0.3\n",
            "=0.3 \n",
            "pre-cluster-threshold: expected a number and nothing behind it",
        ),
        (
            "=0.3\n",
            "=high\n",
            "pre-cluster-threshold: expected a number",
        ),
        (
            "0.1;0.2;0.3;0.4",
            "1;0",
            "bg-color: expected red;green;blue;opacity, each 0 to 1, found 2",
        ),
        (
            "attrs-2]",
            "attrs-3]",
            "/etc/c.txt:16: [class-attrs-3] is for class 3, but num-detected-classes=3",
        ),
        (
            "attrs-2]",
            "attrs-x]",
            "expected [class-attrs-all] or a class",
        ),
        (
            "cluster-mode=2",
            "cluster-mode=7",
            "cluster-mode: expected 0 (groupRectangles)",
        ),
        (
            "num-detected-classes=3",
            "num-detected-classes=-3",
            "expected an integer of 0 or more",
        ),
        (
            "num-detected-classes=3",
            "num-detected-classes=2000000000",
            "expected at most 65536",
        ),
        (
            "filter-out-class-ids=1; 2;",
            "filter-out-class-ids=-1",
            "class indices of 0 or more, found -1",
        ),
        (
            "onnx-file=m.onnx",
            "network-mode=4",
            "network-mode: expected 0 (FP32)",
        ),
        (
            "onnx-file=m.onnx",
            "infer-dims=3;0;4",
            "infer-dims: expected three numbers above 0",
        ),
        (
            "onnx-file=m.onnx",
            "infer-dims=3;4",
            "infer-dims: expected three numbers above 0",
        ),
        (
            "onnx-file=m.onnx",
            "input-dims=3;4;5",
            "input-dims: expected three numbers above 0 as channels;height;width and one",
        ),
    ] {
        let error = refused(from, to);
        assert!(error.contains(expected), "{to}\n{error}\n{expected}");
    }
}

#[test]
fn values_that_deepstream_takes_are_taken() {
    let text = DETECTOR.replace("=0.3\n", "=1.5\n");
    assert_eq!(
        parse(&text).unwrap().postprocess.class_attrs[0].pre_cluster_threshold,
        1.5
    );
    let text = DETECTOR.replace("topk=3", "topk=3 # few");
    assert_eq!(parse(&text).unwrap().postprocess.class_attrs[2].topk, 3);
}

/// Groups of classes are for detectors: elsewhere even a wrong one is passed over.
#[test]
fn classifiers_have_no_class_groups() {
    let text = DETECTOR.replace("cluster-mode=2", "network-type=1\nclassifier-type=look");
    let config = parse(&text.replace("attrs-2", "attrs-9")).unwrap();
    assert!(config.postprocess.class_attrs.is_empty());
    assert_eq!(config.postprocess.classifier_type.as_deref(), Some("look"));
}

#[test]
fn old_names_are_read_with_a_warning() {
    let old = |text: &str| {
        parse(&format!(
            "[property]\ngie-unique-id=1\nnum-detected-classes=1\n{text}"
        ))
        .unwrap()
    };
    let config = old("is-classifier=1");
    assert_eq!(config.postprocess.network_type, NetworkType::Classifier);
    let config = old("is-classifier=1\nnetwork-type=0");
    assert_eq!(config.postprocess.network_type, NetworkType::Detector);
    assert!(warnings(&config)[0].contains("is-classifier: has no effect beside network-type"));
    let config = old("enable-dbscan=1");
    assert_eq!(config.postprocess.cluster_mode, ClusterMode::Dbscan);
    assert_eq!(warnings(&config).len(), 1);
    let config = old("enable-dbscan=1\ncluster-mode=4");
    assert_eq!(config.postprocess.cluster_mode, ClusterMode::None);
    let config = old("input-dims=3;4;5;0");
    assert_eq!(config.infer_dims, Some([3, 4, 5]));
    let config = old("infer-dims=3;6;7;\nuff-input-dims=3;4;5;0");
    assert_eq!(config.infer_dims, Some([3, 6, 7]));
    assert!(warnings(&config)[0].contains("uff-input-dims: has no effect beside infer-dims"));
    for (text, expected) in [
        ("threshold=0.4", 0.4),
        ("threshold=0.4\npre-cluster-threshold=0.6", 0.6),
        ("pre-cluster-threshold=0.6\nthreshold=0.4", 0.4),
    ] {
        let config = old(&format!("[class-attrs-all]\n{text}"));
        assert_eq!(
            config.postprocess.class_attrs[0].pre_cluster_threshold,
            expected
        );
        assert!(warnings(&config)[0].contains("threshold: is the old name"));
    }
}

#[test]
fn a_network_that_cannot_be_run_names_the_way_out() {
    for (keys, what) in [
        ("model-file=a\nproto-file=b", "model-file is a Caffe model"),
        ("uff-file=a", "uff-file is a UFF model"),
        (
            "tlt-encoded-model=a\nmodel-engine-file=b",
            "tlt-encoded-model is an encrypted TAO model",
        ),
        (
            "model-engine-file=b",
            "model-engine-file is a TensorRT engine",
        ),
        (
            "custom-network-config=c\nmodel-file=d",
            "model-file is a Caffe model",
        ),
        (
            "custom-network-config=c",
            "custom-network-config is a network that a C++ library builds",
        ),
        (
            "gpu-id=0",
            "onnx-file is not given, nor another network; name an ONNX file",
        ),
    ] {
        let text = DETECTOR.replace("onnx-file=m.onnx", keys);
        let config = parse(&text).unwrap();
        let error = config.onnx_file(4).unwrap_err();
        assert_eq!(error.reason, Reason::NoOnnx);
        let error = error.to_string();
        assert!(error.contains(what), "{error}");
        assert!(
            error.contains("RSNVDS_ONNX_4=model.onnx")
                && error.contains("RSNVDS_REPLAY_4=recording/%06u.safetensors"),
            "{error}"
        );
        assert!(!error.contains('\n'));
    }
    let text = DETECTOR.replace(
        "m.onnx",
        "m.onnx\nmodel-file=a\nengine-create-func-name=F\nmodel-engine-file=e",
    );
    let config = parse(&text).unwrap();
    assert_eq!(config.onnx_file(4), Ok(Path::new("/etc/m.onnx")));
    let warned = warnings(&config);
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert!(warned[0].contains("model-file: has no effect beside onnx-file"));
    assert!(warned[1].contains("engine-create-func-name: no engine is built"));
}

#[test]
fn parsers_in_libraries_are_looked_for_by_the_element() {
    let with = |keys: &str| {
        let text = DETECTOR.replace("cluster-mode=2", &format!("cluster-mode=4\n{keys}"));
        parse(&text).unwrap()
    };
    // Without the library, gst-nvinfer takes the built-in parser. One for another type of network is nothing here.
    for keys in [
        "parse-bbox-func-name=F\ncustom-lib-path=libf.so",
        "parse-bbox-func-name=F",
        "custom-lib-path=libf.so",
        "parse-classifier-func-name=F\ncustom-lib-path=libf.so",
        "network-type=100\nparse-bbox-func-name=F\ncustom-lib-path=libf.so",
    ] {
        assert_eq!(with(keys).check(false), Ok(()), "{keys}");
    }
    let error = with("network-type=3").check(true).unwrap_err();
    assert_eq!(error.reason, Reason::Mistake);
    assert!(error.message.contains("no parser of its own"), "{error}");
    let masks = parse(&DETECTOR.replace("labelfile-path=labels.txt", "")).unwrap();
    let error = masks.check(true).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("/etc/c.txt:6: output-instance-mask=1 is possible only")
    );
}

#[test]
fn a_mean_image_is_beside_the_file_and_counts_before_offsets() {
    let config = parse(&DETECTOR.replace("m.onnx", "m.onnx\nmean-file=mean.ppm")).unwrap();
    assert_eq!(config.check(false), Ok(()));
    assert_eq!(
        config.mean_file.as_deref(),
        Some(Path::new("/etc/mean.ppm"))
    );
    assert!(config.onnx_file(1).is_ok());
    let both = DETECTOR.replace("m.onnx", "m.onnx\nmean-file=mean.ppm\noffsets=1;2;3");
    let both = parse(&both).unwrap();
    assert!(
        warnings(&both)[0].contains("offsets: has no effect beside mean-file"),
        "{:?}",
        both.notes
    );
}

#[test]
fn an_interval_is_for_frames() {
    let config = parse(&DETECTOR.replace("process-mode=2", "process-mode=2\ninterval=3")).unwrap();
    assert_eq!(config.interval, None);
    assert!(
        warnings(&config)[0].contains("/etc/c.txt:9: interval: has no effect with process-mode=2")
    );
}

#[test]
fn labels_that_cannot_be_opened_are_named() {
    let config = parse(DETECTOR).unwrap();
    let error = config.check_labels().unwrap_err().to_string();
    assert!(
        error.starts_with("/etc/c.txt:5: labelfile-path: cannot open the labels /etc/labels.txt: "),
        "{error}"
    );
}

#[test]
fn values_that_can_only_be_mistakes_are_warned_about() {
    let warnings = |text: &str| -> Vec<String> {
        let notes = parse(text).unwrap().notes.into_iter();
        let warnings = notes.filter(|note| note.level == NoteLevel::Warning);
        warnings.map(|note| note.text.message).collect()
    };
    let found = warnings(&DETECTOR.replace("gie-unique-id", "net-scale-factor=0\ngie-unique-id"));
    assert!(
        found[0].starts_with("net-scale-factor: 0 makes every input of the network 0"),
        "{found:?}"
    );
    let keys = "network-type=1\nclassifier-threshold=1.5\ngie-unique-id";
    let found = warnings(&format!("[property]\n{keys}=1\n"));
    assert!(
        found[0].starts_with("classifier-threshold: above 1"),
        "{found:?}"
    );
    let error = parse("[property]\ngie-unique-id=4294967296\n").unwrap_err();
    assert!(
        error.contains("found 4294967296, beyond the range of -2147483648 to 2147483647"),
        "{error}"
    );
}
