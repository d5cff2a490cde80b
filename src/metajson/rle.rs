//! Masks as runs of cells, in COCO's compressed text.
//!
//! Cells are counted down the columns, one after the other from the left; runs of cells outside and inside take turns,
//! outside first. From the fourth on, a run is written as its difference from the run of the same kind before it. A
//! number is written in parts of five bits from the lowest on, each as the character 48 and more, the sixth bit saying
//! that there are more parts.

use nvds::Mask;

/// Most cells of a mask that is written: one that other code attached may say anything of its size.
const MOST_CELLS: usize = 1 << 24;

/// Writes the runs of a mask to `text`. `None` if it has not as many values as it says, or too many.
pub fn runs<'t>(mask: &Mask<'_>, text: &'t mut Vec<u8>) -> Option<&'t [u8]> {
    let (width, height) = (mask.width as usize, mask.height as usize);
    let whole = width.checked_mul(height) == Some(mask.data.len());
    if !whole || mask.data.len() > MOST_CELLS {
        return None;
    }
    text.clear();
    let mut before = [0; 2];
    let (mut count, mut written, mut inside) = (0_i64, 0, false);
    let mut write = |count: i64| {
        let last = before[written % 2];
        number(if written > 2 { count - last } else { count }, text);
        before[written % 2] = count;
        written += 1;
    };
    for column in 0..width {
        for value in mask.data.iter().skip(column).step_by(width) {
            if (*value > mask.threshold) != inside {
                write(count);
                (count, inside) = (0, !inside);
            }
            count += 1;
        }
    }
    write(count);
    Some(text)
}

fn number(mut number: i64, text: &mut Vec<u8>) {
    loop {
        let part = (number & 0x1f) as u8;
        number >>= 5;
        let last = number == if part & 0x10 == 0 { 0 } else { -1 };
        text.push(48 + part + if last { 0 } else { 0x20 });
        if last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data: &[f32], width: u32) -> Option<String> {
        let mask = Mask {
            data,
            width,
            height: 4,
            threshold: 0.5,
        };
        let mut text = Vec::new();
        let text = runs(&mask, &mut text)?;
        Some(String::from_utf8(text.to_vec()).unwrap())
    }

    /// What pycocotools writes.
    #[test]
    fn runs_are_cocos() {
        // Columns 0110, 0011, 1111, 1111, 1111: runs 1, 2, 3, 14.
        let rows = [
            [0., 0., 1., 1., 1.],
            [1., 0., 1., 1., 1.],
            [1., 1., 1., 1., 1.],
            [0., 1., 1., 1., 1.],
        ];
        // The fourth is the difference from 2, 12.
        assert_eq!(text(&rows.concat(), 5).unwrap(), "123<");
        assert_eq!(text(&[0.0; 80], 20).unwrap(), "`2");
        assert_eq!(text(&[1.0; 4], 1).unwrap(), "04");
        // The threshold itself is outside, and so is what is no number.
        assert_eq!(text(&[0.5, f32::NAN, 0.6, 0.6], 1).unwrap(), "22");
        // A run shorter by 3 than the one before: negative numbers.
        let falling: Vec<f32> = [
            0., 0., 0., 0., 0., 1., 1., 1., 1., 1., 0., 0., 1., 1., 0., 0.,
        ]
        .into();
        let columns: Vec<f32> = (0..16).map(|at| falling[at % 4 * 4 + at / 4]).collect();
        assert_eq!(text(&columns, 4).unwrap(), "552M0");
    }

    #[test]
    fn masks_of_other_sizes_are_none() {
        assert_eq!(text(&[0.0; 5], 2), None);
        assert_eq!(text(&[0.0; 8], u32::MAX), None);
    }
}
