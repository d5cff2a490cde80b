//! Reads values that say how something looks.

use std::sync::Arc;

use nvds::{Color, FontName};

use super::model::Paint;
use crate::config::Value;
use crate::osdannotate::color;
use crate::osdannotate::skeleton::{self, Skeleton};

impl Value<'_> {
    pub fn font(&self) -> Result<FontName, String> {
        self.text().map(FontName::intern)
    }

    /// An integer of which the OSD takes no more than `most`: what is above is lowered, and told.
    pub fn limited(&self, least: u32, most: u32) -> Result<u32, String> {
        let number = self
            .integer(least..=i32::MAX as u32)
            .map_err(|_| self.expected(&format!("a whole number from {least} to {most}")))?;
        if number > most {
            let note = format!(
                "{}: {number} is drawn as {most}, nvdsosd's limit",
                self.place()
            );
            self.reader.note(note);
        }
        Ok(number.min(most))
    }

    /// The name of a skeleton, or a file with one beside the style's.
    pub fn skeleton(&self) -> Result<Skeleton, String> {
        let text = self.text().unwrap_or_default();
        if let Some((_, known)) = skeleton::NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(known.clone());
        }
        if !text.ends_with(".toml") {
            let names = skeleton::NAMES
                .map(|(name, _)| format!("{name:?}"))
                .join(", ");
            return Err(self.expected(&format!("{names} or a file such as \"horse.toml\"")));
        }
        let own = crate::skeleton::Skeleton::read(&self.reader.beside(text))?;
        Ok(Skeleton::Own(Arc::new(own)))
    }

    /// A colour or `none`.
    pub fn color(&self) -> Result<Option<Color>, String> {
        color::parse(self.text()?).map_err(|error| error.to_string())
    }

    /// A colour that is seen through nowhere.
    pub fn opaque(&self) -> Result<Color, String> {
        let color = self.color()?.filter(|color| color.alpha >= 1.0);
        color.ok_or_else(|| self.expected("an opaque colour such as \"#000000\""))
    }

    /// A colour that may depend on the object.
    pub fn paint(&self) -> Result<Paint, String> {
        let text = self.text()?.trim();
        if text == "palette" {
            return Ok(Paint::Palette { alpha: 1.0 });
        }
        if let Some(alpha) = text.strip_prefix("palette/") {
            let alpha = alpha.parse().ok().filter(|a| (0.0..=1.0).contains(a));
            return match alpha {
                Some(alpha) => Ok(Paint::Palette { alpha }),
                None => Err(self.expected("\"palette/ALPHA\" with an alpha from 0 to 1")),
            };
        }
        match color::parse(text) {
            Ok(Some(color)) => Ok(Paint::Fixed(color)),
            Ok(None) => Ok(Paint::None),
            Err(error) => Err(format!("{error}, palette or palette/ALPHA")),
        }
    }

    /// A colour for letters, which may be chosen to stand out.
    pub fn text_paint(&self) -> Result<Paint, String> {
        match self.text()? {
            "contrast" => Ok(Paint::Contrast),
            _ => self.paint().map_err(|error| format!("{error}, contrast")),
        }
    }
}
