//! Pictures that come out of the element.

use gst_video::prelude::*;

use crate::captures::{Entry, load, manifest};
use crate::fidelity::{self, Count};
use crate::support::{error_of, harness, play};

#[test]
fn surfaces_and_back_keep_every_format() {
    let mut seed = 1u32;
    for format in [
        "NV12", "I420", "RGBA", "BGRx", "RGB", "BGR", "GRAY8", "Y444", "UYVY",
    ] {
        for (width, height) in [(64, 48), (33, 21)] {
            let caps =
                format!("video/x-raw,format={format},width={width},height={height},framerate=30/1");
            let nvmm = caps.replace("x-raw,", "x-raw(memory:NVMM),");
            let info =
                gst_video::VideoInfo::from_caps(&caps.parse::<gst::Caps>().unwrap()).unwrap();
            let bytes: Vec<u8> = (0..info.size())
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8
                })
                .collect();
            let source = gst::Buffer::from_slice(bytes);
            let mut there = harness(&caps, &nvmm, &[]);
            let mut back = harness(&nvmm, &caps, &[]);
            let surface = there.push_and_pull(source.clone()).unwrap();
            let result = back.push_and_pull(surface).unwrap();
            let map = |buffer| gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info);
            let (found, expected) = (map(&result).unwrap(), map(&source).unwrap());
            for component in 0..info.n_components() {
                // The fourth byte of BGRx carries nothing.
                if format == "BGRx" && component == 3 {
                    continue;
                }
                let stride = info.comp_stride(component as u8) as usize;
                let pixel = info.comp_pstride(component as u8) as usize;
                let (a, b) = (
                    found.comp_data(component).unwrap(),
                    expected.comp_data(component).unwrap(),
                );
                for y in 0..info.comp_height(component as u8) as usize {
                    for x in 0..info.comp_width(component as u8) as usize {
                        let at = y * stride + x * pixel;
                        assert_eq!(
                            a[at], b[at],
                            "{format} {width}x{height} component {component} at {x},{y}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn formats_beyond_the_gpu_rules_get_through() {
    for format in ["P010_10LE", "GRAY16_LE", "GBR", "BGR10A2_LE", "UYVP"] {
        let line = format!(
            "videotestsrc num-buffers=1 pattern=red ! video/x-raw,format=RGBA,width=32,height=16 ! \
             nvvideoconvert ! video/x-raw,format={format} ! nvvideoconvert name=c ! \
             video/x-raw,format=RGBA,width=16,height=8 ! fakesink"
        );
        let (buffers, _) = play(&line, |_| ()).unwrap_or_else(|e| panic!("{format}: {e}"));
        let map = buffers[0].map_readable().unwrap();
        let pixel = &map[4 * 5..4 * 5 + 4];
        if format == "GRAY16_LE" {
            assert!(
                pixel[0] == pixel[1] && (50..110).contains(&pixel[0]),
                "{pixel:?}"
            );
        } else {
            assert!(
                pixel[0] > 245 && pixel[1] < 10 && pixel[2] < 10 && pixel[3] > 190,
                "{format}: {pixel:?}"
            );
        }
    }
}

#[test]
fn ten_bit_surfaces_get_through_and_unstorable_ones_are_named() {
    let line = |format: &str| {
        format!(
            "videotestsrc num-buffers=1 pattern=red ! video/x-raw,format=RGBA,width=32,height=16 ! \
             nvvideoconvert ! video/x-raw(memory:NVMM),format={format} ! nvvideoconvert name=c ! \
             video/x-raw,format=RGBA ! fakesink"
        )
    };
    let (buffers, _) = play(&line("P010_10LE"), |_| ()).unwrap();
    let map = buffers[0].map_readable().unwrap();
    assert!(map[0] > 245 && map[1] < 10, "{:?}", &map[..4]);
    assert!(play(&line("GRAY16_LE"), |_| ()).is_err());
}

/// The captured conversions once more, by properties and caps.
#[test]
fn properties_and_caps_lead_to_the_captured_pictures() {
    let mut failures = Vec::new();
    let mut count = Count::default();
    for entry in manifest() {
        let Entry::Run(run) = entry else { continue };
        // The capture's own caps text could not be negotiated there.
        if run.name == "nv12-to-rgba-sweep-2_3_5_1" {
            count.not_modelled += 1;
            continue;
        }
        let caps = |format: &str, size: [usize; 2], side: &str| {
            let colorimetry = match run.caps.strip_prefix(side) {
                Some(colorimetry) => format!(",{}", colorimetry.trim()),
                None => String::new(),
            };
            let [width, height] = size;
            // A frame rate, because the harness negotiates fixed caps.
            format!(
                "video/x-raw,format={format},width={width},height={height},framerate=30/1\
                 {colorimetry}"
            )
        };
        let caps_in = caps(&run.input_format, run.input_size, "input ");
        let caps_out = caps(&run.output_format, run.output_size, "output ");
        let properties: Vec<_> = run
            .properties
            .split_whitespace()
            .map(|p| p.split_once('=').unwrap())
            .collect();
        let mut direct = harness(&caps_in, &caps_out, &properties);
        let buffer = gst::Buffer::from_slice(load(&run.input));
        if run.status == "error" {
            let text = error_of(&mut direct, buffer);
            assert!(text.contains("enlarge"), "{}: {text}", run.name);
            count.exact += 1;
            continue;
        }
        // Through surfaces: the conversion happens between two of them.
        let nvmm = |caps: &str| caps.replace("x-raw,", "x-raw(memory:NVMM),");
        let mut up = harness(&caps_in, &nvmm(&caps_in), &[]);
        let mut across = harness(&nvmm(&caps_in), &nvmm(&caps_out), &properties);
        let mut down = harness(&nvmm(&caps_out), &caps_out, &[]);
        let surface = up.push_and_pull(buffer.clone()).unwrap();
        let surface = across.push_and_pull(surface).unwrap();
        let through_surfaces = down.push_and_pull(surface).unwrap();
        let direct = direct.push_and_pull(buffer).unwrap();
        let mut exact = true;
        for (way, buffer) in [("direct", direct), ("surfaces", through_surfaces)] {
            let info = gst_video::VideoInfo::from_caps(&caps_out.parse::<gst::Caps>().unwrap());
            let packed = packed(&buffer, &info.unwrap(), &run.output_format);
            failures.extend(run.compare(&packed).map(|text| format!("{way}: {text}")));
            exact &= run.is_exact(&packed);
        }
        match exact {
            true => count.exact += 1,
            false => count.within += 1,
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(count.exact > 30, "{count:?}");
    fidelity::record("nvvideoconvert", "pictures", count);
}

/// Rows of a picture without padding.
fn packed(buffer: &gst::BufferRef, info: &gst_video::VideoInfo, format: &str) -> Vec<u8> {
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info).unwrap();
    let (width, height) = (info.width() as usize, info.height() as usize);
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let planes = match format {
        "RGBA" => vec![(width * 4, height)],
        "NV12" => vec![(width, height), (half_width * 2, half_height)],
        "I420" => vec![
            (width, height),
            (half_width, half_height),
            (half_width, half_height),
        ],
        other => panic!("format {other}"),
    };
    let mut packed = Vec::new();
    for (plane, (row, rows)) in planes.into_iter().enumerate() {
        let stride = frame.plane_stride()[plane] as usize;
        let data = frame.plane_data(plane as u32).unwrap();
        for y in 0..rows {
            packed.extend_from_slice(&data[y * stride..y * stride + row]);
        }
    }
    packed
}
