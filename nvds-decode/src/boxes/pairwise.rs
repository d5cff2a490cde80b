//! Suppression that compares boxes pair by pair: of turned boxes, and in the manner of their trainers.

use crate::boxes::candidates::Candidates;
use crate::boxes::policy::NmsMode;
use crate::boxes::turned::farthest;

/// Suppresses boxes. `order` has the candidates, best first, as the lower halves of its keys; `kept` gets
/// those that survive, in that order.
///
/// An overlap that is equal to the threshold suppresses, as the trainers of turned boxes have it.
pub fn run(
    candidates: &Candidates,
    order: &[u64],
    mode: NmsMode,
    threshold: f32,
    kept: &mut Vec<u32>,
) {
    kept.clear();
    let list = candidates.as_slice();
    let limit = farthest(threshold);
    let class = |index: u32| list.get(index as usize).map(|candidate| candidate.class_id);
    for (rank, &key) in order.iter().enumerate() {
        let index = key as u32;
        let own = class(index);
        let suppresses = |other: u32, agnostic: bool| {
            (agnostic || class(other) == own) && candidates.overlaps(other, index, threshold, limit)
        };
        let suppressed = match mode {
            NmsMode::None => false,
            NmsMode::Agnostic => kept.iter().any(|&other| suppresses(other, true)),
            NmsMode::PerClass | NmsMode::Weighted => {
                kept.iter().any(|&other| suppresses(other, false))
            }
            NmsMode::Usual | NmsMode::Fast => {
                let better = order.iter().take(rank);
                better.into_iter().any(|&key| suppresses(key as u32, false))
            }
        };
        if !suppressed {
            kept.push(index);
        }
    }
}
