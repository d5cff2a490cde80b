//! One buffer: which regions, their tensors, and both onto the batch.

use std::collections::HashSet;
use std::ffi::CString;

use nvds::{Batch, Color, Frame, Locked, NewPreparedInput, NewRoi, Object, Rect, RectStyle};

use super::came::Came;
use super::choice::{self, Groups, Regions};
use super::config::{Network, Region};
use super::tensor::Tensors;
use crate::infer::engine::EngineError;
use crate::infer::postprocess::Fit;
use crate::infer::results::Crop;
use crate::infer::runner::{RunError, show};
use crate::surface::Surfaces;

/// Border of a region that is drawn, in pixels.
const BORDER: u32 = 2;

/// What counts, of properties and file.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) on_frames: bool,
    pub(super) target_unique_ids: Vec<u64>,
    pub(super) gpu_id: u32,
    /// Objects of which element are prepared; below 0 for all.
    pub(super) operate_on_gie_id: i32,
}

/// A region of a frame, or an object.
#[derive(Debug, Clone, Copy)]
struct Unit {
    frame: usize,
    /// 0 for none.
    object: usize,
    batch_id: usize,
    rect: Rect,
    crop: Crop,
}

/// A region that is drawn.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    frame: usize,
    rect: Rect,
    color: [f64; 4],
}

/// An element with what it knows of its stream.
#[derive(Debug)]
pub(super) struct Work {
    groups: Groups,
    network: Network,
    tensors: Tensors,
    settings: Settings,
    name: CString,
    units: Vec<Unit>,
    drawn: Vec<Drawn>,
    /// What was told; each thing once.
    told: HashSet<&'static str>,
    came: Came,
}

impl Work {
    pub(super) fn new(
        groups: Groups,
        network: Network,
        tensors: Tensors,
        settings: Settings,
        element: &str,
    ) -> Self {
        Self {
            groups,
            network,
            tensors,
            settings,
            name: CString::new(element).unwrap_or_default(),
            units: Vec::new(),
            drawn: Vec::new(),
            told: HashSet::new(),
            came: Came::default(),
        }
    }

    /// Sources of the configuration that do not come, once; `end`: nothing more comes at all.
    pub(super) fn missing(&mut self, end: bool) -> Option<String> {
        let groups = self.groups.groups.iter().map(|group| &group.config);
        self.came.warning(groups, end)
    }

    /// Gives a source other regions. Whether there is such a source.
    pub(super) fn update(&mut self, source: i32, regions: Vec<Region>) -> bool {
        self.groups.update(source, regions)
    }

    /// Prepares a buffer's regions. Returns what there is to warn about.
    pub(super) fn run(&mut self, buffer: &gst::BufferRef) -> Result<Vec<&'static str>, RunError> {
        nvds::stamp_input(buffer, &self.name);
        let batch = Batch::from_buffer(buffer)?.ok_or(RunError::NoBatch)?;
        let surfaces = Surfaces::map(buffer)?;
        let mut warnings = Vec::new();
        {
            let locked = batch.lock();
            let sources = locked.frames().map(|frame| frame.source_id() as i32);
            self.came.note(sources);
            self.list(&locked, &surfaces, &mut warnings)?;
        }
        let units = std::mem::take(&mut self.units);
        let most = self.network.shape[0].max(1) as usize;
        // Frames are scaled without the batch's lock, since who draws on a surface may wait for that.
        let mut inputs = Vec::new();
        for units in units.chunks(most) {
            for (place, unit) in units.iter().enumerate() {
                let tensors = &mut self.tensors;
                show(&surfaces, unit.batch_id, Some(unit.crop), |image| {
                    tensors.add(place, image)
                })?
                .map_err(EngineError::from)?;
            }
            let (data_type, memory) = self.tensors.take();
            let mut shape = self.network.shape;
            shape[0] = units.len() as i32;
            let input = NewPreparedInput {
                target_unique_ids: self.settings.target_unique_ids.clone(),
                memory,
                shape: shape.to_vec(),
                data_type,
                name: self.network.name.clone(),
                gpu_id: self.settings.gpu_id,
                meta_id: inputs.len() as u32,
                maintain_aspect_ratio: self.network.preprocess.maintain_aspect_ratio,
            };
            inputs.push((units, input));
        }
        {
            let locked = batch.lock();
            for (units, input) in inputs {
                self.attach(&locked, units, &input)?;
            }
            self.draw(&locked)?;
        }
        self.units = units;
        nvds::stamp_output(buffer, &self.name);
        warnings.retain(|what| self.told.insert(*what));
        Ok(warnings)
    }

    /// Lists what is prepared of a batch, group by group.
    fn list(
        &mut self,
        locked: &Locked<'_>,
        surfaces: &Surfaces<'_>,
        warnings: &mut Vec<&'static str>,
    ) -> Result<(), RunError> {
        self.units.clear();
        self.drawn.clear();
        for place in 0..self.groups.groups.len() {
            if !self.groups.groups[place].is_due() {
                continue;
            }
            for frame in locked.frames() {
                let source = frame.source_id() as i32;
                let regions = self.groups.regions(place, source);
                let regions = regions.map_err(RunError::Postprocess)?;
                let Some(regions) = regions.cloned() else {
                    continue;
                };
                let desc = surfaces.desc(frame.batch_id() as usize)?;
                let size = (desc.width, desc.height);
                let rects: Vec<_> = match &regions {
                    Regions::Whole => vec![choice::cut(&[0, 0, size.0, size.1], size)],
                    Regions::Parts(parts) => {
                        parts.iter().map(|part| choice::cut(part, size)).collect()
                    }
                };
                for rect in rects {
                    let rect = rect.map_err(RunError::Postprocess)?;
                    self.list_region(place, &frame, &rect, &regions, size, warnings);
                }
            }
        }
        Ok(())
    }

    fn list_region(
        &mut self,
        place: usize,
        frame: &Frame<'_>,
        rect: &Rect,
        regions: &Regions,
        size: (u32, u32),
        warnings: &mut Vec<&'static str>,
    ) {
        let group = &self.groups.groups[place];
        let on_frames = self.settings.on_frames;
        if group.config.draw {
            let usual = match on_frames {
                true => [0.0, 1.0, 0.0, 1.0],
                false => [0.0, 1.0, 1.0, 1.0],
            };
            self.drawn.push(Drawn {
                frame: frame.address(),
                rect: *rect,
                color: group.config.color.unwrap_or(usual),
            });
        }
        let unit = |object, rect: Rect, crop| Unit {
            frame: frame.address(),
            object,
            batch_id: frame.batch_id() as usize,
            rect,
            crop,
        };
        if on_frames {
            // A region has two pixels at least: see `choice::cut`.
            self.units
                .extend(Crop::of(rect).map(|crop| unit(0, *rect, crop)));
            return;
        }
        let gie = self.settings.operate_on_gie_id;
        for object in frame.objects() {
            let own = object.rect();
            let asked = (gie < 0 || object.unique_component_id() == gie)
                && group.passes(object.class_id(), &own)
                && (*regions == Regions::Whole || choice::overlap(rect, &own));
            if !asked {
                continue;
            }
            let own = within(own, size);
            match Crop::of(&own) {
                Some(crop) => self.units.push(unit(object.address(), own, crop)),
                None => warnings.push(
                    "an object of less than 2x2 pixels of its frame is not prepared: set input-object-min-width and \
                     input-object-min-height to 2 or more (DeepStream ends the stream)",
                ),
            }
        }
    }

    fn attach(
        &self,
        locked: &Locked<'_>,
        units: &[Unit],
        input: &NewPreparedInput,
    ) -> Result<(), RunError> {
        let frames: Vec<_> = locked.frames().collect();
        let rois: Option<Vec<_>> = units
            .iter()
            .map(|unit| {
                let frame = *frames.iter().find(|f| f.address() == unit.frame)?;
                let crop = (unit.crop.width, unit.crop.height);
                let (width, height) = self.network.size;
                let preprocess = &self.network.preprocess;
                let fit = Fit::new(
                    crop,
                    (width as u32, height as u32),
                    preprocess.maintain_aspect_ratio,
                    preprocess.symmetric_padding,
                );
                Some(NewRoi {
                    rect: unit.rect,
                    scale_ratio: fit.ratio,
                    offset: (fit.offset.0.into(), fit.offset.1.into()),
                    frame,
                    object: object_at(&frame, unit.object),
                })
            })
            .collect();
        // Frames stay as long as their batch.
        let Some(rois) = rois else { return Ok(()) };
        Ok(locked.add_prepared_input(input, &rois)?)
    }

    fn draw(&self, locked: &Locked<'_>) -> Result<(), RunError> {
        for frame in locked.frames() {
            for drawn in self.drawn.iter().filter(|d| d.frame == frame.address()) {
                let [red, green, blue, alpha] = drawn.color;
                let style = RectStyle {
                    border_width: BORDER,
                    border_color: Color::new(red, green, blue, alpha),
                    fill: None,
                };
                locked.draw_on(&frame)?.rect(drawn.rect, &style);
            }
        }
        Ok(())
    }
}

fn object_at<'s>(frame: &Frame<'s>, address: usize) -> Option<Object<'s>> {
    let mut objects = frame.objects();
    objects.find(|object| object.address() == address)
}

/// The part of a box that is in the frame.
fn within(rect: Rect, size: (u32, u32)) -> Rect {
    let cut = |start: f32, length: f32, most: u32| {
        let end = (start + length).min(most as f32);
        let start = start.max(0.0);
        (start, (end - start).max(0.0))
    };
    let (left, width) = cut(rect.left, rect.width, size.0);
    let (top, height) = cut(rect.top, rect.height, size.1);
    Rect {
        left,
        top,
        width,
        height,
    }
}
