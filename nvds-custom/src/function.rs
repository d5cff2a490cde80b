//! The exported functions and what each reads.

use nvds_decode::select::Family;
use nvds_decode::{detr, faces, ssd, yolo};

/// An exported function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Any family, as far as the layers tell.
    Any = 0,
    /// YOLOs.
    Yolo = 1,
    /// DETRs.
    Detr = 2,
    /// SSDs.
    Ssd = 3,
    /// Detectors of faces, of which the boxes are given.
    Face = 4,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Any, Self::Yolo, Self::Detr, Self::Ssd, Self::Face];

    /// Its name as a symbol.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "NvDsInferParseRsnvds",
            Self::Yolo => "NvDsInferParseRsnvdsYolo",
            Self::Detr => "NvDsInferParseRsnvdsDetr",
            Self::Ssd => "NvDsInferParseRsnvdsSsd",
            Self::Face => "NvDsInferParseRsnvdsFace",
        }
    }

    /// Its table in the options.
    pub fn section(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Yolo => "yolo",
            Self::Detr => "detr",
            Self::Ssd => "ssd",
            Self::Face => "face",
        }
    }

    /// The family that it reads; `None` for any.
    pub fn family(self) -> Option<&'static Family> {
        match self {
            Self::Any => None,
            Self::Yolo => Some(&yolo::FAMILY),
            Self::Detr => Some(&detr::FAMILY),
            Self::Ssd => Some(&ssd::FAMILY),
            Self::Face => Some(&faces::FAMILY),
        }
    }

    /// Whether [`Any`](Self::Any) looks for the family. Not so for faces, whose points are lost: who wants the boxes
    /// alone says so.
    pub fn is_among_any(self) -> bool {
        !matches!(self, Self::Any | Self::Face)
    }

    /// The function that reads a family alone.
    pub fn of(family: &Family) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|function| function.family().is_some_and(|own| own.name == family.name))
    }
}
