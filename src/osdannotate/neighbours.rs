//! What stands before and behind the element in the pipeline.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::element::lock;

/// Elements that are looked at in each direction, at most: a pipeline may have any shape.
const MOST: usize = 256;
/// How often a style that redacts looks again: a branch that is taken away sends no event.
const AGAIN: Duration = Duration::from_secs(1);

/// What is known of the elements around.
#[derive(Debug, Clone, Default)]
pub struct Neighbours {
    /// An nvdsosd behind gets batches as they are here: no element before it makes one frame of them or sends
    /// each frame its way.
    pub whole_batches: bool,
    /// An nvdsosd behind draws no boxes, and so nothing that covers.
    pub no_boxes: bool,
    /// Nothing behind draws, and that is known: no path leads to pads that belong to no element.
    pub nobody_draws: bool,
    /// An nvdsosd stands before.
    pub osd_before: bool,
    /// A parser behind, where none stands before.
    pub parser_behind: Option<glib::GString>,
    /// An inference element behind, where nothing stands before that attaches objects or tensors.
    pub detector_behind: Option<glib::GString>,
}

/// All nvdsosd elements that were found, whose display-bbox may change.
type Osds = Vec<gst::Element>;

impl Neighbours {
    fn around(sink: &gst::Pad, src: &gst::Pad) -> (Self, Osds) {
        let mut this = Self::default();
        let mut osds = Osds::new();
        let mut open = false;
        walk(src, |element, whole| {
            let Some(element) = element else {
                open = true;
                return whole;
            };
            let name = factory(element);
            match name.as_deref() {
                Some("nvdsosd") => {
                    this.whole_batches |= whole;
                    this.no_boxes |= draws_no_boxes(element);
                    osds.push(element.clone());
                    whole
                }
                Some("nvmultistreamtiler" | "nvstreamdemux") => false,
                Some(name) => {
                    if is_parser(name) {
                        this.parser_behind.get_or_insert_with(|| element.name());
                    } else if is_inference(name) {
                        this.detector_behind.get_or_insert_with(|| element.name());
                    }
                    whole
                }
                None => whole,
            }
        });
        this.nobody_draws = osds.is_empty() && !open;
        walk(sink, |element, whole| {
            let Some(element) = element else {
                this.parser_behind = None;
                this.detector_behind = None;
                return whole;
            };
            if let Some(name) = factory(element) {
                this.osd_before |= name == "nvdsosd";
                if is_parser(&name) {
                    this.parser_behind = None;
                }
                if is_parser(&name) || is_inference(&name) || name == "rstensorreplay" {
                    this.detector_behind = None;
                }
            }
            whole
        });
        (this, osds)
    }
}

/// Visits the elements that a pad leads to, each once. `visit` gets them with what it returned of the one before,
/// and `None` for a pad that belongs to no element.
fn walk(pad: &gst::Pad, mut visit: impl FnMut(Option<&gst::Element>, bool) -> bool) {
    // Neither takes memory where no element is: frames are not to wait for the heap.
    let mut seen: Vec<gst::Element> = Vec::new();
    let mut waiting = Vec::new();
    let mut next = Some((pad.clone(), true));
    while let Some((pad, whole)) = next.take().or_else(|| waiting.pop()) {
        let element = match next_element(&pad) {
            Next::Nothing => continue,
            Next::Outside => {
                visit(None, whole);
                continue;
            }
            Next::Element(element) if seen.contains(&element) => continue,
            Next::Element(element) => element,
        };
        if seen.len() == MOST {
            visit(None, whole);
            return;
        }
        let whole = visit(Some(&element), whole);
        let onward = match pad.direction() {
            gst::PadDirection::Src => element.src_pads(),
            _ => element.sink_pads(),
        };
        waiting.extend(onward.into_iter().map(|pad| (pad, whole)));
        seen.push(element);
    }
}

fn factory(element: &gst::Element) -> Option<glib::GString> {
    element.factory().map(|factory| factory.name())
}

/// Whether elements of this factory attach objects, or the tensors that objects come from.
fn is_inference(factory: &str) -> bool {
    matches!(factory, "nvinfer" | "nvinferserver")
}

/// Whether elements of this factory make objects of tensors.
fn is_parser(factory: &str) -> bool {
    factory.starts_with("rs") && factory.ends_with("parser")
}

fn draws_no_boxes(osd: &gst::Element) -> bool {
    has_display_bbox(osd) && !osd.property::<bool>("display-bbox")
}

fn has_display_bbox(osd: &gst::Element) -> bool {
    osd.property_type("display-bbox") == Some(bool::static_type())
}

/// Where a pad leads to.
enum Next {
    Nothing,
    Element(gst::Element),
    /// A pad that belongs to no element: what lies beyond cannot be seen.
    Outside,
}

/// The element that a pad is linked to, through the walls of bins.
fn next_element(pad: &gst::Pad) -> Next {
    let mut next = pad.peer();
    for _ in 0..MOST {
        let Some(peer) = next else {
            return Next::Nothing;
        };
        if let Some(ghost) = peer.downcast_ref::<gst::GhostPad>() {
            next = ghost.target(); // into a bin
        } else if let Some(proxy) = peer.downcast_ref::<gst::ProxyPad>() {
            let ghost = proxy.internal(); // out of a bin
            next = ghost.and_then(|ghost| ghost.upcast_ref::<gst::Pad>().peer());
        } else {
            return peer.parent_element().map_or(Next::Outside, Next::Element);
        }
    }
    Next::Outside
}

/// Looks at the neighbours, and again when they may have changed.
#[derive(Debug, Default)]
pub struct Lookout {
    /// Set where they may have changed, by any thread.
    changed: Arc<AtomicBool>,
    watched: Mutex<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    last: Option<Instant>,
    /// Those behind, and the handlers that tell of their display-bbox.
    osds: Vec<(glib::WeakRef<gst::Element>, glib::SignalHandlerId)>,
}

impl Lookout {
    /// The next call of [`Self::look`] looks.
    pub fn changed(&self) {
        self.changed.store(true, Ordering::Relaxed);
    }

    /// What stands around, if that may have changed since the last call. With `often`, it is looked at from time to
    /// time anyway. Properties of other elements are read: no lock may be held that they could wait for.
    pub fn look(&self, sink: &gst::Pad, src: &gst::Pad, often: bool) -> Option<Neighbours> {
        let changed = self.changed.swap(false, Ordering::Relaxed);
        if !changed && !often {
            return None;
        }
        let now = Instant::now();
        {
            let mut watched = lock(&self.watched);
            if !changed && watched.last.is_some_and(|last| now < last + AGAIN) {
                return None;
            }
            watched.last = Some(now);
        }
        let (neighbours, osds) = Neighbours::around(sink, src);
        self.watch(osds);
        Some(neighbours)
    }

    /// Connects to the elements that are new, and lets go of those that are gone.
    fn watch(&self, mut osds: Osds) {
        osds.retain(has_display_bbox);
        let before = std::mem::take(&mut lock(&self.watched).osds);
        let mut kept = Vec::with_capacity(osds.len());
        for (osd, handler) in before {
            let Some(strong) = osd.upgrade() else {
                continue;
            };
            match osds.iter().position(|osd| *osd == strong) {
                Some(at) => {
                    osds.swap_remove(at);
                    kept.push((osd, handler));
                }
                None => strong.disconnect(handler),
            }
        }
        for osd in osds {
            let changed = self.changed.clone();
            let handler = osd.connect_notify(Some("display-bbox"), move |_, _| {
                changed.store(true, Ordering::Relaxed);
            });
            kept.push((osd.downgrade(), handler));
        }
        lock(&self.watched).osds = kept;
    }

    /// When the element stops.
    pub fn stop(&self) {
        self.watch(Osds::new());
        *lock(&self.watched) = Watched::default();
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        self.stop();
    }
}
