//! Drawn frames, pixel by pixel.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use super::{COMPARED, Data, SIZE};
use crate::report::Report;

/// The grey of the undrawn frame.
const BACKGROUND: [u8; 4] = [0x40, 0x40, 0x40, 0xff];
/// A channel that differs by more is another colour, not another rounding or a softer edge.
const OTHER_COLOUR: u8 = 64;
/// Boxes are in another place when more than one in this many of their pixels has another colour.
const MOST_OTHER: usize = 10;

/// How two frames differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Pixels of the stored frame that something is drawn on.
    pub drawn: usize,
    /// Pixels of the found frame that something is drawn on.
    pub drawn_found: usize,
    /// Pixels that differ at all.
    pub pixels: usize,
    /// Pixels with a channel that differs by more than a quarter of its range.
    pub other: usize,
    /// Largest difference of a channel.
    pub most: u8,
}

impl Difference {
    fn between(stored: &[u8], found: &[u8]) -> Self {
        let mut this = Self::default();
        for (stored, found) in stored.chunks_exact(4).zip(found.chunks_exact(4)) {
            let by = stored.iter().zip(found).map(|(a, b)| a.abs_diff(*b));
            let by = by.max().unwrap_or(0);
            this.drawn += usize::from(stored != BACKGROUND);
            this.drawn_found += usize::from(found != BACKGROUND);
            this.pixels += usize::from(by > 0);
            this.other += usize::from(by > OTHER_COLOUR);
            this.most = this.most.max(by);
        }
        this
    }

    fn add(&mut self, other: Self) {
        self.drawn += other.drawn;
        self.drawn_found += other.drawn_found;
        self.pixels += other.pixels;
        self.other += other.other;
        self.most = self.most.max(other.most);
    }
}

/// Compares the stored frames of a kind, `boxes` or `texts`. Only boxes can be wrong: letters are
/// those of this machine's fonts.
pub(super) fn compare(data: &Data, kind: &'static str, frames: &[Vec<u8>], report: &mut Report) {
    let mut sum = Difference::default();
    for number in COMPARED {
        let stored = match read(&data.picture(kind, number)) {
            Ok(stored) => stored,
            Err(error) => {
                report.problem(kind, error, "it belongs to this program's data");
                return;
            }
        };
        let Some(found) = frames.get(number) else {
            report.problem(kind, format!("there is no frame {number}"), "see pipeline");
            return;
        };
        sum.add(Difference::between(&stored, found));
    }
    judge(kind, sum, report);
}

fn judge(kind: &'static str, sum: Difference, report: &mut Report) {
    let Difference {
        drawn,
        drawn_found,
        pixels,
        other,
        most,
    } = sum;
    let told = format!(
        "{} frames: of {drawn} drawn pixels {pixels} differ, by {most} of 255 at most",
        COMPARED.len()
    );
    if drawn_found == 0 {
        report.problem(
            kind,
            format!("{told}; nothing is drawn"),
            "nvdsosd saw no objects, or its process-mode does not work on this machine",
        );
    } else if pixels == 0 {
        report.ok(
            kind,
            format!(
                "{} frames: {drawn} drawn pixels, none differs",
                COMPARED.len()
            ),
        );
    } else if kind == "texts" {
        report.note(kind, told, "letters depend on the fonts that are installed");
    } else if other * MOST_OTHER > drawn {
        report.problem(
            kind,
            told,
            "boxes are in other places: please report this page",
        );
    } else {
        report.note(
            kind,
            told,
            "edges are drawn another way by this release of nvdsosd",
        );
    }
}

/// Writes a frame as a PNG.
pub(super) fn write(path: &Path, pixels: &[u8]) -> Result<(), String> {
    let said = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::create(path).map_err(|e| said(&e))?;
    let mut encoder = png::Encoder::new(BufWriter::new(file), SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().map_err(|e| said(&e))?;
    writer.write_image_data(pixels).map_err(|e| said(&e))?;
    writer.finish().map_err(|e| said(&e))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let said = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|e| said(&e))?;
    let mut reader = png::Decoder::new(BufReader::new(file))
        .read_info()
        .map_err(|e| said(&e))?;
    let info = reader.info();
    if (info.width, info.height) != SIZE || info.color_type != png::ColorType::Rgba {
        return Err(said(&format!("expected RGBA of {SIZE:?}")));
    }
    let mut pixels = vec![0; SIZE.0 as usize * SIZE.1 as usize * 4];
    reader.next_frame(&mut pixels).map_err(|e| said(&e))?;
    Ok(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::State;

    fn state(kind: &'static str, stored: &[[u8; 4]], found: &[[u8; 4]]) -> State {
        let sum = Difference::between(stored.as_flattened(), found.as_flattened());
        let mut report = Report::default();
        judge(kind, sum, &mut report);
        report.findings()[0].state
    }

    #[test]
    fn moved_boxes_fail_and_other_letters_do_not() {
        let (grey, red) = (BACKGROUND, [255, 0, 0, 255]);
        let (here, there) = ([red, grey, red, grey], [grey, red, grey, red]);
        let soft = [[250, 0, 0, 255], grey, red, grey];
        assert_eq!(state("boxes", &here, &here), State::Ok);
        assert_eq!(state("boxes", &here, &soft), State::Note);
        assert_eq!(state("boxes", &here, &there), State::Problem);
        assert_eq!(state("texts", &here, &there), State::Note);
        assert_eq!(state("texts", &here, &[grey; 4]), State::Problem);
    }
}
