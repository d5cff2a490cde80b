//! The picture that is subtracted from the input, alone: see the folder's `mod.rs`.

#[allow(dead_code)] // its pixels are the stand-ins'
#[path = "../../../nvds-cpu/src/infer/preprocess/mean.rs"]
mod mean;

pub use mean::MeanImage;
