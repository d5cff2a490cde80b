//! What lies behind the element.

use gst::prelude::*;

/// Elements that are looked at, at most: a pipeline may have any shape.
const MOST: usize = 256;

/// What is known of every nvdsosd that lies behind the element.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Osd {
    /// One gets batches as they are here: no element before it makes one frame of them or sends
    /// each frame its way.
    pub whole_batches: bool,
    /// One draws no boxes, and so nothing that covers.
    pub no_boxes: bool,
}

impl Osd {
    /// Looks for what lies behind a source pad.
    pub fn behind(pad: &gst::Pad) -> Self {
        let mut this = Self::default();
        let mut seen: Vec<gst::Element> = Vec::new();
        let mut waiting = vec![(pad.clone(), true)];
        while let Some((pad, whole)) = waiting.pop() {
            let Some(element) = next_element(&pad) else {
                continue;
            };
            if seen.len() == MOST || seen.contains(&element) {
                continue;
            }
            let name = element.factory().map(|factory| factory.name());
            let whole = match name.as_deref() {
                Some("nvdsosd") => {
                    this.whole_batches |= whole;
                    this.no_boxes |= draws_no_boxes(&element);
                    whole
                }
                Some("nvmultistreamtiler" | "nvstreamdemux") => false,
                _ => whole,
            };
            waiting.extend(element.src_pads().into_iter().map(|pad| (pad, whole)));
            seen.push(element);
        }
        this
    }
}

fn draws_no_boxes(osd: &gst::Element) -> bool {
    let is_bool = osd.property_type("display-bbox") == Some(bool::static_type());
    is_bool && !osd.property::<bool>("display-bbox")
}

/// The element that a source pad is linked to, through the walls of bins.
fn next_element(pad: &gst::Pad) -> Option<gst::Element> {
    let mut peer = pad.peer()?;
    for _ in 0..MOST {
        if let Some(ghost) = peer.downcast_ref::<gst::GhostPad>() {
            peer = ghost.target()?; // into a bin
        } else if let Some(proxy) = peer.downcast_ref::<gst::ProxyPad>() {
            let ghost = proxy.internal()?; // out of a bin
            peer = ghost.upcast_ref::<gst::Pad>().peer()?;
        } else {
            return peer.parent_element();
        }
    }
    None
}
