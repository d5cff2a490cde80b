//! The elements inside, from NULL to READY on.

use gst::prelude::*;

use super::CAT;
use super::kind::{Kind, Software};
use super::settings::Settings;
use crate::children::make;

/// What a bin has inside.
pub(super) struct Inside {
    /// In the stream's order.
    pub(super) elements: Vec<gst::Element>,
    /// Sets the software up.
    pub(super) software: gst::Element,
    configure: fn(&gst::Element, &Settings<'_>),
    /// Says what goes out.
    out: gst::Element,
}

impl Inside {
    /// Makes the elements, which belong to no bin yet.
    ///
    /// # Errors
    /// What to say when there is no software for it.
    pub(super) fn new(kind: &Kind) -> Result<Self, String> {
        let (software, configure) = software(kind)?;
        let convert = make("nvvideoconvert")?;
        let filter = make("capsfilter")?;
        let out = make("capsfilter")?;
        let elements = match kind.raw {
            Some(raw) => {
                filter.set_property("caps", raw.parse::<gst::Caps>().map_err(|e| e.to_string())?);
                vec![convert, filter, software.clone(), out.clone()]
            }
            None => vec![software.clone(), convert, out.clone()],
        };
        Ok(Self {
            elements,
            software,
            configure,
            out,
        })
    }

    /// Hands properties on.
    pub(super) fn configure(&self, kind: &Kind, settings: &Settings<'_>) {
        (self.configure)(&self.software, settings);
        if let Ok(caps) = (kind.out)(settings).parse::<gst::Caps>() {
            self.out.set_property("caps", caps);
        }
    }

    /// First and last pad of the chain.
    pub(super) fn ends(&self) -> Option<(gst::Pad, gst::Pad)> {
        let (first, last) = (self.elements.first()?, self.elements.last()?);
        Some((first.static_pad("sink")?, last.static_pad("src")?))
    }
}

type Found = (gst::Element, fn(&gst::Element, &Settings<'_>));

/// The first software that is installed.
fn software(kind: &Kind) -> Result<Found, String> {
    let found = kind.software.iter().find_map(|software: &Software| {
        let element = gst::ElementFactory::make(software.factory).build().ok()?;
        Some((element, software.configure))
    });
    if let Some((element, _)) = &found {
        gst::info!(CAT, "{} runs inside {}", element.name(), kind.factory);
    }
    found.ok_or_else(|| {
        let names: Vec<_> = kind.software.iter().map(|s| s.factory).collect();
        let packages: Vec<_> = kind.software.iter().map(|s| s.package).collect();
        format!(
            "no software {} is installed (looked for {}); on Debian and Ubuntu: apt install {}",
            kind.what,
            names.join(", "),
            packages.join(" or ")
        )
    })
}
