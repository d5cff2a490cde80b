//! Caps: what sources may send, and what batches have.

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::imp::{StreamMux, lock};
use super::scale::Target;
use super::settings::is_new;
use super::state::State;
use crate::caps;
use crate::enums::MemoryType;

impl StreamMux {
    /// What a source may send: the pad template, with what downstream takes.
    ///
    /// Only the format passes through the mux as it is, and, where frames are not scaled, the size;
    /// rates may differ from source to source. System memory is offered as well, though not taken: the
    /// error that says what to put before the pad comes when caps arrive, as in stock.
    pub(super) fn sink_caps(&self, pad: &gst::Pad, filter: Option<&gst::CapsRef>) -> gst::Caps {
        let size = {
            let settings = lock(&self.settings);
            (!is_new()).then_some((settings.width, settings.height))
        };
        let template = pad.pad_template_caps();
        // Without the filter, which is about a source's caps and not about those of batches.
        let downstream = self.src.peer_query_caps(None);
        let mut result = match downstream.is_any() {
            true => template.clone(),
            false => upstream_caps(&downstream, size).intersect(&template),
        };
        if result.is_empty() {
            // There is no right answer; the error is told where downstream refuses the batches' caps.
            result = template;
        }
        match filter {
            Some(filter) => filter.intersect_with_mode(&result, gst::CapsIntersectMode::First),
            None => result,
        }
    }

    /// Says what is wrong with a source's caps.
    pub(super) fn check_caps(
        &self,
        pad: &gst::Pad,
        caps: &gst::CapsRef,
    ) -> Result<(), gst::ErrorMessage> {
        let mut state = lock(&self.state);
        let Some(source) = state.source(pad) else {
            return Ok(());
        };
        source.has_caps = false;
        let id = source.id;
        let info = video_of(id, caps)?;
        let rounded = state.fit(id, &info)?;
        if let Some(source) = state.source(pad) {
            let (numer, denom) = (info.par().numer(), info.par().denom());
            let side = |number: i32| u32::try_from(number).unwrap_or(1);
            source.pixel_aspect = (side(numer), side(denom));
            source.has_caps = true;
        }
        drop(state);
        if let Some((width, height)) = rounded {
            gst::element_imp_warning!(
                self,
                gst::LibraryError::Settings,
                ("frames are scaled to {width}x{height}: where a source has another size, the width is \
                     rounded up to a multiple of 8 and the height to one of 4")
            );
        }
        Ok(())
    }
}

impl State {
    /// Looks whether the default mux can bring a source's frames to the others' format and size, of which the first
    /// source decides. Returns the size where it had to be rounded.
    fn fit(
        &mut self,
        id: u32,
        info: &gst_video::VideoInfo,
    ) -> Result<Option<(u32, u32)>, gst::ErrorMessage> {
        let told = self.caps.is_some();
        let Some(target) = &mut self.target else {
            return Ok(None);
        };
        if target.format == gst_video::VideoFormat::Unknown {
            target.format = info.format();
        }
        if target.format != info.format() {
            return Err(gst::error_msg!(
                gst::StreamError::Format,
                ("Input Output Color Format Mismatch"),
                [
                    "sink_{id} gets {} and the first source has {}: put nvvideoconvert and caps with \
                     format={} before sink_{id}",
                    info.format(),
                    target.format,
                    target.format
                ]
            ));
        }
        let size = (target.width, target.height);
        if told || (info.width(), info.height()) == size {
            return Ok(None);
        }
        let up = |side: u32, to| side.checked_next_multiple_of(to).unwrap_or(side);
        (target.width, target.height) = (up(size.0, 8), up(size.1, 4));
        let rounded = (target.width, target.height);
        Ok((rounded != size).then_some(rounded))
    }
}

/// The video that caps describe, or what is wrong with them.
fn video_of(id: u32, caps: &gst::CapsRef) -> Result<gst_video::VideoInfo, gst::ErrorMessage> {
    let is_video = caps
        .structure(0)
        .is_some_and(|s| s.name().as_str() == "video/x-raw");
    if !is_video {
        return Err(gst::error_msg!(
            gst::StreamError::WrongType,
            ("sink_{id} gets {caps}; the CPU stand-in batches video only")
        ));
    }
    if !caps::is_nvmm(caps) {
        let code = match is_new() {
            true => gst::StreamError::Failed,
            false => gst::StreamError::WrongType,
        };
        return Err(gst::error_msg!(
            code,
            ("input buffer [stream_id={id}] is not NVMM format; FATAL error: put nvv4l2decoder \
                 (compressed video) or nvvideoconvert (raw video) before sink_{id}"),
            ["sink_{id} gets {caps}"]
        ));
    }
    gst_video::VideoInfo::from_caps(caps).map_err(|_| {
        gst::error_msg!(
            gst::CoreError::Negotiation,
            ("sink_{id} gets caps that are no fixed video format: {caps}")
        )
    })
}

/// What caps of the default mux say of the memory.
#[derive(Debug)]
pub struct MemoryFields {
    kind: String,
    gpu_id: i32,
}

impl MemoryFields {
    /// What downstream wants, or else what the properties say.
    pub fn new(kind: MemoryType, gpu_id: u32, downstream: &gst::CapsRef) -> Self {
        let wanted = downstream.structure(0);
        let wanted_kind = wanted.and_then(|s| s.get::<String>("nvbuf-memory-type").ok());
        let wanted_id = wanted.and_then(|s| s.get::<i32>("gpu-id").ok());
        Self {
            kind: wanted_kind.unwrap_or_else(|| kind.caps_value().to_owned()),
            gpu_id: wanted_id.unwrap_or(i32::try_from(gpu_id).unwrap_or(i32::MAX)),
        }
    }
}

/// The caps of sources whose batches fit `downstream`. `size`: what all frames are scaled to.
fn upstream_caps(downstream: &gst::CapsRef, size: Option<(u32, u32)>) -> gst::Caps {
    let mut out = gst::Caps::new_empty();
    let fits = |structure: &gst::StructureRef, features: &gst::CapsFeaturesRef| {
        structure.name().as_str() == "video/x-raw"
            && features.contains(caps::MEMORY_NVMM)
            && size.is_none_or(|(width, height)| {
                takes(structure, "width", width) && takes(structure, "height", height)
            })
    };
    let passes: &[&str] = match size {
        Some(_) => &["format"],
        None => &["format", "width", "height"],
    };
    // The memory that is of use first.
    for features in [Some(gst::CapsFeatures::new([caps::MEMORY_NVMM])), None] {
        for (structure, found) in downstream.iter_with_features() {
            if !fits(structure, found) {
                continue;
            }
            let mut source = gst::Structure::new_empty("video/x-raw");
            for (field, value) in structure.iter() {
                if passes.contains(&field.as_str()) {
                    source.set_value(field, value.clone());
                }
            }
            out.make_mut()
                .append_structure_full(source, features.clone());
        }
    }
    out
}

/// Whether a field may have this value.
fn takes(structure: &gst::StructureRef, field: &'static str, value: u32) -> bool {
    let Ok(value) = i32::try_from(value) else {
        return false;
    };
    let wanted = gst::Structure::builder(structure.name().as_str())
        .field(field, value)
        .build();
    structure.can_intersect(&wanted)
}

/// The caps of the batches for a source's caps.
pub fn output_caps(
    caps: &gst::CapsRef,
    batch_size: usize,
    surfaces: u32,
    target: Option<&Target>,
    memory: Option<&MemoryFields>,
) -> Option<gst::Caps> {
    let mut structure = caps.structure(0)?.to_owned();
    structure.remove_fields([
        "pixel-aspect-ratio",
        "chroma-site",
        "interlace-mode",
        "colorimetry",
    ]);
    if let Some(target) = target {
        structure.set("width", i32::try_from(target.width).ok()?);
        structure.set("height", i32::try_from(target.height).ok()?);
    }
    if let Some(memory) = memory {
        structure.set("nvbuf-memory-type", &memory.kind);
        structure.set("gpu-id", memory.gpu_id);
    }
    structure.set("batch-size", i32::try_from(batch_size).ok()?);
    structure.set("num-surfaces-per-frame", i32::try_from(surfaces).ok()?);
    let mut out = gst::Caps::new_empty();
    out.make_mut()
        .append_structure_full(structure, Some(gst::CapsFeatures::new([caps::MEMORY_NVMM])));
    Some(out)
}
