//! Masks of objects: which part of a box belongs to the object.
//!
//! YOLO networks give 32 pictures that all objects of a frame share, the prototypes, and 32 coefficients for each
//! object. The sum of the prototypes, each times its coefficient, is the logit of the mask. Others give each object its
//! mask, cut to its box or of the whole input.
//!
//! Masks are cut to the boxes as the frame has them, because what draws masks stretches each over its box. A value of
//! such a mask is what the network's map has at the middle of the value's part of the box, between the cells' middles.

mod cut;
mod prototypes;

pub(crate) use cut::{Covers, Map};
pub use prototypes::Prototypes;

/// The logistic function, 0 of what is no number.
pub(crate) fn probability(logit: f32) -> f32 {
    match logit.is_nan() {
        true => 0.0,
        false => 1.0 / (1.0 + (-logit).exp()),
    }
}
