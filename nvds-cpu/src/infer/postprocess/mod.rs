//! Results out of tensors: boxes, classes, segmentations, as gst-nvinfer makes them without a library of parsers.
//!
//! Pure functions on slices. What a configuration file says about it is in [`settings`].

pub mod settings;
