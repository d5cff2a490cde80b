//! Reads one value of TOML as what a key takes. Errors tell what was expected and what was found.

use std::ops::RangeInclusive;

use nvds_analytics::{Length, Place};
use toml::Spanned;
use toml::de::DeValue;

use super::reader::{Reader, kind};

/// One value and where it stands.
#[derive(Debug)]
pub struct Value<'a> {
    pub reader: &'a Reader<'a>,
    pub path: &'a str,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Value<'a> {
    pub fn new(reader: &'a Reader<'a>, path: &'a str, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self {
            reader,
            path,
            value,
        }
    }

    pub fn get(&self) -> &'a DeValue<'a> {
        self.value.get_ref()
    }

    pub fn offset(&self) -> usize {
        self.value.span().start
    }

    pub fn place(&self) -> String {
        self.reader.place(self.offset(), self.path)
    }

    pub fn expected(&self, what: &str) -> String {
        format!("expected {what}, found {}", kind(self.get()))
    }

    pub fn boolean(&self) -> Result<bool, String> {
        match self.get() {
            DeValue::Boolean(truth) => Ok(*truth),
            _ => Err(self.expected("true or false")),
        }
    }

    pub fn text(&self) -> Result<&'a str, String> {
        match self.get() {
            DeValue::String(text) => Ok(text),
            _ => Err(self.expected("a string")),
        }
    }

    pub fn array(&self) -> Result<impl ExactSizeIterator<Item = Value<'a>> + use<'a>, String> {
        let (reader, path) = (self.reader, self.path);
        match self.get() {
            DeValue::Array(array) => Ok(array
                .iter()
                .map(move |value| Value::new(reader, path, value))),
            _ => Err(self.expected("an array")),
        }
    }

    /// An integer, if that is what it is and 64 bits hold it.
    fn as_integer(&self) -> Option<i64> {
        let integer = self.get().as_integer()?;
        i64::from_str_radix(integer.as_str(), integer.radix()).ok()
    }

    fn as_number(&self) -> Option<f64> {
        match self.get() {
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => self.as_integer().map(|number| number as f64),
        }
    }

    pub fn number(&self, range: RangeInclusive<f32>) -> Result<f32, String> {
        let number = self.as_number().map(|number| number as f32);
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                self.expected(&format!(
                    "a number from {} to {}",
                    range.start(),
                    range.end()
                ))
            })
    }

    pub fn integer(&self, range: RangeInclusive<u32>) -> Result<u32, String> {
        let number = self
            .as_integer()
            .and_then(|number| u32::try_from(number).ok());
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                self.expected(&format!(
                    "a whole number from {} to {}",
                    range.start(),
                    range.end()
                ))
            })
    }

    /// `true` for the usual size, `false` for none, or a size.
    pub fn size(&self, usual: u32, most: u32) -> Result<u32, String> {
        match self.get() {
            DeValue::Boolean(true) => Ok(usual),
            DeValue::Boolean(false) => Ok(0),
            _ => self.integer(0..=most).map_err(|_| {
                self.expected(&format!("true, false or a whole number from 0 to {most}"))
            }),
        }
    }

    /// One of several words.
    pub fn choice<T: Copy>(&self, words: &[(&'static str, T)]) -> Result<T, String> {
        let found = self.text().ok();
        let chosen = words.iter().find(|(word, _)| Some(*word) == found);
        chosen.map(|(_, value)| *value).ok_or_else(|| {
            let all: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
            self.expected(&all.join(" or "))
        })
    }

    /// Pixels, or a string with a percentage of the frame's side.
    pub fn length(&self) -> Result<Length, String> {
        let percent = |text: &str| {
            let percent: f32 = text.trim().strip_suffix('%')?.trim_end().parse().ok()?;
            (0.0..=100.0)
                .contains(&percent)
                .then_some(Length::Fraction(percent / 100.0))
        };
        let length = match self.get() {
            DeValue::String(text) => percent(text),
            _ => (self.number(0.0..=65535.0).ok()).map(Length::Pixels),
        };
        length
            .ok_or_else(|| self.expected("pixels from 0 to 65535 or a percentage such as \"50%\""))
    }

    pub fn point(&self) -> Result<Place, String> {
        let expected = || self.expected("a point [x, y]");
        let mut lengths = self.array().map_err(|_| expected())?;
        match (lengths.next(), lengths.next(), lengths.next()) {
            (Some(x), Some(y), None) => Ok(Place {
                x: x.length()?,
                y: y.length()?,
            }),
            _ => Err(expected()),
        }
    }
}
