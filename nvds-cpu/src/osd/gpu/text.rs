//! Texts and the clock in the queue.

use super::Gpu;
use crate::osd::DrawError;
use crate::osd::band::{Bounds, Corners};
use crate::osd::frame::Frame;
use crate::osd::glyphs::Painter;
use crate::osd::letters::Letter;
use crate::osd::model::{Clock, FAR, Text, signed};
use crate::osd::shapes::{Command, Shape};

/// Font sizes are clamped to this.
const FONT_SIZES: std::ops::RangeInclusive<i32> = 10..=200;

impl Gpu {
    pub(super) fn push_clock(
        &mut self,
        clock: &Clock<'_>,
        painter: &mut Option<Painter>,
    ) -> Result<(), DrawError> {
        let t = &clock.time;
        let (date, time) = ((t.year, t.month, t.day), (t.hour, t.minute, t.second));
        let shown = format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            date.0, date.1, date.2, time.0, time.1, time.2
        );
        let text = Text {
            text: shown.as_bytes(),
            x: clock.x,
            y: clock.y,
            font: clock.font,
            background: None,
        };
        self.push_text(&text, painter)
    }

    pub(super) fn push_text(
        &mut self,
        text: &Text<'_>,
        painter: &mut Option<Painter>,
    ) -> Result<(), DrawError> {
        let string = std::str::from_utf8(text.text).ok();
        let Some(string) = string.filter(|s| s.chars().all(|c| c.len_utf8() < 4)) else {
            self.dropped_texts += 1;
            return Ok(());
        };
        let size = text.font.size.cast_signed();
        if string.is_empty() || size <= 0 {
            return Ok(());
        }
        let size = size.clamp(*FONT_SIZES.start(), *FONT_SIZES.end());
        let font = self.glyphs.font(text.font.name, size);
        let color = text.font.color.to_bytes();
        let (x, y) = (signed(text.x).max(0), signed(text.y).max(0));
        let (margin_x, margin_y) = (size / 2, size / 4);

        // The background comes first but is as large as the lines: its place is kept and filled in afterwards.
        let background = text.background.map(|c| c.to_bytes()).filter(|c| c[3] > 0);
        let place = self.queue.len();
        if let Some(color) = background {
            self.push_filled(
                Corners {
                    left: x,
                    top: y,
                    right: x,
                    bottom: y,
                },
                color,
            );
        }
        let (mut right, mut bottom) = (x, y);
        let mut line_y = y;
        // A blank line is as high as the line before it, at the start as the letter a.
        let mut blank_height = None;
        let mut lines = string.split('\n').peekable();
        while let Some(line) = lines.next().filter(|_| line_y < FAR) {
            if line.is_empty() {
                if lines.peek().is_some() {
                    let height = match blank_height {
                        Some(height) => height,
                        None => self.glyphs.glyph(font, 'a', painter)?.height,
                    };
                    line_y += height;
                }
                continue;
            }
            let (width, height) = self.push_letters(
                line,
                font,
                size,
                (x + margin_x, line_y + margin_y),
                color,
                painter,
            )?;
            right = right.max(x + width + 2 * margin_x - 1);
            bottom = bottom.max(line_y + height + 2 * margin_y - 1);
            line_y += height;
            blank_height = Some(height);
        }
        if let Some(color) = background {
            let corners = Corners {
                left: x,
                top: y,
                right,
                bottom,
            };
            self.queue[place] = Command {
                color,
                bounds: Bounds {
                    left: x,
                    top: y,
                    right,
                    bottom,
                },
                shape: Shape::Frame(Frame::filled(corners)),
            };
        }
        Ok(())
    }

    /// Queues one line of letters with its top left corner at `(x, y)`; returns its width and height.
    fn push_letters(
        &mut self,
        line: &str,
        font: usize,
        size: i32,
        (x, y): (i32, i32),
        color: [u8; 4],
        painter: &mut Option<Painter>,
    ) -> Result<(i32, i32), DrawError> {
        let start = self.letters.len();
        let (mut at, mut highest) = (x, 0);
        for c in line.chars() {
            let glyph = self.glyphs.glyph(font, c, painter)?;
            highest = highest.max(glyph.height);
            if !glyph.has_box() {
                at += size / 10;
                continue;
            }
            self.letters.push(Letter {
                x: at,
                y,
                width: glyph.width,
                height: glyph.height,
                ink_top: glyph.ink_top,
                ink_bottom: glyph.ink_bottom,
                offset: glyph.offset,
            });
            at += glyph.width;
            if at > FAR {
                break;
            }
        }
        for letter in &mut self.letters[start..] {
            letter.y += highest - letter.height;
        }
        let bounds = Bounds {
            left: x,
            top: y,
            right: at,
            bottom: y + highest,
        };
        self.push(color, bounds, Shape::Letters(start..self.letters.len()));
        Ok((at - x, highest))
    }
}
