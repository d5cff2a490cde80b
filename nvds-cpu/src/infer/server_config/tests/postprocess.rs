use super::super::*;
use super::{SAMPLE, parse, with};
use crate::infer::postprocess::settings::{ClassAttrs, ClusterMode};

/// What a detection amounts to.
fn detection(policy: &str) -> ServerPostprocess {
    let to = format!("detection {{ num_detected_classes: 2 {policy} }}");
    with("other {}", &to).unwrap().postprocess
}

fn topk(post: &ServerPostprocess) -> Option<u32> {
    post.shared.server.unwrap().topk
}

#[test]
fn the_policies_of_a_detection_are_read() {
    let post = detection(
        "nms { confidence_threshold: 0.2 topk: 20 iou_threshold: 0.5 } per_class_params { key: 1 value { pre_threshold: 0.4 } }",
    );
    assert_eq!(post.shared.network_type, NetworkType::Detector);
    assert_eq!(post.shared.cluster_mode, ClusterMode::Nms);
    assert_eq!(topk(&post), Some(20));
    let first = ClassAttrs {
        pre_cluster_threshold: 0.2,
        nms_iou_threshold: 0.5,
        ..ClassAttrs::default()
    };
    let second = ClassAttrs {
        pre_cluster_threshold: 0.4,
        ..first.clone()
    };
    assert_eq!(post.shared.class_attrs, [first, second]);

    let post = detection("dbscan { pre_threshold: 0.3 eps: 0.7 min_boxes: 3 min_score: 0.9 }");
    assert_eq!(post.shared.cluster_mode, ClusterMode::Dbscan);
    let attrs = &post.shared.class_attrs[1];
    assert_eq!(
        (attrs.eps, attrs.min_boxes, attrs.dbscan_min_score),
        (0.7, 3, 0.9)
    );

    let post = detection("simple_cluster { threshold: 0.6 } ");
    assert_eq!(post.shared.cluster_mode, ClusterMode::None);
    assert_eq!(post.shared.class_attrs[0].pre_cluster_threshold, 0.6);
    assert_eq!(topk(&post), None);

    // What a build without OpenCV makes of it.
    let post =
        detection("group_rectangle { confidence_threshold: 0.1 group_threshold: 2 eps: 0.2 }");
    assert_eq!(post.shared.cluster_mode, ClusterMode::Nms);
    assert_eq!(topk(&post), Some(20));
    assert_eq!(post.shared.class_attrs[0].nms_iou_threshold, 0.5);
}

#[test]
fn other_postprocessing_is_read() {
    let post = |text: &str| with("other {}", text).unwrap().postprocess.shared;
    let classifier = post("classification { threshold: 0.51 }");
    assert_eq!(classifier.network_type, NetworkType::Classifier);
    assert_eq!(classifier.classifier_threshold, 0.51);
    assert_eq!(classifier.label_file, Some("/etc/x/labels.txt".into()));
    let segmentation = post("segmentation { threshold: 0.4 num_segmentation_classes: 4 }");
    assert_eq!(segmentation.network_type, NetworkType::Segmentation);
    assert_eq!(segmentation.classes, 4);
    for name in ["triton_classification", "trtis_classification"] {
        let config = with("other {}", &format!("{name} {{ topk: 1 }}")).unwrap();
        assert_eq!(config.check().unwrap_err().reason, Reason::Triton);
    }
}

#[test]
fn the_controls_are_read() {
    let text = SAMPLE
        .replace("other {}", "detection { num_detected_classes: 2 }")
        .replace(
            "process_mode: PROCESS_MODE_FULL_FRAME interval: 0",
            "process_mode: 2 operate_on_gie_id: 1 operate_on_class_ids: [0, 2] secondary_reinfer_interval: 90 async_mode: true
             object_control { bbox_filter { min_width: 60 max_height: 90 } }",
        )
        .replace(
            "output_tensor_meta: true",
            "detect_control {
               filter_out_class_ids: [1]
               default_filter { bbox_filter { min_width: 8 } roi_top_offset: 3 }
               specific_class_filters { key: 1 value { border_color { g: 1 a: 1 } } }
               specific_class_filters { key: 9 value {} }
             }",
        );
    let config = parse(&text).unwrap();
    assert!(config.on_objects);
    assert_eq!(
        config.objects,
        ObjectInput {
            gie_id: 1,
            class_ids: [0, 2].into(),
            min_width: 60,
            max_height: 90,
            reinfer_interval: Some(90),
            classifier_async: true,
            ..ObjectInput::default()
        }
    );
    let post = &config.postprocess.shared;
    assert_eq!(post.filter_out_classes, [1].into());
    assert!(post.server.unwrap().filters);
    let [first, second] = post.class_attrs.as_slice() else {
        panic!("two classes");
    };
    assert_eq!((first.detected_min_width, first.roi_top_offset), (8, 3));
    assert_eq!((second.detected_min_width, second.roi_top_offset), (0, 0));
    assert_eq!(second.border_color, [0.0, 1.0, 0.0, 1.0]);
}

#[test]
fn what_cannot_be_done_has_its_reason() {
    for (from, to, reason) in [
        (
            "extra {",
            "extra { custom_process_funcion: \"F\"",
            Reason::Library,
        ),
        ("custom_lib {", "lstm {} custom_lib {", Reason::Loop),
    ] {
        let text = SAMPLE.replace(from, to);
        let error = ServerConfig::parse(&text, Path::new("/c.txt")).unwrap_err();
        assert_eq!(error.reason, reason, "{error}");
    }
    let custom = "classification { custom_parse_classifier_func: \"F\" }";
    assert_eq!(with("other {}", custom).unwrap().check(), Ok(()));
    let text = SAMPLE
        .replace("other {}", custom)
        .replace("custom_lib { path: \"/opt/libx.so\" }", "");
    let error = parse(&text).unwrap().check().unwrap_err();
    assert_eq!(error.reason, Reason::Mistake);
    assert_eq!(parse(SAMPLE).unwrap().check(), Ok(()));
}

#[test]
fn a_model_on_a_server_names_the_way_out() {
    let (from, to) = (
        SAMPLE.find("model_repo {").unwrap(),
        SAMPLE.find("preprocess {").unwrap(),
    );
    let grpc = "grpc { url: \"host:8001\" enable_cuda_buffer_sharing: true } } }\n";
    let grpc = format!("{}{grpc}{}", &SAMPLE[..from], &SAMPLE[to..]);
    for text in [grpc, SAMPLE.replace("../repo", "s3://bucket")] {
        let error = parse(&text).unwrap().repository(7).unwrap_err();
        assert_eq!(error.reason, Reason::Server);
        let text = error.to_string();
        for expected in [
            "RSNVDS_MODEL_REPO=",
            "\"ssd\"",
            "RSNVDS_ONNX_7=",
            "RSNVDS_REPLAY_7=",
        ] {
            assert!(text.contains(expected), "{text}");
        }
    }
    let config = parse(SAMPLE).unwrap();
    assert_eq!(config.repository(7), Ok(config.model.roots.clone()));
}
