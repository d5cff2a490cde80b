//! One buffer: frames stretched, segmentations painted.

use std::collections::HashSet;

use nvds::{Batch, Segmentation};

use super::paint::{self, Style};
use crate::convert::{Method, Rect};
use crate::placement::Placement;
use crate::surface::{SurfaceDesc, Surfaces};

/// What is known while caps stay the same.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) output: Option<SurfaceDesc>,
    /// One for each kind of surface that comes in.
    pub(super) placements: Vec<(SurfaceDesc, Placement)>,
    /// What was told; each thing once.
    pub(super) told: HashSet<String>,
}

pub(super) const NO_BATCH: &str =
    "no batch metadata on the buffer: put nvstreammux before nvsegvisual";

/// Paints a segmentation on a surface, as far as both reach. Returns what there is to warn about.
pub(super) fn paint(
    segmentation: &Segmentation<'_>,
    to: &Surfaces<'_>,
    index: usize,
    style: Style,
) -> Result<Vec<String>, String> {
    let mut warnings = Vec::new();
    let mut surface = to.write(index).map_err(|e| e.to_string())?;
    let desc = *surface.desc();
    let (width, height) = (segmentation.width, segmentation.height);
    if (width, height) != (desc.width, desc.height) {
        warnings.push(format!(
            "the segmentation has {width}x{height} pixels and is painted as it is on {}x{}: set width={width} height={height}",
            desc.width, desc.height
        ));
    }
    let rows = segmentation.class_map.chunks(width.max(1) as usize);
    let mut planes = surface.planes();
    let Some(plane) = planes.first_mut() else {
        return Ok(warnings);
    };
    let bytes = desc.width as usize * 4;
    let mut unknown = false;
    let lines = plane.data.chunks_mut(plane.pitch);
    for (classes, line) in rows.zip(lines).take(desc.height as usize) {
        let end = bytes.min(line.len());
        unknown |= paint::row(classes, &mut line[..end], style);
    }
    if unknown {
        let what = "classes beyond 18 have no colour, and their pixels stay as they are";
        warnings.push(what.to_owned());
    }
    Ok(warnings)
}

impl State {
    /// Stretches a surface to the one of the same place.
    pub(super) fn stretch(
        &mut self,
        from: &Surfaces<'_>,
        to: &Surfaces<'_>,
        index: usize,
    ) -> Result<(), String> {
        let source = from.desc(index).map_err(|e| e.to_string())?;
        let known = self.placements.iter().position(|(desc, _)| *desc == source);
        let place = match known {
            Some(place) => place,
            None => {
                let target = to.desc(index).map_err(|e| e.to_string())?;
                let area = Rect {
                    left: 0,
                    top: 0,
                    width: target.width as usize,
                    height: target.height as usize,
                };
                let placement = Placement::new(&source, &target, area, Method::Default);
                self.placements
                    .push((source, placement.map_err(|e| e.to_string())?));
                self.placements.len() - 1
            }
        };
        let (from, to) = (from.read(index), to.write(index));
        let (from, mut to) = (
            from.map_err(|e| e.to_string())?,
            to.map_err(|e| e.to_string())?,
        );
        let placement = &mut self.placements[place].1;
        placement.draw(&from, &mut to).map_err(|e| e.to_string())
    }
}

/// That the metadata is there and can be copied: a copy of a batch with frames whose maximum of frames is 0 crashes in the
/// library.
pub(super) fn check(inbuf: &gst::BufferRef) -> Result<(), String> {
    let batch = Batch::from_buffer(inbuf).map_err(|e| e.to_string())?;
    let locked = batch.ok_or(NO_BATCH)?.lock();
    match locked.max_frames() == 0 && locked.frames().next().is_some() {
        true => Err("cannot copy the batch meta: max_frames_in_batch is 0 though there are frames; whoever makes the batch must set it".to_owned()),
        false => Ok(()),
    }
}
