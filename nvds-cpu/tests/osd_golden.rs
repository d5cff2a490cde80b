//! The renderer against frames that DeepStream's own nvdsosd drew.
//!
//! `tests/data/osd` holds metadata, undrawn frames and drawn frames; a right renderer turns the first two into the
//! third, alpha included, in both modes. Where Pango or Cairo are not the versions that drew the letters, cases with
//! letters have a tolerance instead.

mod osd_case;

use std::path::{Path, PathBuf};

use gstnvdscpu::osd::{
    Arrow, ArrowHead, Blur, Circle, Clock, ClockTime, Color, DrawError, Font, Image, Line, Mask,
    MaskShape, Mode, Primitive, Rect, Renderer, Text,
};
use osd_case::{Case, Format, Int, Output};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/osd")
}

fn cases() -> Vec<Case> {
    let mut paths: Vec<_> = std::fs::read_dir(data())
        .expect("the folder with the cases")
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| Case::load(path).expect("a case"))
        .collect()
}

fn color([red, green, blue, alpha]: [f64; 4]) -> Color {
    Color {
        red,
        green,
        blue,
        alpha,
    }
}

fn rect(r: &osd_case::Rect) -> Rect {
    Rect {
        left: r.left,
        top: r.top,
        width: r.width,
        height: r.height,
        border_width: r.border_width.u32(),
        border_color: color(r.border_color),
        background: (r.has_bg_color.0 != 0).then(|| color(r.bg_color)),
        rotation: r.rotation_angle,
    }
}

fn text(t: &osd_case::Text) -> Option<Primitive<'_>> {
    Some(Primitive::Text(Text {
        text: t.display_text.as_deref()?.as_bytes(),
        x: t.x_offset.u32(),
        y: t.y_offset.u32(),
        font: Font {
            name: t.font_name.as_deref().unwrap_or(""),
            size: t.font_size.u32(),
            color: color(t.font_color),
        },
        background: (t.set_bg_clr.0 != 0).then(|| color(t.text_bg_clr)),
    }))
}

fn shape(m: &osd_case::Mask) -> MaskShape<'_> {
    MaskShape {
        data: &m.data,
        width: m.width.u32(),
        height: m.height.u32(),
        threshold: m.threshold,
    }
}

/// What nvdsosd collects from the pools of a batch, in its order: the newest first.
fn scene(case: &Case) -> Vec<Primitive<'_>> {
    let property = |name: &str| case.osd_properties.get(name);
    let flag = |name, default| property(name).map_or(default, |v| v.as_bool().expect("a bool"));
    let number =
        |name, default| property(name).map_or(default, |v| v.as_u64().expect("a number") as u32);

    let objects: Vec<_> = case
        .frames
        .iter()
        .flat_map(|f| &f.objects)
        .filter(|o| !o.then_removed)
        .rev()
        .collect();
    let displays: Vec<_> = case
        .frames
        .iter()
        .flat_map(|f| &f.display_metas)
        .rev()
        .collect();
    let mut scene = Vec::new();
    if flag("display-bbox", true) {
        scene.extend(
            objects
                .iter()
                .map(|o| Primitive::Rect(rect(&o.rect_params))),
        );
        scene.extend(
            displays
                .iter()
                .flat_map(|d| &d.rect_params)
                .map(|r| Primitive::Rect(rect(r))),
        );
    }
    if flag("display-mask", false) {
        let with_mask = objects
            .iter()
            .filter_map(|o| Some((o, o.mask_params.as_ref()?)));
        scene.extend(with_mask.map(|(o, m)| {
            Primitive::Mask(Mask {
                rect: rect(&o.rect_params),
                shape: shape(m),
            })
        }));
    }
    if flag("display-text", true) {
        scene.extend(objects.iter().filter_map(|o| text(&o.text_params)));
        scene.extend(
            displays
                .iter()
                .flat_map(|d| &d.text_params)
                .filter_map(text),
        );
        if flag("display-clock", false) {
            let name = property("clock-font").map_or("Serif", |v| v.as_str().expect("a string"));
            let [r, g, b, a] = number("clock-color", 0xff00_00ff).to_be_bytes();
            let part = |byte: u8| f64::from(f32::from(byte) / 255.0);
            scene.push(Primitive::Clock(Clock {
                time: ClockTime {
                    year: 2026,
                    month: 1,
                    day: 2,
                    hour: 3,
                    minute: 4,
                    second: 5,
                },
                x: number("x-clock-offset", 0),
                y: number("y-clock-offset", 0),
                font: Font {
                    name,
                    size: number("clock-font-size", 12),
                    color: color([part(r), part(g), part(b), part(a)]),
                },
            }));
        }
    }
    let line = |x1: Int, y1: Int, x2: Int, y2: Int, width: Int, rgba| Line {
        x1: x1.u32(),
        y1: y1.u32(),
        x2: x2.u32(),
        y2: y2.u32(),
        width: width.u32(),
        color: color(rgba),
    };
    for l in displays.iter().flat_map(|d| &d.line_params) {
        scene.push(Primitive::Line(line(
            l.x1,
            l.y1,
            l.x2,
            l.y2,
            l.line_width,
            l.line_color,
        )));
    }
    for a in displays.iter().flat_map(|d| &d.arrow_params) {
        let head = [ArrowHead::Start, ArrowHead::End, ArrowHead::Both][a.arrow_head.0 as usize];
        let line = line(a.x1, a.y1, a.x2, a.y2, a.arrow_width, a.arrow_color);
        scene.push(Primitive::Arrow(Arrow { line, head }));
    }
    for c in displays.iter().flat_map(|d| &d.circle_params) {
        scene.push(Primitive::Circle(Circle {
            x: c.xc.u32(),
            y: c.yc.u32(),
            radius: c.radius.u32(),
            width: c.circle_width.u32(),
            color: color(c.circle_color),
            background: (c.has_bg_color.0 != 0).then(|| color(c.bg_color)),
        }));
    }
    if number("blur-bbox", 0) > 0 {
        let only = property("blur-on-gie-class-ids").map(|v| v.as_str().expect("a string"));
        scene.extend(
            objects
                .iter()
                .filter(|o| {
                    only.is_none_or(|ids| {
                        ids == format!("{},{}", o.unique_component_id.0, o.class_id.0)
                    })
                })
                .map(|o| {
                    Primitive::Blur(Blur {
                        rect: rect(&o.rect_params),
                        shape: None,
                    })
                }),
        );
    }
    scene
}

/// Draws a case; the picture, or why there is none.
fn render(case: &Case, mode: Mode) -> Result<Vec<u8>, DrawError> {
    let (width, height) = (case.width as usize, case.height as usize);
    let packed = case.background().expect("a background");
    // A pitch wider than the row, as surfaces have, filled with a value that must not change.
    let bytes = if case.surface_format == Format::RGBA {
        4
    } else {
        1
    };
    let pitch = (width * bytes).next_multiple_of(512);
    let mut padded = vec![0xa5; packed.len() / (width * bytes) * pitch];
    for (to, from) in padded.chunks_mut(pitch).zip(packed.chunks(width * bytes)) {
        to[..width * bytes].copy_from_slice(from);
    }
    {
        let mut image = match case.surface_format {
            Format::RGBA => Image::rgba(width, height, &mut padded, pitch),
            Format::NV12 => {
                let (luma, chroma) = padded.split_at_mut(height * pitch);
                Image::nv12(width, height, (luma, pitch), (chroma, pitch))
            }
        }
        .expect("an image");
        Renderer::new().draw(&mut image, mode, scene(case))?;
    }
    assert!(
        padded
            .chunks(pitch)
            .all(|row| row[width * bytes..].iter().all(|&b| b == 0xa5))
    );
    Ok(padded
        .chunks(pitch)
        .flat_map(|row| &row[..width * bytes])
        .copied()
        .collect())
}

/// Compares all cases of a mode; returns one line per case that is wrong.
fn compare(mode: Mode, key: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for case in cases() {
        let Some(output) = case.outputs.get(key) else {
            continue;
        };
        compared += 1;
        let drawn = render(&case, mode);
        match (output, drawn) {
            (
                Output::Ok {
                    files,
                    changed_pixels,
                },
                Ok(drawn),
            ) => {
                // All drawing of a batch lands on its first surface.
                let expected = case.picture(&files[0]).expect("a golden picture");
                let count = osd_case::differing(case.surface_format, &drawn, &expected);
                let allowed = case.allowed(changed_pixels[0]);
                if count > allowed {
                    let most = osd_case::largest(&drawn, &expected);
                    wrong.push(format!(
                        "{}: {count} differ by up to {most}, {allowed} allowed",
                        case.name
                    ));
                }
            }
            (Output::Error { error_text, .. }, Err(error)) if error.to_string() == *error_text => {}
            (expected, drawn) => wrong.push(format!(
                "{}: expected {expected:?}, found {:?}",
                case.name,
                drawn.map(|bytes| bytes.len())
            )),
        }
    }
    assert!(compared > 90, "only {compared} cases found");
    wrong
}

#[test]
fn gpu_mode_draws_the_golden_frames() {
    let wrong = compare(Mode::Gpu, "gpu");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn cpu_mode_draws_the_golden_frames() {
    let wrong = compare(Mode::Cpu, "cpu");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
