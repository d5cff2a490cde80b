//! The picture that is composed, kept from batch to batch.

use crate::convert::{Method, Rect};
use crate::placement::{self, Placement};
use crate::surface::{self, MemoryKind, SurfaceDesc, Surfaces};

/// Why nothing can be drawn.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such surface, or not ours.
    #[error(transparent)]
    Surface(#[from] surface::Error),
    /// It cannot be brought to the tile's size.
    #[error(transparent)]
    Place(#[from] placement::Error),
}

/// A surface of the size of the output.
pub struct Canvas {
    surface: gst::Buffer,
    desc: SurfaceDesc,
    method: Method,
    /// One for each kind of surface and tile.
    placements: Vec<(SurfaceDesc, Rect, Placement)>,
}

impl Canvas {
    /// A black one.
    pub fn new(desc: SurfaceDesc, method: Method) -> Result<Self, Error> {
        let canvas = Self {
            surface: surface::alloc(&[desc], MemoryKind::Nvds)?,
            desc,
            method,
            placements: Vec::new(),
        };
        canvas.clear()?;
        Ok(canvas)
    }

    /// Blackens everything.
    fn clear(&self) -> Result<(), Error> {
        let surfaces = Surfaces::map(&self.surface)?;
        placement::fill(&mut surfaces.write(0)?, 0);
        Ok(())
    }

    /// Stretches one of the surfaces to a tile.
    pub fn draw(&mut self, from: &Surfaces<'_>, index: usize, tile: Rect) -> Result<(), Error> {
        let desc = from.desc(index)?;
        let known = |entry: &(SurfaceDesc, Rect, Placement)| entry.0 == desc && entry.1 == tile;
        let place = match self.placements.iter().position(known) {
            Some(place) => place,
            None => {
                let placement = Placement::new(&desc, &self.desc, tile, self.method)?;
                self.placements.push((desc, tile, placement));
                self.placements.len() - 1
            }
        };
        let to = Surfaces::map(&self.surface)?;
        let placement = &mut self.placements[place].2;
        placement.draw(&from.read(index)?, &mut to.write(0)?)?;
        Ok(())
    }

    /// Copies the picture to the first surface of a buffer, which has the same size and format.
    pub fn copy_to(&self, out: &gst::BufferRef) -> Result<(), Error> {
        let (from, to) = (Surfaces::map(&self.surface)?, Surfaces::map(out)?);
        let (from, mut to) = (from.read(0)?, to.write(0)?);
        for (from, to) in from.planes().iter().zip(to.planes()) {
            let bytes = from.data.len().min(to.data.len());
            to.data[..bytes].copy_from_slice(&from.data[..bytes]);
        }
        Ok(())
    }

    /// Size and format.
    pub fn desc(&self) -> SurfaceDesc {
        self.desc
    }
}
