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

/// Largest difference and samples of 1000 that may differ: filters that sum in floating point may round the other way,
/// and one unit of NV12's chroma is up to three of a colour.
fn tolerance(filter: Option<&String>, rgba_or_gray: bool) -> (f32, usize) {
    match filter.map(String::as_str) {
        Some("2" | "3" | "4") => (if rgba_or_gray { 1.0 } else { 3.0 }, 3),
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
        let (step, per_mille) = tolerance(
            case.keys.get("scaling-filter"),
            channels == 1 || name.contains("rgba"),
        );
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
    fidelity::record("nvinfer", "network inputs", count);
}

/// Elements of a tensor come back from NumPy's formats, and a picture does not pretend to hold them.
#[test]
fn floats_are_written_as_numpy_reads_them() {
    let frame = Picture::load(&data("in-same.png"), false).unwrap();
    let keys = [
        ("infer-dims", "3;2;4"),
        ("net-scale-factor", "0.5"),
        ("network-input-order", "1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let tensor = frame.network_input(&keys).unwrap();
    let folder = std::env::temp_dir().join(format!("network-input-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let error = tensor.save(&folder.join("x.png")).unwrap_err();
    assert!(error.contains("write a .npy or .npz file"), "{error}");
    tensor.save(&folder.join("x.npy")).unwrap();
    let bytes = std::fs::read(folder.join("x.npy")).unwrap();
    let (header, elements) = bytes.split_at(128);
    assert!(header.starts_with(b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4'"));
    assert!(String::from_utf8_lossy(header).contains("'shape': (2, 4, 3), }"));
    let elements: Vec<_> = elements
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect();
    assert_eq!(elements, tensor.elements);
    tensor.save(&folder.join("x.npz")).unwrap();
    let file = std::fs::File::open(folder.join("x.npz")).unwrap();
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let mut entry = Vec::new();
    std::io::Read::read_to_end(&mut zip.by_name("arr_0.npy").unwrap(), &mut entry).unwrap();
    assert_eq!(entry, bytes);
    std::fs::remove_dir_all(&folder).unwrap();
}
