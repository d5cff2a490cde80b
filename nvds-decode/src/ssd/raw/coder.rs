//! From box encodings to boxes.

use crate::boxes::detection::Corners;
use crate::boxes::form::BoxForm;
use crate::layout::Raw;
use crate::ssd::anchors::Anchors;
use crate::tensor::TensorView;

/// Computes boxes.
pub struct Coder<'t, 'a> {
    boxes: &'t TensorView<'a>,
    anchors: &'t Anchors,
    /// What encodings of x, y, width and height are multiplied with.
    factors: [f32; 4],
    form: BoxForm,
}

impl<'t, 'a> Coder<'t, 'a> {
    pub fn new(boxes: &'t TensorView<'a>, raw: &'t Raw, form: BoxForm) -> Self {
        Self {
            boxes,
            anchors: &raw.anchors,
            factors: x_first(form, raw.variances.map(|variance| 1.0 / variance)),
            form,
        }
    }

    pub fn corners(&self, row: usize) -> Corners {
        let encoding = match self.boxes.slice::<f32>() {
            Some(values) => values.as_chunks::<4>().0.get(row).copied(),
            None => {
                let value = |column| self.boxes.data().value(4 * row + column);
                Some([0, 1, 2, 3].map(|column| value(column).unwrap_or(f64::NAN) as f32))
            }
        };
        let (Some(encoding), Some(&[x, y, width, height])) =
            (encoding, self.anchors.boxes().get(row))
        else {
            return NOWHERE;
        };
        let encoding = x_first(self.form, encoding);
        let [dx, dy, dw, dh] = [0, 1, 2, 3].map(|k| encoding[k] * self.factors[k]);
        let most = self.anchors.largest_log();
        // Not `min`, which would make a number of NaN.
        let cut = |log: f32| if log > most { most } else { log };
        let (centre_x, centre_y) = (x + dx * width, y + dy * height);
        let (half_x, half_y) = (0.5 * width * cut(dw).exp(), 0.5 * height * cut(dh).exp());
        Corners {
            x_min: centre_x - half_x,
            y_min: centre_y - half_y,
            x_max: centre_x + half_x,
            y_max: centre_y + half_y,
            angle: 0.0,
        }
    }
}

/// A box that is dropped as not finite.
const NOWHERE: Corners = Corners {
    x_min: f32::NAN,
    y_min: f32::NAN,
    x_max: f32::NAN,
    y_max: f32::NAN,
    angle: 0.0,
};

fn x_first(form: BoxForm, [a, b, c, d]: [f32; 4]) -> [f32; 4] {
    match form.is_x_first() {
        true => [a, b, c, d],
        false => [b, a, d, c],
    }
}
