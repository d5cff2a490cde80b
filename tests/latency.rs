//! DeepStream's latency measurement sees the elements. Its variables hold for a whole process and
//! are read once, so the test runs itself in one of its own.

mod common;

use std::ffi::CStr;
use std::time::Duration;

use common::*;

const INSIDE: &str = "RSNVDS_TEST_LATENCY";
/// `NVDS_LATENCY_MEASUREMENT_META`.
const LATENCY_META: i32 = 11;
// Of NvDsMetaCompLatency (DeepStream 9.1).
const IN_TIMESTAMP: usize = 64;
const OUT_TIMESTAMP: usize = 72;

/// Name, and milliseconds from in to out, of the components that measured a buffer.
fn components(buffer: &gst::BufferRef) -> Vec<(String, f64)> {
    let locked = nvds::Batch::from_buffer(buffer).unwrap().unwrap().lock();
    locked
        .user_metas()
        .filter(|meta| meta.meta_type() == LATENCY_META)
        .map(|meta| {
            let data = meta.data().cast::<u8>();
            // SAFETY: metas of this type hold an NvDsMetaCompLatency, which starts with a C string
            // of 64 bytes at most and has two doubles behind it.
            unsafe {
                let name = CStr::from_ptr(data.cast()).to_str().unwrap().to_owned();
                let time = |offset| data.add(offset).cast::<f64>().read_unaligned();
                (name, time(OUT_TIMESTAMP) - time(IN_TIMESTAMP))
            }
        })
        .collect()
}

#[test]
fn each_element_stamps_its_input_and_its_output() {
    if std::env::var_os(INSIDE).is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "each_element_stamps_its_input_and_its_output"])
            .env(INSIDE, "1")
            .env("NVDS_ENABLE_LATENCY_MEASUREMENT", "1")
            .env("NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT", "1")
            .env("GST_REGISTRY_UPDATE", "no")
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return;
    }
    let recording = std::env::temp_dir().join(format!("rsnvds-latency-{}", std::process::id()));
    std::fs::create_dir_all(&recording).unwrap();
    let files = recording.join("%u.safetensors");
    let files = files.to_str().unwrap();
    for line in [
        "rsssdparser name=one".to_owned(),
        "rsosdannotate name=one".to_owned(),
        "rsanalytics name=one config=heat-map.rows=9".to_owned(),
        "rsmetajson name=one location=/dev/null".to_owned(),
        format!("rstensorrecord name=one location={files}"),
        format!("rstensorreplay name=one location={files}"),
    ] {
        let mut rig = Rig::new(&line);
        let begin = std::time::Instant::now();
        let out = rig.process(frame_with(&ssd(5, &[(0.9, 1.0, cell(7))])));
        let most = begin.elapsed() + Duration::from_millis(2); // its clock counts milliseconds
        let found = components(&out);
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        assert_eq!(found[0].0, "one", "{line}");
        // Without the output's time it would be minus all the time since 1970.
        let most = most.as_secs_f64() * 1e3;
        assert!(
            (0.0..=most).contains(&found[0].1),
            "{line}: {found:?}, at most {most}"
        );
    }
    std::fs::remove_dir_all(recording).unwrap();
}
