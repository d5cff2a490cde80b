//! What lies behind the element.

use gst::prelude::*;

/// Elements that are looked at, at most: a pipeline may have any shape.
const MOST: usize = 256;

/// Whether nvdsosd comes with batches as they are here: with no element before it that makes one
/// frame of them or sends each its way.
pub fn osd_gets_batches(pad: &gst::Pad) -> bool {
    let mut seen: Vec<gst::Element> = Vec::new();
    let mut waiting = vec![pad.clone()];
    while let Some(pad) = waiting.pop() {
        let Some(element) = next_element(&pad) else {
            continue;
        };
        if seen.len() == MOST || seen.contains(&element) {
            continue;
        }
        match element.factory().as_ref().map(|f| f.name()).as_deref() {
            Some("nvdsosd") => return true,
            Some("nvmultistreamtiler" | "nvstreamdemux") => {}
            _ => waiting.extend(element.src_pads()),
        }
        seen.push(element);
    }
    false
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
