//! Track ids for the gallery: each box takes the id of the box of the frame before that it covers best. No more than
//! pictures need, and no tracker to be used for anything else.

use nvds::{Batch, Rect};

/// Least part that two boxes must share of their common area.
const LEAST: f32 = 0.25;
/// Frames for which an id waits for its object.
const PATIENCE: u32 = 8;

#[derive(Debug)]
struct Known {
    id: u64,
    rect: Rect,
    /// How the box moved from one frame to the next.
    speed: (f32, f32),
    unseen: u32,
}

/// Boxes of the frames before.
#[derive(Debug, Default)]
pub struct Tracker {
    known: Vec<Known>,
    last: u64,
}

impl Tracker {
    /// Gives the objects of a batch their ids.
    pub fn track(&mut self, buffer: &gst::BufferRef) {
        let Ok(Some(batch)) = Batch::from_buffer(buffer) else {
            return;
        };
        let locked = batch.lock();
        for frame in locked.frames() {
            if !frame.infer_done() {
                continue; // it would have no boxes
            }
            for known in &mut self.known {
                known.unseen += 1;
                known.rect.left += known.speed.0;
                known.rect.top += known.speed.1;
            }
            for object in frame.objects() {
                let rect = object.rect();
                let best = self
                    .known
                    .iter_mut()
                    .filter(|known| known.unseen > 0)
                    .map(|known| (overlap(&known.rect, &rect), known))
                    .max_by(|a, b| a.0.total_cmp(&b.0))
                    .filter(|(overlap, _)| *overlap >= LEAST);
                let id = match best {
                    Some((_, known)) => {
                        let moved = (rect.left - known.rect.left, rect.top - known.rect.top);
                        known.speed.0 += 0.3 * moved.0;
                        known.speed.1 += 0.3 * moved.1;
                        known.rect = rect;
                        known.unseen = 0;
                        known.id
                    }
                    None => {
                        self.last += 1;
                        self.known.push(Known {
                            id: self.last,
                            rect,
                            speed: (0.0, 0.0),
                            unseen: 0,
                        });
                        self.last
                    }
                };
                locked.set_track(&object, id, 1.0);
            }
            self.known.retain(|known| known.unseen <= PATIENCE);
        }
    }
}

/// Intersection over union.
fn overlap(a: &Rect, b: &Rect) -> f32 {
    let width = (a.left + a.width).min(b.left + b.width) - a.left.max(b.left);
    let height = (a.top + a.height).min(b.top + b.height) - a.top.max(b.top);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let both = width * height;
    both / (a.width * a.height + b.width * b.height - both)
}
