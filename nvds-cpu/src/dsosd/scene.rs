//! From metadata to primitives.

use nvds::{Locked, Object};

use super::settings::Settings;
use crate::osd::{
    Arrow, ArrowHead, Blur, Circle, Clock, ClockTime, Color, Font, Line, Mask, MaskShape,
    Primitive, Rect, Text,
};

/// Everything that the stock element would draw of a batch, in its order.
///
/// It visits the batch's pools, not its frames: newest first, and what was acquired but never attached as well.
/// Without a batch only the clock is left. The batch stays locked while its texts are drawn.
pub(super) fn primitives<'a>(
    batch: Option<&'a Locked<'a>>,
    settings: &'a Settings,
    time: Option<ClockTime>,
) -> impl Iterator<Item = Primitive<'a>> {
    let objects = move || batch.into_iter().flat_map(Locked::pool_objects);
    let displays = move || batch.into_iter().flat_map(Locked::pool_displays);
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
            x1: l.from.0,
            y1: l.from.1,
            x2: l.to.0,
            y2: l.to.1,
            width: l.width,
            color: color(l.color),
        })
    });
    let arrows = displays()
        .flat_map(|d| d.arrows())
        .map(|a| Primitive::Arrow(arrow(&a)));
    let circles = displays().flat_map(|d| d.circles()).map(|k| {
        Primitive::Circle(Circle {
            x: k.center.0,
            y: k.center.1,
            radius: k.radius,
            width: k.width,
            color: color(k.color),
            background: k.fill.map(color),
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

fn color(color: nvds::Color) -> Color {
    Color {
        red: color.red,
        green: color.green,
        blue: color.blue,
        alpha: color.alpha,
    }
}

fn rect(r: &nvds::RectParams) -> Rect {
    Rect {
        left: r.rect.left,
        top: r.rect.top,
        width: r.rect.width,
        height: r.rect.height,
        border_width: r.style.border_width,
        border_color: color(r.style.border_color),
        background: r.style.fill.map(color),
        rotation: r.rotation,
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
            color: color(text.color()),
        },
        background: text.background().map(color),
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

fn arrow(a: &nvds::Arrow) -> Arrow {
    Arrow {
        line: Line {
            x1: a.from.0,
            y1: a.from.1,
            x2: a.to.0,
            y2: a.to.1,
            width: a.width,
            color: color(a.color),
        },
        head: match a.head {
            nvds::ArrowHead::Start => ArrowHead::Start,
            nvds::ArrowHead::End => ArrowHead::End,
            nvds::ArrowHead::Both => ArrowHead::Both,
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
