//! What the network gets, compared with captures of the real nvinfer: `data/infer/input/README.md`.

mod fidelity;
#[path = "network_input/mod.rs"]
mod input;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fidelity::Count;
use input::{Picture, read_png};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    file: String,
    /// The captured element for each sample; absent where they are equal.
    table: Option<Vec<f32>>,
    keys: BTreeMap<String, String>,
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/infer/input")
        .join(name)
}

/// Filters that sum in floating point: at most one unit, in few samples of 1000.
fn tolerance(filter: Option<&String>) -> (f32, usize) {
    match filter.map(String::as_str) {
        Some("1" | "2" | "4") => (1.0, 3),
        Some("3") => (1.0, 1),
        _ => (0.0, 0),
    }
}

#[test]
fn every_captured_input() {
    let text = std::fs::read_to_string(data("manifest.json")).unwrap();
    let cases: BTreeMap<String, Case> = serde_json::from_str(&text).unwrap();
    let nv12 = Picture::load(&data("frame-nv12.png"), true).unwrap();
    let rgba = Picture::load(&data("in-same.png"), false).unwrap();
    let mut count = Count::default();
    for (name, case) in &cases {
        let frame = if name.contains("rgba") { &rgba } else { &nv12 };
        let keys: Vec<_> = case.keys.clone().into_iter().collect();
        if case.keys["process-mode"] == "2" {
            let error = frame.network_input(&keys).map(|_| ()).unwrap_err();
            assert!(error.contains("process-mode"), "{name}: {error}");
            count.not_modelled += 1;
            continue;
        }
        let tensor = frame
            .network_input(&keys)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let (channels, height, width, samples) = read_png(&data(&case.file)).unwrap();
        assert_eq!(
            (tensor.channels, tensor.height, tensor.width),
            (channels, height, width),
            "{name}"
        );
        let expected = samples.iter().map(|&v| match &case.table {
            Some(table) => table[usize::from(v)],
            None => f32::from(v),
        });
        let (mut largest, mut differ, mut sum) = (0.0_f32, 0, 0.0);
        for (found, expected) in tensor.pixels().iter().zip(expected) {
            let difference = (found - expected).abs();
            largest = largest.max(difference);
            differ += usize::from(difference > 0.0);
            sum += f64::from(difference);
        }
        println!(
            "{name}: {differ} of {} differ, mean {:.4}, largest {largest}",
            samples.len(),
            sum / samples.len() as f64
        );
        let (step, per_mille) = tolerance(case.keys.get("scaling-filter"));
        assert!(largest <= step, "{name}: {largest}");
        assert!(
            differ * 1000 <= per_mille * samples.len(),
            "{name}: {differ}"
        );
        if differ == 0 {
            count.exact += 1;
        } else {
            count.within += 1;
        }
    }
    println!("{count:?}");
}
