//! Formats of pictures that the decoder stand-in refuses.

mod decoder_support;
mod mux_support;

use decoder_support::*;
use gst::prelude::*;
use mux_support::errors;

/// Formats that no surface holds end with the decoder's own error, which names them, however the
/// decoder came into the pipeline.
#[test]
fn unusable_formats_are_named() {
    for (film, found) in [
        ("I420_12LE x265enc h265parse", "I420_12LE"),
        ("I422_12LE x265enc h265parse", "I422_12LE"),
        ("Y444_12LE x265enc h265parse", "Y444_12LE"),
        ("I420_12LE vp9enc vp9parse", "I420_12LE"),
        ("Y444_12LE vp9enc identity", "Y444_12LE"),
        (
            "Y444 x265enc@option-string=colormatrix=gbr h265parse",
            "GBR",
        ),
    ] {
        let [format, encoder, parser] = words(film);
        let encoder = encoder.replace('@', " ");
        let source = format!(
            "videotestsrc num-buffers=3 ! video/x-raw,format={format},width=64,height=48,\
             framerate=30/1 ! {encoder} ! {parser}"
        );
        for decoder in ["nvv4l2decoder", "decodebin"] {
            let (_pipeline, messages) = run(
                &format!("{source} ! {decoder} ! fakesink sync=false"),
                |_| {},
            );
            check_unusable(&messages, found);
        }
    }
}

#[test]
fn unusable_films_are_named_by_uridecodebin() {
    let film = std::env::temp_dir().join(format!("rsnvds-{}-12bit.mkv", std::process::id()));
    let (_pipeline, messages) = run(
        &format!(
            "videotestsrc num-buffers=3 ! video/x-raw,format=I420_12LE,width=64,height=48,\
             framerate=30/1 ! x265enc ! h265parse ! matroskamux ! filesink location={}",
            film.display()
        ),
        |_| {},
    );
    assert_eq!(errors(&messages), [""; 0]);
    let (_pipeline, messages) = run(
        &format!("uridecodebin uri=file://{} ! fakesink", film.display()),
        |_| {},
    );
    std::fs::remove_file(&film).unwrap();
    check_unusable(&messages, "I420_12LE");
}

/// Formats that GStreamer has no name for: libav's decoder would end the process.
#[test]
fn formats_without_a_name_are_unusable() {
    for (format, found) in [
        ("I420_10LE", "4:0:0 10 bits"),
        ("I420_12LE", "4:0:0 12 bits"),
    ] {
        let (_pipeline, messages) = run(
            &format!(
                "videotestsrc num-buffers=3 ! video/x-raw,format={format},width=64,height=48,\
                 framerate=30/1 ! x265enc name=enc ! h265parse ! nvv4l2decoder ! fakesink"
            ),
            |pipeline| {
                let encoder = pipeline.by_name("enc").unwrap();
                change(&encoder, |bytes| *bytes = without_chroma(bytes));
            },
        );
        check_unusable(&messages, found);
    }
}

/// 4:4:0 is what libvpx has and GStreamer not: its decoder fails with a text of its own.
#[test]
fn vp9_with_half_the_rows_of_chroma_is_unusable() {
    for (parser, expected) in [
        ("vp9parse", "cannot use the decoder's format 4:4:0 8 bits"),
        // Nobody knows, but the error of the decoder inside is the element's.
        ("identity", "No valid frames decoded"),
    ] {
        let (_pipeline, messages) = run(
            &format!(
                "videotestsrc num-buffers=3 ! video/x-raw,format=Y444,width=64,height=48,\
                 framerate=30/1 ! vp9enc name=enc ! {parser} ! nvv4l2decoder ! fakesink sync=false"
            ),
            |pipeline| {
                let encoder = pipeline.by_name("enc").unwrap();
                // subsampling_y of a key frame of profile 1.
                change(&encoder, |bytes| {
                    if bytes[1..4] == [0x49, 0x83, 0x42] {
                        bytes[4] |= 4;
                    }
                });
            },
        );
        let (factory, text) = error(&messages);
        assert_eq!(factory, "nvv4l2decoder");
        assert!(text.starts_with(expected), "{parser}: {text}");
    }
}

/// Changes the compressed frames of an encoder.
fn change(encoder: &gst::Element, change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) {
    let pad = encoder.static_pad("src").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data {
            let mut bytes = buffer.map_readable().unwrap().to_vec();
            change(&mut bytes);
            let mut changed = gst::Buffer::from_mut_slice(bytes);
            let new = changed.get_mut().unwrap();
            let flags = gst::BufferCopyFlags::FLAGS | gst::BufferCopyFlags::TIMESTAMPS;
            buffer.copy_into(new, flags, ..).unwrap();
            *buffer = changed;
        }
        gst::PadProbeReturn::Ok
    });
}

/// An H.265 stream of 4:2:0 whose sequence parameters say 4:0:0.
fn without_chroma(stream: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let starts: Vec<_> = (0..stream.len().saturating_sub(3))
        .filter(|&i| stream[i..i + 3] == [0, 0, 1])
        .collect();
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(stream.len());
        let unit = &stream[start + 3..end];
        out.extend([0, 0, 0, 1]);
        if unit[0] >> 1 & 0x3f == 33 {
            out.extend(sps_without_chroma(unit));
        } else {
            out.extend(unit);
        }
    }
    out
}

fn sps_without_chroma(unit: &[u8]) -> Vec<u8> {
    let mut plain: Vec<u8> = Vec::new();
    for &byte in unit {
        // Emulation prevention.
        if !(byte == 3 && plain.ends_with(&[0, 0])) {
            plain.push(byte);
        }
    }
    let mut bits: Vec<u8> = plain
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    // Behind unit header and profile_tier_level: sps_seq_parameter_set_id 0, chroma_format_idc 1.
    assert_eq!(bits[120..124], [1, 0, 1, 0]);
    bits.splice(121..124, [1]);
    let mut escaped: Vec<u8> = Vec::new();
    for byte in bits.chunks(8) {
        let byte = (0..8).fold(0, |sum, bit| sum << 1 | byte.get(bit).unwrap_or(&0));
        if byte <= 3 && escaped.ends_with(&[0, 0]) {
            escaped.push(3);
        }
        escaped.push(byte);
    }
    escaped
}
