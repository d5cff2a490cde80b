use super::*;
use crate::infer::types::Color;

const SAMPLE: &str = "[property]
enable=1
target-unique-ids=1;2
network-input-order=0
process-on-frame=1
unique-id=5
gpu-id=0
maintain-aspect-ratio=1
symmetric-padding=1
processing-width=96
processing-height=54
scaling-buf-pool-size=6
tensor-buf-pool-size=6
network-input-shape=8;3;54;96
network-color-format=1
tensor-data-type=0
tensor-name=input_1:0
scaling-pool-memory-type=0
scaling-pool-compute-hw=0
scaling-filter=1
custom-lib-path=/opt/nvidia/deepstream/deepstream/lib/gst-plugins/libcustom2d_preprocess.so
custom-tensor-preparation-function=CustomTensorPreparation
[user-configs]
pixel-normalization-factor=0.5
offsets=1;2;3
[group-0]
src-ids=0;1
custom-input-transformation-function=CustomAsyncTransformation
process-on-roi=1
roi-params-src-0=300;200;700;800;1300;300;600;700
roi-params-src-1=860;300;900;500
draw-roi=0
roi-color=1;0;0.5;1
interval=2
[group-1]
src-ids=2
process-on-all-objects=1
operate-on-class-ids=0;3
input-object-min-width=10
input-object-max-height=20
";

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("/etc/p.txt")).map_err(|error| error.to_string())
}

#[test]
fn keys_are_read() {
    let config = parse(SAMPLE).unwrap();
    assert_eq!((config.enable, config.unique_id), (Some(true), Some(5)));
    assert_eq!(config.target_unique_ids, Some(vec![1, 2]));
    assert_eq!(config.operate_on_gie_id, None);
    let network = &config.network;
    assert_eq!((network.size, network.shape), ((96, 54), [8, 3, 54, 96]));
    assert_eq!(network.name, "input_1:0");
    let preprocess = &network.preprocess;
    assert_eq!(preprocess.color, Color::Bgr);
    assert!(preprocess.maintain_aspect_ratio && preprocess.symmetric_padding);
    assert_eq!(
        (preprocess.scale, preprocess.offsets.as_slice()),
        (0.5, &[1.0, 2.0, 3.0][..])
    );
    let [first, second] = config.groups.as_slice() else {
        panic!("{:?}", config.groups)
    };
    assert_eq!(
        first.regions,
        [
            (0, vec![[300, 200, 700, 800], [1300, 300, 600, 700]]),
            (1, vec![[860, 300, 900, 500]])
        ]
    );
    assert!(first.on_roi && !first.draw && first.interval == 2);
    assert_eq!(first.color, Some([1.0, 0.0, 0.5, 1.0]));
    assert!(second.on_all_objects && second.draw);
    assert_eq!(second.class_ids, [0, 3].into());
    assert_eq!((second.min, second.max), ((10, 0), (0, 20)));
    let warnings = config.notes.iter();
    let warnings = warnings.filter(|n| n.level == crate::infer::types::NoteLevel::Warning);
    assert_eq!(warnings.count(), 0, "{:?}", config.notes);
}

#[test]
fn yaml_has_the_same_keys() {
    let mut yaml = String::new();
    for line in SAMPLE.lines() {
        match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(group) => yaml.push_str(&format!("{group}:\n")),
            None => yaml.push_str(&format!("  {}\n", line.replacen('=', ": ", 1))),
        }
    }
    let config = Config::parse(&yaml, Path::new("/etc/p.yml")).unwrap();
    let plain = parse(SAMPLE).unwrap();
    assert_eq!(config.groups, plain.groups);
    assert_eq!(config.network, plain.network);
}

#[test]
fn what_cannot_be_done_is_told_with_its_line() {
    for (from, to, expected) in [
        ("[property]", "[other]", "expected a group [property]"),
        (
            "tensor-name=input_1:0\n",
            "",
            "/etc/p.txt:1: tensor-name is missing",
        ),
        (
            "libcustom2d_preprocess.so",
            "libmine.so",
            "libmine.so is not loaded by the CPU stand-in",
        ),
        (
            "=CustomTensorPreparation",
            "=MyPreparation",
            "/etc/p.txt:22: custom-tensor-preparation-function: expected CustomTensorPreparation",
        ),
        (
            "CustomAsyncTransformation",
            "MyTransformation",
            "/etc/p.txt:28: custom-input-transformation-function: expected CustomTransformation or",
        ),
        (
            "network-input-order=0",
            "network-input-order=2",
            "2 (custom) needs another library",
        ),
        (
            "tensor-data-type=0",
            "tensor-data-type=1",
            "expected 0 (FP32) or 7 (FP16)",
        ),
        (
            "shape=8;3;54;96",
            "shape=8;1;54;96",
            "expected regions;channels;height;width with 3",
        ),
        (
            "shape=8;3;54;96",
            "shape=8;3;54",
            "expected regions;channels;height;width",
        ),
        (
            "shape=8;3;54;96",
            "shape=30000;3;32000;96",
            "no more than 2^28 elements",
        ),
        (
            "processing-width=96",
            "processing-width=90",
            "expected 96 as in network-input-shape",
        ),
        (
            "pixel-normalization-factor=0.5",
            "",
            "pixel-normalization-factor is missing",
        ),
        (
            "offsets=1;2;3",
            "offsets=1;2",
            "offsets: expected 3 numbers",
        ),
        ("src-ids=2", "", "src-ids is missing in [group-1]"),
        ("860;300;900;500", "860;300;900", "found 3 numbers"),
        (
            "860;300;900;500",
            "860;300;0;500",
            "expected a width and height of 2 or more",
        ),
        (
            "860;300;900;500",
            "-1;300;900;500",
            "expected numbers of 0 or more",
        ),
        (
            "roi-color=1;0;0.5;1",
            "roi-color=1;0;0.5",
            "expected four numbers of 0 to 1",
        ),
    ] {
        assert!(SAMPLE.contains(from), "{from}");
        let error = parse(&SAMPLE.replace(from, to)).unwrap_err();
        assert!(error.contains(expected), "{to}: {error}");
    }
    let none = SAMPLE.split("[group-0]").next().unwrap();
    assert!(
        parse(none)
            .unwrap_err()
            .contains("expected a group [group-0]")
    );
}

#[test]
fn half_precision_needs_planes() {
    let half = SAMPLE.replace("tensor-data-type=0", "tensor-data-type=7");
    assert!(parse(&half).unwrap().network.half);
    let interleaved = half
        .replace("network-input-order=0", "network-input-order=1")
        .replace("8;3;54;96", "8;54;96;3");
    let error = parse(&interleaved).unwrap_err();
    assert!(error.contains("only with network-input-order=0"), "{error}");
}

#[test]
fn groups_that_deepstream_leaves_out_are_told() {
    let notes = |text: &str| -> Vec<String> {
        let config = parse(text).unwrap();
        config
            .notes
            .iter()
            .map(|note| note.text.to_string())
            .collect()
    };
    let renumbered = notes(&SAMPLE.replace("[group-1]", "[group-7]"));
    assert!(
        renumbered.iter().any(|n| n.contains("call it [group-1]")),
        "{renumbered:?}"
    );
    let unknown = notes(&SAMPLE.replace("[group-1]", "[grup-1]"));
    assert!(
        unknown.iter().any(|n| n.contains("unknown group [grup-1]")),
        "{unknown:?}"
    );
    let typed = notes(&SAMPLE.replace("roi-params-src-1", "roi-param-src-1"));
    assert!(
        typed
            .iter()
            .any(|n| n.contains("unknown key roi-param-src-1")),
        "{typed:?}"
    );
}
