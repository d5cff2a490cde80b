//! The pictures.

use crate::surface::PlaneMut;

/// Red, green, blue from 0 to 1.
type Rgb = [f64; 3];

const GREY: Rgb = [0.75, 0.75, 0.75];
const YELLOW: Rgb = [0.75, 0.75, 0.0];
const CYAN: Rgb = [0.0, 0.75, 0.75];
const GREEN: Rgb = [0.0, 0.75, 0.0];
const MAGENTA: Rgb = [0.75, 0.0, 0.75];
const RED: Rgb = [0.75, 0.0, 0.0];
const BLUE: Rgb = [0.0, 0.0, 0.75];
const MINUS_I: Rgb = [0.0, 0.129, 0.298];
const WHITE: Rgb = [1.0, 1.0, 1.0];
const PLUS_Q: Rgb = [0.196, 0.0, 0.416];
const BELOW_BLACK: Rgb = [0.035, 0.035, 0.035];
const BLACK: Rgb = [0.075, 0.075, 0.075];
const ABOVE_BLACK: Rgb = [0.114, 0.114, 0.114];

const TOP: [Rgb; 7] = [GREY, YELLOW, CYAN, GREEN, MAGENTA, RED, BLUE];
const MIDDLE: [Rgb; 7] = [BLUE, BLACK, MAGENTA, BLACK, CYAN, BLACK, GREY];
const BOTTOM: [Rgb; 4] = [MINUS_I, WHITE, PLUS_Q, BLACK];

/// A picture, pixel by pixel.
#[derive(Debug)]
pub enum Picture {
    /// Colour bars, moved to the left by so many pixels.
    Smpte(i64),
    /// The set around a point of its edge: half the picture's side, and a colour for each number of
    /// rounds.
    Mandelbrot(f64, Vec<Rgb>),
    /// Two ramps.
    Gradient,
}

/// Rounds after which a point counts as in the set.
const ROUNDS: usize = 100;
/// Middle of the picture.
const CENTRE: (f64, f64) = (-0.734_072, 0.248_116);
/// Half the picture's side at the ends of the zoom.
const SCALES: (f64, f64) = (0.000_001, 2.0);

impl Picture {
    /// The set at a place of the zoom, which goes in and out again in `2 * period` steps.
    pub fn mandelbrot(step: u64, period: u64) -> Self {
        let rest = step % period;
        let outward = (step / period) % 2 == 1;
        let part = if outward { rest } else { period - rest } as f64 / period as f64;
        let (low, high) = (SCALES.0.ln(), SCALES.1.ln());
        let frequency = 6.3 / ROUNDS as f64;
        let wave =
            |round: usize, shift: f64| ((frequency * round as f64 + shift).sin() + 1.0) / 2.0;
        let mut colors: Vec<Rgb> = (0..ROUNDS)
            .map(|round| [5.0, 4.0, 3.0].map(|shift| wave(round, shift)))
            .collect();
        colors.push([0.0; 3]);
        Self::Mandelbrot((low + (high - low) * part).exp(), colors)
    }

    fn pixel(&self, x: usize, y: usize, (width, height): (usize, usize)) -> Rgb {
        let (part_x, part_y) = (x as f64 / width as f64, y as f64 / height as f64);
        match self {
            Self::Smpte(offset) => {
                let x = (x as i64 + offset).rem_euclid(width as i64);
                bars(x as usize, y, (width, height))
            }
            Self::Mandelbrot(scale, colors) => {
                let place = |part: f64, centre: f64| (part * 2.0 - 1.0) * scale + centre;
                colors[rounds(place(part_x, CENTRE.0), place(part_y, CENTRE.1))]
            }
            Self::Gradient => [part_x, part_y, (part_x + part_y) / 2.0],
        }
    }

    /// Draws on the planes of an RGBA (1), NV12 (2) or I420 (3) surface.
    pub fn draw(&self, planes: &mut [PlaneMut<'_>], size: (usize, usize)) {
        let (width, height) = size;
        for y in 0..height {
            for x in 0..width {
                let rgb = self.pixel(x, y, size);
                let chroma = x % 2 == 0 && y % 2 == 0;
                match planes {
                    [rgba] => {
                        let [r, g, b] = rgb.map(|part| (part * 255.0) as u8);
                        put(rgba, x, y, &[r, g, b, 255]);
                    }
                    [luma, uv] => {
                        let [y_value, u, v] = yuv(rgb);
                        put(luma, x, y, &[y_value]);
                        if chroma {
                            put(uv, x / 2, y / 2, &[u, v]);
                        }
                    }
                    [luma, u_plane, v_plane] => {
                        let [y_value, u, v] = yuv(rgb);
                        put(luma, x, y, &[y_value]);
                        if chroma {
                            put(u_plane, x / 2, y / 2, &[u]);
                            put(v_plane, x / 2, y / 2, &[v]);
                        }
                    }
                    _ => return,
                }
            }
        }
    }
}

fn put(plane: &mut PlaneMut<'_>, x: usize, y: usize, sample: &[u8]) {
    let start = y * plane.pitch + x * plane.bytes_per_pixel;
    if let Some(place) = plane.data.get_mut(start..start + sample.len()) {
        place.copy_from_slice(sample);
    }
}

fn bars(x: usize, y: usize, (width, height): (usize, usize)) -> Rgb {
    let seventh = width as f64 / 7.0;
    let bar = (seventh as usize).max(1);
    let row = y as f64;
    if row < 0.67 * height as f64 {
        return TOP[(x / bar).min(6)];
    }
    if row < 0.75 * height as f64 {
        return MIDDLE[(x / bar).min(6)];
    }
    let wide = ((seventh * 5.0 / 4.0) as usize).max(1);
    match x / wide {
        n @ 0..4 => BOTTOM[n],
        // Thirds of a bar, then a whole one.
        _ if (x as f64) < width as f64 / 21.0 * 16.0 => BELOW_BLACK,
        _ if (x as f64) < width as f64 / 21.0 * 17.0 => BLACK,
        _ if x < bar * 6 => ABOVE_BLACK,
        _ => BLACK,
    }
}

/// Rounds until the point leaves, 1 to [`ROUNDS`].
fn rounds(x: f64, y: f64) -> usize {
    let (mut a, mut b) = (0.0, 0.0);
    for round in 1..ROUNDS {
        (a, b) = (a * a - b * b + x, 2.0 * a * b + y);
        if a * a + b * b > 4.0 {
            return round;
        }
    }
    ROUNDS
}

/// BT.709, luma from 0 to 255.
fn yuv([r, g, b]: Rgb) -> [u8; 3] {
    let luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    // The stock kernel counts from 128 whole turns of a byte and lets the number wrap.
    let chroma = |part: f64| ((part * 1.022_83 + 128.0) * 255.0) as i64 as u8;
    [
        (luma * 255.0) as u8,
        chroma(-0.114_572 * r - 0.385_428 * g + 0.5 * b),
        chroma(0.5 * r - 0.454_153 * g - 0.045_847 * b),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greys_have_no_colour() {
        assert_eq!(yuv([0.0; 3]), [0, 128, 128]);
        assert_eq!(yuv(GREY)[0], 191);
        assert_eq!(yuv(WHITE)[0], 255);
        // Blue against red: opposite sides of the middle.
        assert!(yuv(BLUE)[1] > 200 && yuv(BLUE)[2] < 128);
        assert!(yuv(RED)[1] < 128 && yuv(RED)[2] > 200);
    }

    #[test]
    fn bars_lie_as_in_stock() {
        let at = |x, y| bars(x, y, (320, 240));
        assert_eq!((at(0, 0), at(44, 0), at(45, 0)), (GREY, GREY, YELLOW));
        assert_eq!((at(319, 0), at(0, 160)), (BLUE, GREY));
        assert_eq!((at(0, 161), at(319, 179)), (BLUE, GREY));
        assert_eq!((at(0, 180), at(57, 180)), (MINUS_I, WHITE));
        assert_eq!((at(230, 239), at(250, 239)), (BELOW_BLACK, BLACK));
        assert_eq!((at(265, 239), at(319, 239)), (ABOVE_BLACK, BLACK));
        // Narrower than there are bars.
        assert_eq!(bars(2, 0, (3, 1)), CYAN);
    }

    #[test]
    fn the_set_has_the_colours_of_the_public_source() {
        let Picture::Mandelbrot(_, colors) = Picture::mandelbrot(0, 500) else {
            unreachable!()
        };
        // Half of 1 + sin(0.063 n + 5, 4 and 3), of another implementation.
        for (round, expected) in [
            (
                0,
                [0.020537862668430773, 0.1215987523460359, 0.5705600040299336],
            ),
            (
                50,
                [0.9782527833257546, 0.8811355461807056, 0.43360404557374166],
            ),
            (
                99,
                [
                    0.014500953910725811,
                    0.13709126119565052,
                    0.5933381892978973,
                ],
            ),
        ] {
            for (found, expected) in colors[round].iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12, "{round}: {colors:?}");
            }
        }
        assert_eq!(colors[ROUNDS], [0.0; 3]);
    }

    #[test]
    fn the_set_is_black_inside_and_zooms() {
        assert_eq!(rounds(0.0, 0.0), ROUNDS);
        assert_eq!(rounds(3.0, 0.0), 1);
        let scale = |step| match Picture::mandelbrot(step, 500) {
            Picture::Mandelbrot(scale, colors) => {
                assert_eq!(colors.len(), ROUNDS + 1);
                scale
            }
            _ => unreachable!(),
        };
        assert!((scale(0) - 2.0).abs() < 1e-9);
        assert!((scale(500) - 1e-6).abs() < 1e-12);
        assert!(scale(250) < scale(249) && scale(750) < scale(751));
    }
}
