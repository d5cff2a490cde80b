use super::*;
use crate::convert::Method;
use crate::infer::types::{Color, Layout, NoteLevel};

mod settings;
mod yaml;

const GOOD: &str = "\
# comment
[property]
gpu-id=0
onnx-file=models/net.onnx
gie-unique-id=3
network-type=100
net-scale-factor=0.00392157
offsets=1;2.5;3
model-color-format=1
network-input-order=1
infer-dims=3;300;400
output-tensor-meta=1
maintain-aspect-ratio=1
symmetric-padding=1
scaling-filter=1
batch-size=4
interval=2
process-mode=1
labelfile-path=labels.txt

[class-attrs-all]
topk=20
";

fn parse(text: &str) -> Result<NvinferConfig, String> {
    NvinferConfig::parse(text, Path::new("/etc/c.txt")).map_err(|e| e.to_string())
}

fn with(from: &str, to: &str) -> Result<NvinferConfig, String> {
    assert!(GOOD.contains(from), "{from}");
    parse(&GOOD.replace(from, to))
}

#[test]
fn all_honoured_keys_are_read() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.network, Network::Onnx("/etc/models/net.onnx".into()));
    assert_eq!(config.unique_id, Some(3));
    assert_eq!(config.batch_size, Some(4));
    assert_eq!(config.interval, Some(2));
    assert_eq!(config.output_tensor_meta, Some(true));
    assert_eq!(config.infer_dims, Some([3, 300, 400]));
    assert_eq!(
        config.preprocess,
        PreprocessConfig {
            color: Color::Bgr,
            layout: Some(Layout::Nhwc),
            maintain_aspect_ratio: true,
            symmetric_padding: true,
            filter: Method::Bilinear,
            scale: 0.003_921_57,
            mean: None,
            offsets: vec![1.0, 2.5, 3.0],
        }
    );
    assert!(
        config.notes.iter().all(|n| n.level == NoteLevel::Info),
        "{:?}",
        config.notes
    );
    assert_eq!(config.notes.len(), 2);
}

#[test]
fn absent_keys_have_deepstreams_defaults() {
    let config =
        parse("[property]\nonnx-file=/m.onnx\nnetwork-type=100\ngie-unique-id=1\n").unwrap();
    assert_eq!(config.network, Network::Onnx("/m.onnx".into()));
    assert_eq!(config.batch_size, None);
    assert_eq!(config.interval, None);
    assert_eq!(config.output_tensor_meta, None);
    assert_eq!(
        config.preprocess,
        PreprocessConfig {
            layout: Some(Layout::Nchw),
            ..PreprocessConfig::default()
        }
    );
    assert!(config.notes.is_empty());
}

#[test]
fn faults_name_key_and_line() {
    for (from, to, expected) in [
        (
            "network-type=100",
            "network-type=9",
            "/etc/c.txt:6: network-type: expected 0 (detector), 1 (classifier)",
        ),
        (
            "network-type=100",
            "",
            "/etc/c.txt:2: num-detected-classes: expected the number of classes",
        ),
        (
            "process-mode=1",
            "process-mode=0",
            "/etc/c.txt:18: process-mode: expected 1 (frames) or 2 (objects), found 0",
        ),
        (
            "gpu-id=0",
            "gpu-id=x",
            "gpu-id: expected an integer of 0 or more, found \"x\"",
        ),
        (
            "interval=2",
            "interval=-1",
            "interval: expected an integer of 0 or more, found -1",
        ),
        (
            "interval=2",
            "interval=",
            "interval: expected an integer of 0 or more, found nothing",
        ),
        (
            "offsets=1;2.5;3",
            "offsets=1;2",
            "/etc/c.txt:8: offsets: expected 3 numbers",
        ),
        (
            "offsets=1;2.5;3",
            "offsets=1;a;3",
            "offsets: expected numbers separated by ';'",
        ),
        (
            "infer-dims=3;300;400",
            "infer-dims=3;300",
            "infer-dims: expected three numbers",
        ),
        (
            "scaling-filter=1",
            "scaling-filter=7",
            "scaling-filter: expected 0 or 6 (nearest), 1 (bilinear), 2 (cubic)",
        ),
        (
            "model-color-format=1",
            "model-color-format=7",
            "expected 0 (RGB), 1 (BGR) or 2 (GRAY), found 7",
        ),
        (
            "batch-size=4",
            "batch-size=0",
            "batch-size: expected 1 to 1024, found 0",
        ),
        (
            "gie-unique-id=3",
            "gie-unique-id=0",
            "gie-unique-id: expected a number above 0",
        ),
        (
            "net-scale-factor=0.00392157",
            "net-scale-factor=0,5",
            "net-scale-factor: expected a number",
        ),
        (
            "interval=2",
            "interval 2",
            "/etc/c.txt:17: expected key=value, a [group] or a # comment, found \"interval 2\"",
        ),
        (
            "[property]",
            "[property",
            "/etc/c.txt:2: expected a group such as [property]",
        ),
        (
            "[property]",
            "",
            "/etc/c.txt:3: expected a group such as [property] before the first key",
        ),
        (
            "[property]",
            "[properties]",
            "expected a group [property], found none",
        ),
    ] {
        let error = with(from, to).expect_err(to);
        assert!(error.contains(expected), "{to}\n{error}\n{expected}");
    }
}

#[test]
fn unknown_keys_and_groups_are_warned_about() {
    let config = with("gpu-id=0", "gpu_id=0\nclassifier-async-mode=0").unwrap();
    let warnings: Vec<_> = config
        .notes
        .iter()
        .filter(|n| n.level == NoteLevel::Warning)
        .map(|n| n.text.to_string())
        .collect();
    assert_eq!(
        warnings,
        ["/etc/c.txt:3: unknown key gpu_id in [property]; did you mean gpu-id?"]
    );
    let config = with("topk=20", "topk=20\nxx=1\n[foo]\na=1").unwrap();
    let warnings: Vec<_> = config
        .notes
        .iter()
        .filter(|n| n.level == NoteLevel::Warning)
        .map(|n| n.text.to_string())
        .collect();
    assert!(warnings.contains(&"/etc/c.txt:23: unknown key xx in [class-attrs-all]".to_owned()));
    assert!(
        warnings
            .iter()
            .any(|w| w.contains("/etc/c.txt:24: unknown group [foo]"))
    );
}

#[test]
fn what_stands_behind_a_value_is_read_as_glib_reads_it() {
    let config = with("gie-unique-id=3", "gie-unique-id=5 # the id").unwrap();
    assert_eq!(config.unique_id, Some(5));
    assert_eq!(
        with("interval=2", "interval= 7 \t").unwrap().interval,
        Some(7)
    );
    for (from, to, expected) in [
        (
            "batch-size=4",
            "batch-size=4x",
            "batch-size: expected an integer of 0 or more, found \"4x\"",
        ),
        (
            "batch-size=4",
            "batch-size=99999999999",
            "batch-size: expected an integer",
        ),
        (
            "batch-size=4",
            "batch-size=# four",
            "batch-size: expected an integer",
        ),
        (
            "net-scale-factor=0.00392157",
            "net-scale-factor=1.0 # none",
            "net-scale-factor: expected a number and nothing behind it, found \"1.0 # none\"",
        ),
        (
            "net-scale-factor=0.00392157",
            "net-scale-factor=1.0 ",
            "found \"1.0 \"",
        ),
        (
            "net-scale-factor=0.00392157",
            "net-scale-factor=inf",
            "expected a finite number",
        ),
        (
            "offsets=1;2.5;3",
            "offsets=1;2;3 # each",
            "offsets: expected numbers separated by ';'",
        ),
        (
            "maintain-aspect-ratio=1",
            "maintain-aspect-ratio=1 # yes",
            "maintain-aspect-ratio: expected 0 or 1 and nothing behind it",
        ),
        (
            "maintain-aspect-ratio=1",
            "maintain-aspect-ratio=2",
            "expected 0 or 1",
        ),
    ] {
        let error = with(from, to).expect_err(to);
        assert!(error.contains(expected), "{to}\n{error}\n{expected}");
    }
}

#[test]
fn a_byte_order_mark_is_named() {
    let error = parse(&format!("\u{feff}{GOOD}")).unwrap_err();
    assert!(
        error.starts_with("/etc/c.txt:1: the file begins with a byte order mark (BOM)"),
        "{error}"
    );
}

fn warnings(config: &NvinferConfig) -> Vec<String> {
    let warnings = config
        .notes
        .iter()
        .filter(|n| n.level == NoteLevel::Warning);
    warnings.map(|n| n.text.to_string()).collect()
}

#[test]
fn lines_may_end_as_on_windows() {
    let config = parse(&GOOD.replace('\n', "\r\n")).unwrap();
    assert_eq!(config, parse(GOOD).unwrap());
    let cut = GOOD.split("\n[class").next().unwrap().trim_end();
    assert_eq!(parse(cut).unwrap().interval, Some(2));
}

#[test]
fn a_key_given_again_is_warned_about_and_the_last_one_counts() {
    let config = with("interval=2", "interval=2\n[property]\ninterval=7").unwrap();
    assert_eq!(config.interval, Some(7));
    assert_eq!(
        warnings(&config),
        [
            "/etc/c.txt:19: interval is given again in [property], first in line 17: the last one counts"
        ]
    );
    let error = with("interval=2", "interval=2\ninterval=x").unwrap_err();
    assert!(
        error.starts_with("/etc/c.txt:18: interval: expected"),
        "{error}"
    );
}

#[test]
fn numbers_that_an_f32_cannot_hold_are_refused() {
    for (from, to) in [
        ("net-scale-factor=0.00392157", "net-scale-factor=1e300"),
        ("net-scale-factor=0.00392157", "net-scale-factor=nan"),
        ("gpu-id=0", "segmentation-threshold=nan"),
        ("gpu-id=0", "classifier-threshold=1e99"),
        ("offsets=1;2.5;3", "offsets=1;-1e39;3"),
        ("offsets=1;2.5;3", "offsets=nan;nan;nan"),
    ] {
        let error = with(from, to).expect_err(to);
        assert!(
            error.contains("expected finite number") || error.contains("expected a finite number"),
            "{error}"
        );
    }
}

#[test]
fn a_text_that_glib_cannot_read_is_not_taken_for_none() {
    let error = with("onnx-file=models/net.onnx", r"onnx-file=C:\models\net.onnx").unwrap_err();
    assert!(
        error.starts_with(
            r"/etc/c.txt:4: onnx-file: expected text in which a backslash is written \\"
        ),
        "{error}"
    );
}

#[test]
fn messages_stay_short_whatever_fills_the_file() {
    let long = "x".repeat(100_000);
    for text in [
        long.clone(),
        format!("[{long}"),
        format!("[property]\nonnx-file={long}\nnetwork-type={long}"),
        format!("[property]\ninfer-dims={long}"),
    ] {
        let error = parse(&text).unwrap_err();
        assert!(error.len() < 300, "{}", error.len());
    }
    let config = with(
        "topk=20",
        &format!("topk=20\n{long}=1\n[{long}]\n[property]\n{long}=1"),
    )
    .unwrap();
    let warnings = warnings(&config);
    assert_eq!(warnings.len(), 3);
    assert!(warnings.iter().all(|w| w.len() < 300));
}

/// As many keys as a file can have: what is looked up for each must not go through all, or this takes minutes.
#[test]
fn a_file_of_many_keys_is_read() {
    let keys: String = (0..40_000).map(|i| format!("k{i:x}=\n")).collect();
    let config = parse(&format!("{GOOD}[property]\n{keys}")).unwrap();
    assert_eq!(warnings(&config).len(), 40_000);
}
