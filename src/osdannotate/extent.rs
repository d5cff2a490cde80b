//! How large a text will be. Metadata has no pixels and no fonts, so this is an estimate, on the
//! large side: the wider of DejaVu Serif and DejaVu Sans for each letter, and nvdsosd's margins.

use super::style::MAX_FONT_SIZE;

/// Widths of U+0020 to U+007E in thousandths of the font size.
const ASCII: [u16; 95] = [
    318, 402, 460, 838, 636, 950, 890, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 536, 1000, 722, 735, 765, 802, 730,
    694, 799, 872, 395, 401, 747, 664, 1024, 875, 820, 673, 820, 753, 685, 667, 843, 722, 1028,
    712, 660, 695, 390, 337, 390, 838, 500, 500, 613, 640, 560, 640, 615, 370, 640, 644, 320, 310,
    606, 320, 974, 644, 612, 640, 640, 478, 521, 402, 644, 592, 856, 592, 592, 527, 636, 337, 636,
    838,
];
/// Width of a letter of other alphabets, in the same unit.
const OTHER: u16 = 700;
/// Width of East Asian letters and symbols.
const WIDE: u16 = 1000;
/// DejaVu's height above and below the base line in parts of the font size. "Person 0.87" in Serif
/// 10, 13.3 pixels large, is 13 and 4 high in a capture of nvdsosd.
const ASCENT: f32 = 0.928;
const DESCENT: f32 = 0.236;

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Extent {
    pub width: f32,
    pub height: f32,
}

impl Extent {
    /// Of a text with its background, in a font of `size` points.
    pub fn of(text: &str, size: u32) -> Self {
        if size == 0 || text.is_empty() {
            return Self::default(); // nvdsosd draws nothing
        }
        let size = size.clamp(10, MAX_FONT_SIZE);
        let pixels = size as f32 * 96.0 / 72.0;
        let mut lines = 0.0;
        let mut widest = 0_u32;
        for line in text.split('\n') {
            lines += 1.0;
            widest = widest.max(line.chars().map(|c| u32::from(thousandths(c))).sum());
        }
        let line = (pixels * ASCENT).ceil() + (pixels * DESCENT).ceil();
        Self {
            width: (widest as f32 * pixels / 1000.0).ceil() + (size / 2 * 2) as f32,
            height: lines * line + (size / 4 * 2) as f32,
        }
    }

    /// A place for the text's upper left corner near `x`, `y`, so that all of it is inside a frame
    /// of this size as far as it fits.
    pub fn keep_inside(self, x: f32, y: f32, frame: Option<(u32, u32)>) -> (u32, u32) {
        let (width, height) = frame.unwrap_or((u32::MAX, u32::MAX));
        (keep(x, self.width, width), keep(y, self.height, height))
    }
}

/// NaN and what is below 0 become 0.
fn keep(start: f32, length: f32, side: u32) -> u32 {
    let last = (side as f32 - length).max(0.0);
    // nvdsosd reads offsets as C ints.
    (start.min(last).max(0.0) as u32).min(i32::MAX as u32)
}

fn thousandths(c: char) -> u16 {
    match c {
        ' '..='~' => ASCII[c as usize - ' ' as usize],
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}' => WIDE,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Captured: the background of "Person 0.87" in Serif 10 covers 87 x 19 pixels.
    #[test]
    fn the_estimate_covers_what_nvdsosd_draws() {
        let extent = Extent::of("Person 0.87", 10);
        assert!((88.0..96.0).contains(&extent.width), "{extent:?}");
        assert_eq!(extent.height, 21.0); // 19 strictly inside
    }

    #[test]
    fn lines_and_letters_count() {
        let one = Extent::of("mm", 20);
        let two = Extent::of("mm\nmmm", 20);
        assert!(two.width > one.width && two.height > one.height * 1.5);
        assert!(Extent::of("東京", 20).width > Extent::of("ab", 20).width);
        assert_eq!(Extent::of("", 20), Extent::default());
        assert_eq!(Extent::of("m", 0), Extent::default());
        assert_eq!(Extent::of("m", 3), Extent::of("m", 10));
    }

    #[test]
    fn places_are_kept_inside() {
        let extent = Extent {
            width: 100.0,
            height: 20.0,
        };
        let frame = Some((640, 480));
        for ((x, y), expected) in [
            ((10.0, 30.0), (10, 30)),
            ((-5.0, -1.0), (0, 0)),
            ((600.0, 470.0), (540, 460)),
            ((f32::NAN, f32::INFINITY), (540, 460)),
            ((f32::NEG_INFINITY, 1e30), (0, 460)),
        ] {
            assert_eq!(extent.keep_inside(x, y, frame), expected, "{x} {y}");
        }
        assert_eq!(extent.keep_inside(50.0, 50.0, Some((80, 10))), (0, 0));
        assert_eq!(extent.keep_inside(5000.0, 1.0, None), (5000, 1));
    }
}
