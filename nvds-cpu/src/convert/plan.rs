//! Planning a conversion.

use super::color::{RgbToYuv, Terms, YuvToRgb};
use super::format::layout;
use super::plane::PlanePlan;
use super::rows::Work;
use super::scale::Axis;
use super::scratch::Scratch;
use super::{
    Color, Error, Flip, Format, Frame, Matrix, Method, Options, Plane, PlaneLayout, PlaneMut, Rect,
    check_planes, resolve,
};

/// What happens to the colours.
#[derive(Debug)]
enum Plan {
    /// Same format: planes go across.
    Copy,
    /// Through rows of RGBA.
    Rgba {
        from_yuv: Option<Box<YuvToRgb>>,
        to_yuv: Option<Box<RgbToYuv>>,
    },
}

/// A planned conversion between two pictures of fixed size and format.
#[derive(Debug)]
pub struct Converter {
    source: Frame,
    target: Frame,
    target_rect: Rect,
    /// Zero what lies outside `target_rect`.
    clear: bool,
    planes: Vec<PlanePlan>,
    plan: Plan,
    /// log2 of the source's chroma subsampling across and down, after turning.
    chroma_shift: (u32, u32),
    scratch: Scratch,
}

/// Layout of UYVY once it is taken apart.
const UYVY_PLANES: [PlaneLayout; 2] = [layout(1, 0, 0), layout(2, 1, 0)];

impl Converter {
    /// Plans the conversion of `source` pictures into `target` pictures.
    ///
    /// # Errors
    /// Empty sizes, crop rectangles that do not fit, [`Method::Super`] asked to enlarge.
    pub fn new(source: Frame, target: Frame, options: &Options) -> Result<Self, Error> {
        let source_rect = resolve(options.src_crop, &source, "src-crop", "source")?;
        let target_rect = resolve(options.dst_crop, &target, "dest-crop", "destination")?;
        let flip = options.flip;
        let (width, height) = if flip.transposes() {
            (target_rect.height, target_rect.width)
        } else {
            (target_rect.width, target_rect.height)
        };
        let scales = (width, height) != (source_rect.width, source_rect.height);
        if options.method == Method::Super
            && (width > source_rect.width || height > source_rect.height)
        {
            return Err(Error::Enlarge {
                from_width: source_rect.width,
                from_height: source_rect.height,
                to_width: width,
                to_height: height,
            });
        }
        let same_color = source.color == target.color;
        // Turning UYVY's pixel pairs would exchange the pixels but not what is inside.
        let turns_pairs = source.format == Format::Uyvy && flip != Flip::None;
        let plan = if source.format == target.format
            && (!source.format.is_yuv() || (same_color && !scales && !turns_pairs))
        {
            Plan::Copy
        } else {
            Plan::Rgba {
                from_yuv: source
                    .format
                    .is_yuv()
                    .then(|| Box::new(YuvToRgb::new(source.color))),
                to_yuv: match target.format {
                    Format::Gray8 => Some(Box::new(RgbToYuv::new(Color {
                        matrix: Matrix::Bt601,
                        full_range: true,
                    }))),
                    format if format.is_yuv() => Some(Box::new(RgbToYuv::new(target.color))),
                    _ => None,
                },
            }
        };
        let split = source.format == Format::Uyvy && matches!(plan, Plan::Rgba { .. });
        let layouts = if split {
            &UYVY_PLANES[..]
        } else {
            source.format.planes()
        };
        let chroma = layouts.last().copied().unwrap_or(UYVY_PLANES[0]);
        // An odd size scales as the next even one, unless a crop asks for exactly that many.
        let even = |size: usize, rect_size: usize| {
            if scales && rect_size == size {
                size.next_multiple_of(2)
            } else {
                rect_size
            }
        };
        let (target_width, target_height) = if flip.transposes() {
            (target.height, target.width)
        } else {
            (target.width, target.height)
        };
        let planes = layouts
            .iter()
            .map(|layout| {
                let across = Axis {
                    source: layout.width(source_rect.width),
                    scale_from: even(source.width, source_rect.width),
                    scale_to: even(target_width, width),
                    output: layout.width(width),
                };
                let down = Axis {
                    source: layout.height(source_rect.height),
                    scale_from: even(source.height, source_rect.height),
                    scale_to: even(target_height, height),
                    output: layout.height(height),
                };
                PlanePlan::new(
                    layout,
                    source_rect.left >> layout.shift_x,
                    source_rect.top >> layout.shift_y,
                    across,
                    down,
                    scales.then_some(options.method),
                    flip,
                )
            })
            .collect();
        let mut scratch = Scratch::default();
        if matches!(plan, Plan::Rgba { .. }) {
            scratch.rgba = vec![0; (target_rect.width + 1) * 4];
            scratch.rows = std::array::from_fn(|_| vec![0; (target_rect.width + 1) * 4]);
            scratch.terms = Terms::new(target_rect.width + 1);
        }
        if split {
            let luma = source.width.next_multiple_of(2);
            scratch.uyvy = [vec![0; luma * source.height], vec![0; luma * source.height]];
        }
        Ok(Self {
            source,
            target,
            target_rect,
            clear: (target_rect.width, target_rect.height) != (target.width, target.height),
            planes,
            plan,
            chroma_shift: if flip.transposes() {
                (chroma.shift_y, chroma.shift_x)
            } else {
                (chroma.shift_x, chroma.shift_y)
            },
            scratch,
        })
    }

    /// The picture it reads.
    pub fn source(&self) -> &Frame {
        &self.source
    }

    /// The picture it writes.
    pub fn target(&self) -> &Frame {
        &self.target
    }

    /// Converts one picture. The planes are those of [`Format::planes`], in that order.
    ///
    /// # Errors
    /// A slice too short for its picture.
    pub fn convert(
        &mut self,
        source: &[Plane<'_>],
        target: &mut [PlaneMut<'_>],
    ) -> Result<(), Error> {
        check_planes(
            "source",
            &self.source,
            source.iter().map(|p| (p.data.len(), p.pitch)),
        )?;
        check_planes(
            "destination",
            &self.target,
            target.iter().map(|p| (p.data.len(), p.pitch)),
        )?;
        if self.clear {
            for (layout, plane) in self.target.format.planes().iter().zip(target.iter_mut()) {
                let bytes = layout.width(self.target.width) * layout.bytes;
                for y in 0..layout.height(self.target.height) {
                    plane.row(y, 0, bytes).fill(0);
                }
            }
        }
        let Self {
            source: from,
            target: to,
            target_rect,
            planes,
            plan,
            chroma_shift,
            scratch,
            ..
        } = self;
        let mut work = Work {
            from,
            to,
            rect: target_rect,
            chroma_shift: *chroma_shift,
            scratch,
        };
        match plan {
            Plan::Copy => work.copy(planes, source, target),
            Plan::Rgba { from_yuv, to_yuv } => {
                work.through_rgba(
                    planes,
                    source,
                    target,
                    from_yuv.as_deref(),
                    to_yuv.as_deref(),
                );
            }
        }
        Ok(())
    }
}
