//! Networks by the names that people know them by.

use crate::layout::{Format, Layout};

/// A network's name, its layout, and how nvinfer must prepare its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The name.
    pub name: &'static str,
    /// The layout of its outputs.
    pub format: Format,
    /// The keys of nvinfer's configuration that prepare frames as they were in training.
    pub nvinfer: &'static str,
}

impl Preset {
    /// The layout with this format.
    pub fn layout(&self, layout: Layout) -> Layout {
        Layout {
            format: Some(self.format),
            ..layout
        }
    }
}
