//! What the tiler knows, and one batch's way through it.

use std::collections::BTreeMap;

use gst_video::VideoInfo;
use nvds::{Batch, NewBatch, NewFrame};

use super::canvas::{self, Canvas};
use super::grid::Grid;
use super::metadata::Movement;
use super::settings::Layout;
use crate::convert::Rect;
use crate::surface::{self, ColorFormat, SurfaceDesc, Surfaces};

/// Why a batch gives no picture.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(
        "the buffer has no batch meta: put nvstreammux upstream, and no element between that drops metadata"
    )]
    NoBatch,
    #[error(transparent)]
    Metadata(#[from] nvds::Error),
    #[error("wrong input buffer: {0}")]
    Input(#[from] surface::Error),
    #[error("frame {frame_num} of source {pad_index}: {error}")]
    Frame {
        pad_index: u32,
        frame_num: i32,
        error: surface::Error,
    },
    #[error("the picture of source {pad_index} cannot be drawn: {error}")]
    Draw {
        pad_index: u32,
        error: canvas::Error,
    },
    #[error("cannot make an output buffer: {0}")]
    Output(canvas::Error),
}

/// A frame that is to be drawn.
struct Drawn {
    pad_index: u32,
    surface: usize,
    tile: Rect,
}

/// All that is known of the stream.
pub(super) struct State {
    /// What of the settings is in force.
    layout: Layout,
    grid: Grid,
    canvas: Option<Canvas>,
    /// For each source the batch that has its last frame, moved already.
    kept: BTreeMap<u32, gst::Buffer>,
    /// Number of the next picture.
    frame_num: i32,
    /// Video that comes out.
    output: Option<VideoInfo>,
}

impl State {
    pub(super) fn new(layout: Layout) -> Self {
        Self {
            layout: Layout {
                show_source: None,
                ..layout
            },
            grid: grid_of(&layout),
            canvas: None,
            kept: BTreeMap::new(),
            frame_num: 0,
            output: None,
        }
    }

    pub(super) fn set_output(&mut self, info: VideoInfo) {
        self.output = Some(info);
        self.reset();
    }

    /// Begins a new picture, all black and without objects.
    fn reset(&mut self) {
        self.canvas = None;
        self.kept.clear();
    }

    /// Takes over rows and columns where they were set anew.
    pub(super) fn adopt_grid(&mut self, wanted: &Layout) {
        let now = |layout: &Layout| (layout.rows, layout.columns, layout.square);
        if now(wanted) != now(&self.layout) {
            (self.layout.rows, self.layout.columns) = (wanted.rows, wanted.columns);
            self.layout.square = wanted.square;
            self.grid = grid_of(wanted);
            self.reset();
        }
    }

    /// Takes over the rest of the settings.
    ///
    /// # Errors
    /// How many tiles there are, when the source to be shown alone is none of theirs; what was shown before stays.
    pub(super) fn adopt_view(&mut self, wanted: &Layout) -> Result<(), u64> {
        let tiles = self.grid.tiles();
        let outside = wanted.show_source.is_some_and(|id| u64::from(id) >= tiles);
        let show_source = match outside {
            true => self.layout.show_source,
            false => wanted.show_source,
        };
        if (show_source, wanted.method) != (self.layout.show_source, self.layout.method) {
            (self.layout.show_source, self.layout.method) = (show_source, wanted.method);
            self.reset();
        }
        if outside { Err(tiles) } else { Ok(()) }
    }

    /// The source that is shown alone.
    pub(super) fn show_source(&self) -> Option<u32> {
        self.layout.show_source
    }

    /// Makes room for a source; the new rows and columns, if the grid is another.
    pub(super) fn add_source(&mut self, id: u32) -> Option<(u32, u32)> {
        let before = self.grid.size();
        if self.grid.add(id) {
            self.reset();
        }
        let size = self.grid.size();
        (size != before).then(|| {
            if !self.layout.square {
                (self.layout.rows, self.layout.columns) = size;
            }
            size
        })
    }

    /// A source has ended or is gone.
    pub(super) fn remove_source(&mut self, id: u32) {
        self.grid.remove(id);
        self.reset();
    }

    /// The surface that comes out for a batch, `None` before caps.
    pub(super) fn output_desc(&self, inbuf: &gst::BufferRef) -> Result<Option<SurfaceDesc>, Error> {
        let Some(info) = &self.output else {
            return Ok(None);
        };
        if let Some(canvas) = &self.canvas {
            return Ok(Some(canvas.desc()));
        }
        let surfaces = Surfaces::map(inbuf)?;
        // Matrix and range are those of the first picture, where the arrangement is the same.
        let first = surfaces.desc(0).ok().map(|desc| desc.format);
        let first = first.filter(|format| format.video_format() == Some(info.format()));
        Ok(Some(SurfaceDesc {
            width: info.width(),
            height: info.height(),
            // The template has no formats without one.
            format: first.or(ColorFormat::of(info)).unwrap_or(ColorFormat(0)),
        }))
    }

    /// Draws a batch and writes picture and metadata to `outbuf`, a surface as [`Self::output_desc`] says.
    pub(super) fn compose(
        &mut self,
        inbuf: &gst::Buffer,
        outbuf: &mut gst::BufferRef,
    ) -> Result<(), Error> {
        let out = Surfaces::map(outbuf).and_then(|surfaces| surfaces.desc(0));
        let desc = out.map_err(|error| Error::Output(error.into()))?;
        let frames = self.move_metadata(inbuf, (desc.width, desc.height))?;
        let canvas = match &mut self.canvas {
            Some(canvas) => canvas,
            none => none.insert(Canvas::new(desc, self.layout.method).map_err(Error::Output)?),
        };
        let surfaces = Surfaces::map(inbuf)?;
        for frame in frames {
            let pad_index = frame.pad_index;
            let drawn = canvas.draw(&surfaces, frame.surface, frame.tile);
            drawn.map_err(|error| Error::Draw { pad_index, error })?;
            self.kept.insert(pad_index, inbuf.clone());
        }
        canvas.copy_to(outbuf).map_err(Error::Output)?;
        self.gather(inbuf, (desc.width, desc.height))?
            .attach(outbuf);
        Ok(())
    }

    /// Moves what hangs on the frames to their tiles; tells the frames that are shown.
    fn move_metadata(
        &self,
        inbuf: &gst::BufferRef,
        canvas: (u32, u32),
    ) -> Result<Vec<Drawn>, Error> {
        let surfaces = Surfaces::map(inbuf)?;
        let batch = Batch::from_buffer(inbuf)?.ok_or(Error::NoBatch)?;
        let locked = batch.lock();
        let mut drawn = Vec::new();
        for frame in locked.frames() {
            let pad_index = frame.pad_index();
            let Some(tile) = self.tile(pad_index, canvas) else {
                continue;
            };
            let surface = frame.batch_id() as usize;
            let desc = surfaces.desc(surface).map_err(|error| Error::Frame {
                pad_index,
                frame_num: frame.frame_num(),
                error,
            })?;
            let movement = Movement::new((desc.width, desc.height), tile);
            for object in frame.objects() {
                locked.move_object(&object, &movement);
            }
            for display in frame.displays() {
                locked.move_display(&display, &movement);
            }
            drawn.push(Drawn {
                pad_index,
                surface,
                tile,
            });
        }
        Ok(drawn)
    }

    fn tile(&self, id: u32, canvas: (u32, u32)) -> Option<Rect> {
        match self.layout.show_source {
            None => self.grid.tile(id, canvas),
            Some(shown) => (shown == id)
                .then(|| Rect::default().or_whole(canvas.0 as usize, canvas.1 as usize)),
        }
    }

    /// The metadata of the picture: one frame with what hangs on the last frame of each source.
    fn gather(&mut self, inbuf: &gst::BufferRef, size: (u32, u32)) -> Result<NewBatch, Error> {
        let mut out = NewBatch::new(1)?;
        out.add_frame(&NewFrame {
            frame_num: self.frame_num,
            source_size: size,
            ..NewFrame::default()
        });
        self.frame_num = self.frame_num.wrapping_add(1);
        for (id, buffer) in &self.kept {
            let Some(batch) = Batch::from_buffer(buffer)? else {
                continue;
            };
            let locked = batch.lock();
            let mut own = locked.frames().filter(|f| f.pad_index() == *id);
            if let Some(frame) = own.next_back() {
                out.copy_onto_last(&frame)?;
            }
        }
        if let Some(batch) = Batch::from_buffer(inbuf)? {
            out.copy_batch_user_metas(&batch.lock());
        }
        Ok(out)
    }
}

fn grid_of(layout: &Layout) -> Grid {
    if layout.square {
        Grid::square()
    } else {
        Grid::new(layout.rows, layout.columns)
    }
}

/// The sources that a batch has frames of.
pub(super) fn sources(inbuf: &gst::BufferRef) -> Result<Vec<u32>, Error> {
    let batch = Batch::from_buffer(inbuf)?.ok_or(Error::NoBatch)?;
    let locked = batch.lock();
    Ok(locked.frames().map(|frame| frame.pad_index()).collect())
}
