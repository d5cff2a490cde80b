//! The families of decoders.

use crate::select::{Decoder, Family, Preset};
use crate::{detr, faces, maskrcnn, ssd, yolo};

/// Every family. A new one is one row here.
pub static FAMILIES: [&Family; 5] = [
    &ssd::FAMILY,
    &detr::FAMILY,
    &faces::FAMILY,
    &yolo::FAMILY,
    &maskrcnn::FAMILY,
];

/// Every decoder of every family.
pub fn decoders() -> impl Iterator<Item = &'static Decoder> {
    let families = FAMILIES.into_iter();
    families.flat_map(|family| family.decoders.iter().copied())
}

/// The family and layout of a network by its name: one of a family's [presets](Preset), or a format.
pub fn preset(name: &str) -> Option<(&'static Family, Preset)> {
    let mut families = FAMILIES.into_iter();
    families.find_map(|family| Some((family, family.preset(name)?)))
}

/// The family of a decoder.
pub fn of(decoder: &Decoder) -> Option<&'static Family> {
    let mut families = FAMILIES.into_iter();
    families.find(|family| family.decoders.iter().any(|own| own.name == decoder.name))
}

/// The decoder of that name.
pub fn by_name(name: &str) -> Option<&'static Decoder> {
    decoders().find(|decoder| decoder.name == name)
}
