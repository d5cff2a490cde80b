//! Black frames for the mux, from one thread, so that batches have them in the order of the pads.

use gst::prelude::*;
use gstnvdscpu::surface::{self, ColorFormat, MemoryKind, SurfaceDesc};
use nvds::sys as c;

use super::Case;

/// Time of a frame in nanoseconds.
const FRAME: u64 = 100_000_000;

/// The pads that feed the mux.
pub struct Feed {
    pads: Vec<gst::Pad>,
    frames: u64,
    desc: SurfaceDesc,
}

impl Feed {
    /// Links a pad for each source to `mux`.
    pub fn new(case: &Case, mux: &gst::Element) -> Result<Self, String> {
        let pads = (0..case.sources).map(|source| {
            let sink = mux.request_pad_simple(&format!("sink_{source}"));
            let sink = sink.ok_or("nvstreammux gives no more pads")?;
            let pad = gst::Pad::new(gst::PadDirection::Src);
            pad.set_active(true).map_err(|e| e.to_string())?;
            pad.link_full(&sink, gst::PadLinkCheck::empty())
                .map_err(|e| e.to_string())?;
            Ok(pad)
        });
        Ok(Self {
            pads: pads.collect::<Result<_, String>>()?,
            frames: case.frames_per_source as u64,
            desc: SurfaceDesc {
                width: case.frame_size[0] as u32,
                height: case.frame_size[1] as u32,
                format: ColorFormat(c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12),
            },
        })
    }

    fn start(&self) {
        let caps = gst::Caps::builder("video/x-raw")
            .features(["memory:NVMM"])
            .field("format", "NV12")
            .field("width", self.desc.width as i32)
            .field("height", self.desc.height as i32)
            .field("framerate", gst::Fraction::new(10, 1))
            .build();
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        for (source, pad) in self.pads.iter().enumerate() {
            let id = format!("source-{source}");
            let group = gst::GroupId::next();
            pad.push_event(
                gst::event::StreamStart::builder(&id)
                    .group_id(group)
                    .build(),
            );
            pad.push_event(gst::event::Caps::new(&caps));
            pad.push_event(gst::event::Segment::new(&segment));
        }
    }

    fn frame(&self, number: u64) -> Result<gst::Buffer, String> {
        let mut buffer =
            surface::alloc(&[self.desc], MemoryKind::Nvds).map_err(|e| e.to_string())?;
        let writable = buffer.get_mut().ok_or("a new buffer that is shared")?;
        writable.set_pts(gst::ClockTime::from_nseconds(number * FRAME));
        Ok(buffer)
    }

    /// Pushes all frames and the end, as far as the pipeline takes them.
    pub fn run(self) -> Result<(), String> {
        self.start();
        for number in 0..self.frames {
            for pad in &self.pads {
                if pad.push(self.frame(number)?).is_err() {
                    return Ok(());
                }
            }
        }
        for pad in &self.pads {
            pad.push_event(gst::event::Eos::new());
        }
        Ok(())
    }
}
