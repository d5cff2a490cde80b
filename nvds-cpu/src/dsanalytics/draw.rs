//! Display metas: areas, lines and counts on the frame, texts and border colours of objects.

use nvds::{
    BoxChange, Color, DisplayWriter, FontName, Frame, Line, Locked, NewText, Object, TextChange,
    truncate_utf8,
};

use super::config::OsdMode;
use super::geometry::{Point, barbs};
use super::source::{Source, Totals, Verdict};

/// Texts and lines in a display meta, of the 16 there is room for.
const MOST: usize = 15;
/// Bytes of a label at most.
const MOST_LABEL: usize = 127;
const WIDTH: u32 = 2;

const YELLOW: Color = Color::new(1.0, 1.0, 0.0, 1.0);
const ORANGE: Color = Color::new(1.0, 0.5, 0.0, 1.0);
const GREEN: Color = Color::new(0.0, 1.0, 0.0, 1.0);

/// How it is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) mode: OsdMode,
    pub(super) font_size: u32,
    /// The counts of classes are shown.
    pub(super) show_counts: bool,
}

/// A frame that is drawn on. A display meta with 15 texts or lines is left for another.
struct Canvas<'a> {
    locked: &'a Locked<'a>,
    frame: &'a Frame<'a>,
    size: u32,
    writer: Option<DisplayWriter<'a>>,
    labels: usize,
    lines: usize,
}

impl<'a> Canvas<'a> {
    fn room(&mut self) -> Result<&mut DisplayWriter<'a>, nvds::Error> {
        if self.labels >= MOST || self.lines >= MOST {
            self.writer = None;
        }
        match &mut self.writer {
            Some(writer) => Ok(writer),
            none => {
                (self.labels, self.lines) = (0, 0);
                Ok(none.insert(self.locked.draw_on(self.frame)?))
            }
        }
    }

    fn text(&mut self, text: &str, (x, y): Point, color: Color) -> Result<(), nvds::Error> {
        let new = NewText {
            text,
            x: 0.0,
            y: 0.0,
            font: FontName::SERIF,
            size: self.size,
            color,
            background: Some(Color::BLACK),
        };
        self.room()?
            .text_at(&new, x.cast_unsigned(), y.cast_unsigned());
        self.labels += 1;
        Ok(())
    }

    fn line(&mut self, from: Point, to: Point, color: Color) -> Result<(), nvds::Error> {
        let unsigned = |(x, y): Point| (x.cast_unsigned(), y.cast_unsigned());
        let line = Line {
            from: unsigned(from),
            to: unsigned(to),
            width: WIDTH,
            color,
        };
        self.room()?.line(&line);
        self.lines += 1;
        Ok(())
    }

    /// An area, its label at the left of its first corner and the top of its second.
    fn area(&mut self, corners: &[Point], label: &str, color: Color) -> Result<(), nvds::Error> {
        let [first, second, ..] = *corners else {
            return Ok(());
        };
        self.text(truncate_utf8(label, MOST_LABEL), (first.0, second.1), color)?;
        let ends = corners.iter().cycle().skip(1);
        let mut edges = corners.iter().zip(ends);
        edges.try_for_each(|(from, to)| self.line(*from, *to, color))
    }

    fn arrow(&mut self, tail: Point, tip: Point, color: Color) -> Result<(), nvds::Error> {
        self.line(tail, tip, color)?;
        let mut barbs = barbs(tail, tip).into_iter();
        barbs.try_for_each(|barb| self.line(barb, tip, color))
    }
}

/// Draws the rules and counts of a frame.
pub(super) fn frame(
    locked: &Locked<'_>,
    frame: &Frame<'_>,
    source: &Source,
    totals: &Totals,
    look: Look,
) -> Result<(), nvds::Error> {
    let mut canvas = Canvas {
        locked,
        frame,
        size: look.font_size,
        writer: None,
        labels: 0,
        lines: 0,
    };
    if look.show_counts {
        canvas.text(&counts(totals), (5, 5), YELLOW)?;
    }
    if look.mode == OsdMode::Off {
        return Ok(());
    }
    let told = look.mode == OsdMode::Everything;
    for roi in source.rules.rois.iter().filter(|roi| roi.enable) {
        let count = totals.in_roi.get(&roi.label).copied().unwrap_or(0);
        let label = if told {
            format!("{}={count}", roi.label)
        } else {
            roi.label.to_string()
        };
        canvas.area(&roi.corners, &label, YELLOW)?;
    }
    for crowd in source.rules.crowds.iter().filter(|crowd| crowd.enable) {
        let (count, is_crowd) = totals.crowds.get(&crowd.label).copied().unwrap_or_default();
        let is_crowd = if is_crowd { "True" } else { "False" };
        let label = match told {
            true => format!("{} OverCrowding={is_crowd}, Count={count}", crowd.label),
            false => crowd.label.to_string(),
        };
        canvas.area(&crowd.corners, &label, ORANGE)?;
    }
    for heading in source
        .rules
        .headings
        .iter()
        .filter(|heading| heading.enable)
    {
        let label = truncate_utf8(&heading.label, MOST_LABEL);
        canvas.text(label, heading.from, Color::RED)?;
        canvas.arrow(heading.from, heading.to, Color::RED)?;
    }
    for line in source.rules.crossings.iter().filter(|line| line.enable) {
        let count = source.crossings.get(&line.label).copied().unwrap_or(0);
        let label = if told {
            format!("{}={count}", line.label)
        } else {
            format!("{} ", line.label)
        };
        let [tail, tip, start, end] = line.points;
        canvas.text(truncate_utf8(&label, MOST_LABEL), end, GREEN)?;
        canvas.arrow(tail, tip, GREEN)?;
        canvas.line(start, end, GREEN)?;
    }
    Ok(())
}

/// The counts of classes, in the classes' order; one that is below 0 is a large number.
fn counts(totals: &Totals) -> String {
    let mut counts: Vec<_> = totals.classes.iter().collect();
    counts.sort_by_key(|(class, _)| class.cast_unsigned());
    let counts = counts.into_iter();
    counts.fold("Count for".to_owned(), |text, (class, count)| {
        text + &format!(" ClassId{}={count}", class.cast_unsigned())
    })
}

/// Tells of an object by its text and the colour of its border.
pub(super) fn object(locked: &Locked<'_>, object: &Object<'_>, verdict: &Verdict, font_size: u32) {
    let before = object.text().display_text();
    let status = &verdict.status;
    let joined = before.map(|before| format!("{} {status}", before.to_string_lossy()));
    let rect = object.rect();
    let change = match &joined {
        Some(text) => TextChange {
            text: Some(text),
            ..TextChange::default()
        },
        None => TextChange {
            text: Some(status),
            offset: Some((offset(rect.left), offset(rect.top - 10.0))),
            font: Some(FontName::SERIF),
            size: Some(font_size),
            color: Some(Color::WHITE),
            background: Some(Some(Color::BLACK)),
        },
    };
    locked.change_text(object, &change);
    // As stock looks for them: in a label of a direction, too.
    if status.contains("ROI:") || status.contains("LC:") {
        let color = object.rect_style().border_color;
        let color = Color::new(
            1.0 - color.red,
            1.0 - color.green,
            1.0 - color.blue,
            color.alpha,
        );
        let change = BoxChange {
            border_color: Some(color),
            ..BoxChange::default()
        };
        locked.change_box(object, &change);
    }
}

/// A text's offset, which the OSD reads as a C int. `as` sends what is below to 0.
fn offset(value: f32) -> u32 {
    (value as u32).min(i32::MAX as u32)
}
