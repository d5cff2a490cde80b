//! Classes as colours.

/// Red, green and blue of the classes from -3 on.
const COLORS: [[u8; 3]; 22] = [
    [0, 0, 0],
    [0, 0, 128],
    [128, 128, 128],
    [0, 128, 128],
    [128, 0, 0],
    [128, 0, 128],
    [128, 128, 0],
    [0, 128, 0],
    [0, 0, 64],
    [0, 0, 192],
    [0, 128, 64],
    [0, 128, 192],
    [128, 0, 64],
    [128, 0, 192],
    [128, 128, 64],
    [128, 128, 192],
    [0, 64, 0],
    [0, 64, 128],
    [0, 192, 0],
    [0, 192, 128],
    [128, 64, 0],
    [192, 192, 0],
];
const FIRST: i32 = -3;

/// How classes are painted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    /// The class whose pixels stay as they are, where others are blended with the picture by `alpha`; `None` covers all
    /// of it.
    pub(super) background: Option<i32>,
    /// Part of the colour, 0 to 1.
    pub(super) alpha: f32,
}

fn color(class: i32) -> Option<[u8; 3]> {
    let place = class.checked_sub(FIRST)?;
    COLORS.get(usize::try_from(place).ok()?).copied()
}

/// Paints a row of classes on a row of RGBA pixels, as far as both reach. Whether there was a class without a colour, whose
/// pixels stay.
pub(super) fn row(classes: &[i32], pixels: &mut [u8], style: Style) -> bool {
    let mut unknown = false;
    for (class, pixel) in classes.iter().zip(pixels.chunks_exact_mut(4)) {
        if style.background == Some(*class) {
            continue;
        }
        let Some(color) = color(*class) else {
            unknown = true;
            continue;
        };
        for (sample, color) in pixel.iter_mut().zip(color) {
            *sample = match style.background {
                None => color,
                Some(_) => {
                    let blended =
                        f32::from(color) * style.alpha + f32::from(*sample) * (1.0 - style.alpha);
                    blended as u8
                }
            };
        }
    }
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_colours_and_alpha_stays() {
        let cover = Style {
            background: None,
            alpha: 0.5,
        };
        let mut pixels = [9; 16];
        assert!(!row(&[-1, 0, 1], &mut pixels, cover));
        assert_eq!(
            pixels,
            [128, 128, 128, 9, 0, 128, 128, 9, 128, 0, 0, 9, 9, 9, 9, 9]
        );
        assert!(
            row(&[19, -4, i32::MIN], &mut pixels, cover),
            "no colour for these"
        );
        assert_eq!(pixels[..4], [128, 128, 128, 9]);
        assert!(!row(&[18, -3], &mut pixels, cover));
        assert_eq!(pixels[..8], [192, 192, 0, 9, 0, 0, 0, 9]);
    }

    #[test]
    fn the_background_stays_and_the_rest_is_blended() {
        let blend = Style {
            background: Some(1),
            alpha: 0.7,
        };
        let mut pixels = [10, 20, 31, 255, 10, 20, 31, 255];
        row(&[1, 2], &mut pixels, blend);
        // 128 * 0.7 + 10 * 0.3 and so on, cut.
        assert_eq!(pixels, [10, 20, 31, 255, 92, 6, 98, 255]);
    }
}
