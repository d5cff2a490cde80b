//! Networks by the names that people know them by.

use super::Family;
use crate::layout::{Background, Format, Layout};

/// A network's name, its layout, and how nvinfer must prepare its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The name.
    pub name: &'static str,
    /// The layout of its outputs.
    pub format: Format,
    /// The class that stands for no object.
    pub background: Background,
    /// The keys of nvinfer's configuration that prepare frames as they were in training.
    pub nvinfer: &'static str,
}

impl Preset {
    /// The layout with this format, and with this class for no object unless it states one.
    pub fn layout(&self, layout: Layout) -> Layout {
        Layout {
            format: Some(self.format),
            background: match layout.background {
                Background::Usual => self.background,
                stated => stated,
            },
            ..layout
        }
    }
}

impl Family {
    /// A network by its name: one of the family's presets, or a format of its decoders.
    pub fn preset(&self, name: &str) -> Option<Preset> {
        let preset = self.presets.iter().find(|preset| preset.name == name);
        let format = || {
            let mut formats = self.decoders.iter().map(|decoder| decoder.format);
            let format = formats.find(|format| format.name() == name)?;
            Some(Preset {
                name: format.name(),
                format,
                background: Background::Usual,
                nvinfer: "",
            })
        };
        preset.copied().or_else(format)
    }
}
