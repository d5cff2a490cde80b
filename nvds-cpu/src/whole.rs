//! Compressed frames that are cut off, and streams of which no picture comes. The software decoders pass over both without
//! a word.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use gst::prelude::*;

/// Bytes behind a JPEG's end marker that are still taken for padding.
const PADDING: usize = 64;

/// What has come and gone since the start of a decoder.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    frames: AtomicU64,
    pictures: AtomicU64,
    /// An error was posted.
    failed: AtomicBool,
    /// It was said that a frame is not whole.
    told: AtomicBool,
}

impl Whole {
    /// A new start.
    pub(crate) fn reset(&self) {
        self.frames.store(0, Ordering::Relaxed);
        self.pictures.store(0, Ordering::Relaxed);
        self.failed.store(false, Ordering::Relaxed);
        self.told.store(false, Ordering::Relaxed);
    }

    /// An error was posted: the next one would tell less.
    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    fn frame(&self, pad: &gst::Pad, buffer: &gst::BufferRef) {
        let number = self.frames.fetch_add(1, Ordering::Relaxed);
        if self.told.load(Ordering::Relaxed) || !is_jpeg(pad) {
            return;
        }
        let flaw = buffer.map_readable().ok().and_then(|map| flaw(&map));
        if let (Some(flaw), Some(bin)) = (flaw, pad.parent_element()) {
            self.told.store(true, Ordering::Relaxed);
            gst::element_warning!(
                bin,
                gst::StreamError::Decode,
                ("JPEG frame {number} {flaw}: its picture is missing or not complete; later ones are not told of")
            );
        }
    }

    /// Whether a stream that ends now had frames, none of which became a picture; how many.
    fn in_vain(&self) -> Option<u64> {
        let frames = self.frames.load(Ordering::Relaxed);
        let none = self.pictures.load(Ordering::Relaxed) == 0;
        (frames > 0 && none && !self.failed.load(Ordering::Relaxed)).then_some(frames)
    }
}

/// Watches the pads of a decoder's bin.
pub(crate) fn watch(sink: &gst::Pad, src: &gst::Pad) -> Arc<Whole> {
    let whole = Arc::<Whole>::default();
    let coming = whole.clone();
    sink.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        if let Some(buffer) = info.buffer() {
            coming.frame(pad, buffer);
        }
        gst::PadProbeReturn::Ok
    });
    let going = whole.clone();
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
    src.add_probe(kinds, move |pad, info| {
        match &info.data {
            Some(gst::PadProbeData::Buffer(_)) => {
                going.pictures.fetch_add(1, Ordering::Relaxed);
            }
            Some(gst::PadProbeData::Event(event)) if event.type_() == gst::EventType::Eos => {
                if let (Some(frames), Some(bin)) = (going.in_vain(), pad.parent_element()) {
                    going.fail();
                    gst::element_error!(
                        bin,
                        gst::StreamError::Decode,
                        ("no picture came of the stream: it is damaged, or of another format than its name says"),
                        ["buffers: {frames}"]
                    );
                }
            }
            _ => (),
        }
        gst::PadProbeReturn::Ok
    });
    whole
}

/// Whether each buffer is a JPEG: without caps, as of filesrc alone, they are parts of some.
fn is_jpeg(pad: &gst::Pad) -> bool {
    let caps = pad.current_caps();
    caps.is_some_and(|caps| caps.structure(0).is_some_and(|s| s.name() == "image/jpeg"))
}

/// What is wrong with the bytes of a JPEG, as far as its markers tell.
fn flaw(jpeg: &[u8]) -> Option<&'static str> {
    let Some(mut rest) = jpeg.strip_prefix(&[0xff, 0xd8]) else {
        return Some("does not begin with the marker FF D8");
    };
    let tail = &jpeg[jpeg.len().saturating_sub(PADDING + 2)..];
    if !tail.windows(2).any(|two| two == [0xff, 0xd9]) {
        return Some("is cut off: the marker FF D9 is not at its end");
    }
    // Segments with their lengths, up to the first scan.
    let mut has_size = false;
    loop {
        match *rest {
            // Fill bytes.
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, 0xda, ..] if has_size => return None,
            [0xff, marker @ 0xc0..=0xfe, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                let Some(next) = rest.get(2 + length..).filter(|_| length >= 2) else {
                    return Some("has a damaged header");
                };
                // Tables share the range of the frame headers.
                has_size |= matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
                rest = next;
            }
            _ => return Some("has a damaged header"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Start, a table, a frame header, a scan and the end.
    const GOOD: &[u8] = &[
        0xff, 0xd8, 0xff, 0xdb, 0, 3, 9, 0xff, 0xff, 0xc0, 0, 4, 1, 2, 0xff, 0xda, 0, 2, 7, 7, 7,
        0xff, 0xd9,
    ];

    #[test]
    fn whole_frames_have_no_flaw() {
        assert_eq!(flaw(GOOD), None);
        assert_eq!(flaw(&[GOOD, &[0; PADDING]].concat()), None);
    }

    #[test]
    fn each_flaw_is_named() {
        assert!(flaw(b"no jpeg").unwrap().contains("FF D8"));
        assert!(flaw(&[]).unwrap().contains("FF D8"));
        assert!(flaw(&GOOD[..GOOD.len() - 2]).unwrap().contains("cut off"));
        assert!(
            flaw(&[GOOD, &[0; PADDING + 1]].concat())
                .unwrap()
                .contains("cut off")
        );
        let mut damaged = GOOD.to_vec();
        damaged[4] = 0x40; // a segment beyond the end
        assert_eq!(flaw(&damaged), Some("has a damaged header"));
        damaged[4..6].copy_from_slice(&[0, 1]); // shorter than its own length
        assert_eq!(flaw(&damaged), Some("has a damaged header"));
        let mut without_size = GOOD.to_vec();
        without_size[9] = 0xc4; // another table in the place of the frame header
        assert_eq!(flaw(&without_size), Some("has a damaged header"));
    }
}
