//! Runs a case through the element `nvdsosd`, with metadata made by the real library.

use std::sync::OnceLock;

use gst::prelude::*;
use gstnvdscpu::dsosd::DsOsd;
use gstnvdscpu::osd::{ClockTime, Mode};
use gstnvdscpu::surface::{self, ColorFormat, MemoryKind, SurfaceDesc, Surfaces};
use nvds::sys as c;
use nvds::{
    Arrow, ArrowHead, Circle, Color, FontName, Line, Mask, NewBatch, NewFrame, NewMask, NewObject,
    NewText, RectParams, RectStyle,
};

use super::run::failure;
pub use super::run::{Failure, push_through};
use super::{Case, Format, Int, Rgba};

/// Local time of the cases with a clock: a Friday.
pub const CLOCK: ClockTime = ClockTime {
    year: 2026,
    month: 1,
    day: 2,
    hour: 3,
    minute: 4,
    second: 5,
};

/// Loads GStreamer and the stand-ins.
pub fn init() -> Result<(), Failure> {
    // Tests run side by side: a second registration would replace the factories in their hands.
    static INIT: OnceLock<Result<(), glib::BoolError>> = OnceLock::new();
    gst::init()?;
    Ok(INIT
        .get_or_init(gstnvdscpu::plugin::plugin_register_static)
        .clone()?)
}

/// Draws a case; returns the surfaces of its batch, tightly packed.
pub fn draw(case: &Case, mode: Mode) -> Result<Vec<Vec<u8>>, Failure> {
    init()?;
    let element = gst::ElementFactory::make("nvdsosd").build()?;
    for (name, value) in &case.osd_properties {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        set_property(&element, name, &value)?;
    }
    let nick = if mode == Mode::Cpu {
        "MODE_CPU"
    } else {
        "MODE_GPU"
    };
    set_property(&element, "process-mode", nick)?;
    element
        .downcast_ref::<DsOsd>()
        .ok_or_else(|| failure("nvdsosd is the stock element, not the stand-in"))?
        .fix_clock(Some(CLOCK));
    let sample = push_through(&element, &caps(case)?, buffer(case)?)?;
    read(
        case,
        sample
            .buffer()
            .ok_or_else(|| failure("a sample without a buffer"))?,
    )
}

fn set_property(element: &gst::Element, name: &str, text: &str) -> Result<(), Failure> {
    let spec = element
        .find_property(name)
        .ok_or_else(|| failure(format!("nvdsosd has no property {name}")))?;
    let value = gst::glib::Value::deserialize(text, spec.value_type())
        .map_err(|_| failure(format!("property {name} cannot be {text:?}")))?;
    element.set_property_from_value(name, &value);
    Ok(())
}

/// The caps of a case's frames.
pub fn caps(case: &Case) -> Result<gst::Caps, Failure> {
    Ok(gst::Caps::builder("video/x-raw")
        .features(["memory:NVMM"])
        .field("format", format!("{:?}", case.surface_format))
        .field("width", i32::try_from(case.width)?)
        .field("height", i32::try_from(case.height)?)
        .field("framerate", gst::Fraction::new(30, 1))
        .build())
}

/// A buffer with undrawn frames and all the metadata of a case.
pub fn buffer(case: &Case) -> Result<gst::Buffer, Failure> {
    let format = match case.surface_format {
        Format::RGBA => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA,
        Format::NV12 => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12,
    };
    let desc = SurfaceDesc {
        width: case.width,
        height: case.height,
        format: ColorFormat(format),
    };
    let mut buffer = surface::alloc(&vec![desc; case.frames.len().max(1)], MemoryKind::Nvds)?;
    let background = case.background().map_err(failure)?;
    let surfaces = Surfaces::map(&buffer)?;
    let row = row_bytes(case);
    for index in 0..surfaces.len() {
        let mut surface = surfaces.write(index)?;
        let mut rows = background.chunks(row);
        for plane in surface.planes() {
            let shown = rows_shown(case, plane.bytes_per_pixel, plane.height);
            for line in plane.data.chunks_mut(plane.pitch).take(shown) {
                let from = rows
                    .next()
                    .ok_or_else(|| failure("the background is too small"))?;
                line[..row].copy_from_slice(from);
            }
        }
    }
    if case.batch_meta {
        attach(case, buffer.make_mut())?;
    }
    Ok(buffer)
}

/// Rows of a plane that the frame has: an odd surface has one more, and chroma (2 bytes a sample) all of its own.
fn rows_shown(case: &Case, bytes_per_pixel: usize, rows: usize) -> usize {
    if bytes_per_pixel == 2 {
        rows
    } else {
        case.height as usize
    }
}

/// Bytes of a row, the same in all planes of a format.
fn row_bytes(case: &Case) -> usize {
    case.width as usize
        * if case.surface_format == Format::RGBA {
            4
        } else {
            1
        }
}

/// The surfaces of a buffer as tightly packed pictures.
pub fn read(case: &Case, buffer: &gst::BufferRef) -> Result<Vec<Vec<u8>>, Failure> {
    let surfaces = Surfaces::map(buffer)?;
    let row = row_bytes(case);
    (0..surfaces.len())
        .map(|index| {
            let surface = surfaces.read(index)?;
            let mut packed = Vec::new();
            for plane in surface.planes() {
                let shown = rows_shown(case, plane.bytes_per_pixel, plane.height);
                for line in plane.data.chunks(plane.pitch).take(shown) {
                    packed.extend_from_slice(&line[..row]);
                }
            }
            Ok(packed)
        })
        .collect()
}

fn color([red, green, blue, alpha]: Rgba) -> Color {
    Color {
        red,
        green,
        blue,
        alpha,
    }
}

fn to_c([red, green, blue, alpha]: Rgba) -> c::NvOSD_ColorParams {
    c::NvOSD_ColorParams {
        red,
        green,
        blue,
        alpha,
    }
}

impl super::Rect {
    fn place(&self) -> nvds::Rect {
        nvds::Rect {
            left: self.left,
            top: self.top,
            width: self.width,
            height: self.height,
        }
    }

    fn style(&self) -> RectStyle {
        RectStyle {
            border_width: self.border_width.u32(),
            border_color: color(self.border_color),
            fill: (self.has_bg_color != Int(0)).then(|| color(self.bg_color)),
        }
    }

    fn params(&self) -> RectParams {
        RectParams {
            rect: self.place(),
            style: self.style(),
            rotation: self.rotation_angle,
        }
    }
}

impl super::Text {
    fn new_text(&self) -> Option<NewText<'_>> {
        Some(NewText {
            text: self.display_text.as_deref()?,
            x: 0.0,
            y: 0.0,
            font: FontName::intern(self.font_name.as_deref().unwrap_or("")),
            size: self.font_size.u32(),
            color: color(self.font_color),
            background: (self.set_bg_clr != Int(0)).then(|| color(self.text_bg_clr)),
        })
    }

    fn offset(&self) -> (u32, u32) {
        (self.x_offset.u32(), self.y_offset.u32())
    }
}

/// Makes the batch meta of a case.
fn attach(case: &Case, buffer: &mut gst::BufferRef) -> Result<(), Failure> {
    let size = (case.width, case.height);
    let mut new = NewBatch::new(u32::try_from(case.frames.len())?)?;
    for batch_id in 0..case.frames.len() as u32 {
        new.add_frame(&NewFrame {
            pad_index: batch_id,
            source_id: batch_id,
            batch_id,
            frame_num: 0,
            buf_pts: 0,
            ntp_timestamp: 0,
            source_size: size,
            pipeline_size: size,
        });
    }
    let batch = new.batch();
    let mut locked = batch.lock();
    let (mut removed, mut removed_displays) = (Vec::new(), Vec::new());
    for (frame, described) in locked.frames().zip(&case.frames) {
        for object in &described.objects {
            let new = NewObject {
                unique_component_id: object.unique_component_id.i32(),
                class_id: object.class_id.i32(),
                confidence: 0.0,
                rect: object.rect_params.place(),
                style: object.rect_params.style(),
                label: "",
                text: object.text_params.new_text(),
            };
            let added = if object.acquire_only {
                locked.acquire_object(&new)
            } else {
                locked.add_object(&frame, &new, None).unwrap()
            };
            locked.set_rect_params(&added, object.rect_params.params());
            let (x, y) = object.text_params.offset();
            locked.set_text_offset(&added, x, y);
            if let Some(mask) = &object.mask_params {
                let mask = Mask {
                    data: &mask.data,
                    width: mask.width.u32(),
                    height: mask.height.u32(),
                    threshold: mask.threshold,
                };
                locked.set_mask(&added, &NewMask::new(mask)?);
            }
            if object.then_removed {
                removed.push(added.as_ptr());
            }
        }
        for display in &described.display_metas {
            let mut writer = if display.acquire_only {
                locked.draw_unattached()
            } else {
                locked.draw_on(&frame).unwrap()
            };
            for rect in &display.rect_params {
                writer.rect_params(rect.params());
            }
            for text in &display.text_params {
                if let Some(new) = text.new_text() {
                    let (x, y) = text.offset();
                    writer.text_at(&new, x, y);
                }
            }
            for line in &display.line_params {
                writer.line(&Line {
                    from: (line.x1.u32(), line.y1.u32()),
                    to: (line.x2.u32(), line.y2.u32()),
                    width: line.line_width.u32(),
                    color: color(line.line_color),
                });
            }
            for arrow in &display.arrow_params {
                writer.arrow(&Arrow {
                    from: (arrow.x1.u32(), arrow.y1.u32()),
                    to: (arrow.x2.u32(), arrow.y2.u32()),
                    width: arrow.arrow_width.u32(),
                    head: ArrowHead::from_number(arrow.arrow_head.u32()),
                    color: color(arrow.arrow_color),
                });
            }
            for circle in &display.circle_params {
                writer.circle(&Circle {
                    center: (circle.xc.u32(), circle.yc.u32()),
                    radius: circle.radius.u32(),
                    width: circle.circle_width.u32(),
                    color: color(circle.circle_color),
                    fill: (circle.has_bg_color != Int(0)).then(|| color(circle.bg_color)),
                });
            }
            if display.then_removed {
                removed_displays.extend(frame.displays().next().map(|newest| newest.as_ptr()));
            }
        }
    }
    // SAFETY: the views made above are gone, only their addresses are kept.
    unsafe {
        locked.retain_displays(|_, display| !removed_displays.contains(&display.as_ptr()));
        locked.retain_objects(|_, object| !removed.contains(&object.as_ptr()));
    }
    drop(locked);
    new.attach(buffer);
    Ok(())
}
