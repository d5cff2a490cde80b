//! From metadata to primitives.

use nvds::sys as c;
use nvds::{Batch, Object};

use super::imp::Settings;
use crate::osd::{
    Arrow, ArrowHead, Blur, Circle, Clock, ClockTime, Color, Font, Line, Mask, MaskShape,
    Primitive, Rect, Text,
};

/// Everything that the stock element would draw of a batch, in its order.
///
/// It visits the batch's pools, not its frames: newest first, and what was acquired but never attached as well.
/// Without a batch only the clock is left.
pub(super) fn primitives<'a>(
    batch: Option<&'a Batch<'a>>,
    settings: &'a Settings,
    time: Option<ClockTime>,
) -> impl Iterator<Item = Primitive<'a>> {
    let objects = move || batch.into_iter().flat_map(Batch::pool_objects);
    let displays = move || batch.into_iter().flat_map(Batch::pool_displays);
    let bbox = settings.display_bbox;
    let words = settings.display_text;
    let (masks, blurs) = masks_and_blurs(objects(), settings);

    let rects = objects()
        .map(|o| o.rect_params())
        .chain(displays().flat_map(|d| d.rects()))
        .filter(move |_| bbox)
        .map(|r| Primitive::Rect(rect(&r)));
    let texts = objects()
        .map(|o| o.text())
        .chain(displays().flat_map(|d| d.texts()))
        .filter(move |_| words)
        .filter_map(text);
    let clock = time
        .filter(|_| words && settings.display_clock)
        .map(|time| clock(settings, time));
    let lines = displays().flat_map(|d| d.lines()).map(|l| {
        Primitive::Line(Line {
            x1: l.x1,
            y1: l.y1,
            x2: l.x2,
            y2: l.y2,
            width: l.line_width,
            color: color(l.line_color),
        })
    });
    let arrows = displays()
        .flat_map(|d| d.arrows())
        .map(|a| Primitive::Arrow(arrow(&a)));
    let circles = displays().flat_map(|d| d.circles()).map(|k| {
        Primitive::Circle(Circle {
            x: k.xc,
            y: k.yc,
            radius: k.radius,
            width: k.circle_width,
            color: color(k.circle_color),
            background: (k.has_bg_color != 0).then(|| color(k.bg_color)),
        })
    });
    rects
        .chain(masks.into_iter().map(Primitive::Mask))
        .chain(texts)
        .chain(clock)
        .chain(lines)
        .chain(arrows)
        .chain(circles)
        .chain(blurs.into_iter().map(Primitive::Blur))
}

fn color(color: c::NvOSD_ColorParams) -> Color {
    Color {
        red: color.red,
        green: color.green,
        blue: color.blue,
        alpha: color.alpha,
    }
}

fn rect(r: &c::NvOSD_RectParams) -> Rect {
    Rect {
        left: r.left,
        top: r.top,
        width: r.width,
        height: r.height,
        border_width: r.border_width,
        border_color: color(r.border_color),
        background: (r.has_bg_color != 0).then(|| color(r.bg_color)),
        rotation: r.rotation_angle,
    }
}

fn shape(mask: nvds::Mask<'_>) -> MaskShape<'_> {
    MaskShape {
        data: mask.data,
        width: mask.width,
        height: mask.height,
        threshold: mask.threshold,
    }
}

fn text(text: nvds::Text<'_>) -> Option<Primitive<'_>> {
    let from = |c: nvds::Color| Color {
        red: c.red,
        green: c.green,
        blue: c.blue,
        alpha: c.alpha,
    };
    Some(Primitive::Text(Text {
        text: text.display_text()?.to_bytes(),
        x: text.x_offset(),
        y: text.y_offset(),
        font: Font {
            // Without a name Pango takes its default font.
            name: text
                .font_name()
                .and_then(|name| name.to_str().ok())
                .unwrap_or(""),
            size: text.font_size(),
            color: from(text.color()),
        },
        background: text.background().map(from),
    }))
}

fn clock(settings: &Settings, time: ClockTime) -> Primitive<'_> {
    // Divided in single precision, as the stock element does.
    let [red, green, blue, alpha] = settings
        .clock_color()
        .to_be_bytes()
        .map(|byte| f64::from(f32::from(byte) / 255.0));
    Primitive::Clock(Clock {
        time,
        x: settings.x_clock_offset,
        y: settings.y_clock_offset,
        font: Font {
            name: settings.clock_font(),
            size: settings.clock_font_size(),
            color: Color {
                red,
                green,
                blue,
                alpha,
            },
        },
    })
}

fn arrow(a: &c::NvOSD_ArrowParams) -> Arrow {
    Arrow {
        line: Line {
            x1: a.x1,
            y1: a.y1,
            x2: a.x2,
            y2: a.y2,
            width: a.arrow_width,
            color: color(a.arrow_color),
        },
        head: match a.arrow_head {
            c::NvOSD_Arrow_Head_Direction_START_HEAD => ArrowHead::Start,
            c::NvOSD_Arrow_Head_Direction_END_HEAD => ArrowHead::End,
            _ => ArrowHead::Both,
        },
    }
}

/// Value of `blur-bbox` that blurs an object's mask only.
const BLUR_MASK: u32 = 2;

/// The masks to draw and the boxes to blur.
///
/// The stock element keeps the masks of both in one array with a counter each, so that a list of classes to blur
/// can put another object's mask into a box; without that list, blurred boxes have whatever masks are drawn.
fn masks_and_blurs<'a>(
    objects: impl Iterator<Item = Object<'a>>,
    settings: &Settings,
) -> (Vec<Mask<'a>>, Vec<Blur<'a>>) {
    let (mut drawn, mut blurred) = (Vec::new(), Vec::new());
    if !settings.display_mask && settings.blur_bbox == 0 {
        return (Vec::new(), Vec::new());
    }
    let mut shapes = Vec::new();
    let mut put = |index: usize, shape: Option<MaskShape<'a>>| {
        shapes.resize(shapes.len().max(index + 1), None);
        shapes[index] = shape;
    };
    for object in objects {
        let own = object.mask().map(shape);
        let place = rect(&object.rect_params());
        if settings.blur_bbox > 0 && settings.blurs(object.unique_component_id(), object.class_id())
        {
            if settings.lists_classes() {
                put(blurred.len(), own);
            }
            blurred.push(place);
        }
        if settings.display_mask && own.is_some() {
            put(drawn.len(), own);
            drawn.push(place);
        }
    }
    let shape_at = |index: usize| shapes.get(index).copied().flatten();
    let masks = drawn
        .into_iter()
        .enumerate()
        .filter_map(|(index, rect)| {
            let shape = shape_at(index)?;
            Some(Mask { rect, shape })
        })
        .collect();
    let blurs = blurred
        .into_iter()
        .enumerate()
        .map(|(index, rect)| {
            let shape = shape_at(index).filter(|_| settings.blur_bbox == BLUR_MASK);
            Blur { rect, shape }
        })
        .collect();
    (masks, blurs)
}
