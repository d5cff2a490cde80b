//! Which regions a frame has, and which of its objects are prepared.

use std::collections::BTreeMap;

use nvds::Rect;

use super::config::{GroupConfig, Region};

/// What is prepared of a frame.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Regions {
    /// All of it: the whole frame, or objects wherever they are.
    Whole,
    /// These parts, or objects in them.
    Parts(Vec<Region>),
}

/// A group with what has become of its regions.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) config: GroupConfig,
    /// By source; -1 for all of a group without regions.
    regions: BTreeMap<i32, Regions>,
    /// The source whose regions all others have.
    replicated: i32,
    /// Number of buffers so far, for `interval`.
    count: u64,
}

/// The groups, from start to stop.
#[derive(Debug)]
pub(super) struct Groups {
    pub(super) groups: Vec<Group>,
    /// The group that each source is of, by its place.
    owner: BTreeMap<i32, usize>,
}

impl Groups {
    /// As the stock element reads them, where the first word on a source counts.
    pub(super) fn new(configs: &[GroupConfig], on_frames: bool) -> Self {
        let mut owner = BTreeMap::new();
        let groups = configs.iter().enumerate().map(|(place, config)| {
            let parts = if on_frames {
                config.on_roi
            } else {
                !config.on_all_objects
            };
            let for_all = config.src_ids.first() == Some(&-1);
            let mut group = Group {
                config: config.clone(),
                regions: BTreeMap::new(),
                replicated: 0,
                count: 0,
            };
            let given: Vec<_> = match parts {
                true => config
                    .regions
                    .iter()
                    .map(|(source, regions)| (*source, Regions::Parts(regions.clone())))
                    .collect(),
                false => config
                    .src_ids
                    .iter()
                    .map(|source| (*source, Regions::Whole))
                    .collect(),
            };
            let first = given.first().cloned();
            for (source, mut regions) in given {
                // All sources have the regions of the one that is named first.
                if let Some((_, first)) = first.as_ref().filter(|_| for_all) {
                    regions = first.clone();
                    group.replicated = source;
                }
                group.regions.entry(source).or_insert(regions);
                owner.entry(source).or_insert(place);
            }
            group
        });
        Self {
            groups: groups.collect(),
            owner,
        }
    }

    /// The regions that a group has for a source: `None` where the source is not the group's. The error is about one for
    /// which nothing is configured.
    pub(super) fn regions(&self, place: usize, source: i32) -> Result<Option<&Regions>, String> {
        let group = &self.groups[place];
        let ids = &group.config.src_ids;
        let for_all = ids.first() == Some(&-1);
        if !for_all && !ids.contains(&source) {
            return Ok(None);
        }
        let key = match self.owner.get(&source) {
            Some(owner) if *owner != place => return Ok(None),
            Some(_) => source,
            None if for_all => group.replicated,
            // What the stock element comes to for a source without regions of its own.
            None => 0,
        };
        match group.regions.get(&key) {
            Some(regions) => Ok(Some(regions)),
            None => Err(format!(
                "[{}] has no regions for source {source}: add {}{source}=left;top;width;height",
                group.config.name,
                super::keys::REGIONS
            )),
        }
    }

    /// Replaces the regions of a source. Returns whether it belongs to any group.
    pub(super) fn update(&mut self, source: i32, regions: Vec<Region>) -> bool {
        let Some(place) = self.owner.get(&source) else {
            return false;
        };
        let regions = Regions::Parts(regions);
        self.groups[*place].regions.insert(source, regions);
        true
    }
}

impl Group {
    /// Whether this buffer is processed: one out of `interval` + 1.
    pub(super) fn is_due(&mut self) -> bool {
        let due = self
            .count
            .is_multiple_of(u64::from(self.config.interval) + 1);
        self.count += 1;
        due
    }

    /// Whether an object's class and size are within the group's limits.
    pub(super) fn passes(&self, class: i32, rect: &Rect) -> bool {
        let config = &self.config;
        let side = |side: f32, least: u32, most: u32| {
            (least == 0 || side >= least as f32) && (most == 0 || side <= most as f32)
        };
        (config.class_ids.is_empty() || config.class_ids.contains(&class))
            && side(rect.width, config.min.0, config.max.0)
            && side(rect.height, config.min.1, config.max.1)
    }
}

/// Whether two boxes have more in common than an edge.
pub(super) fn overlap(one: &Rect, other: &Rect) -> bool {
    !(one.left + one.width <= other.left
        || one.top + one.height <= other.top
        || other.left + other.width <= one.left
        || other.top + other.height <= one.top)
}

/// A region in a frame of `size` pixels: right and bottom are cut.
pub(super) fn cut(region: &Region, size: (u32, u32)) -> Result<Rect, String> {
    let [left, top, width, height] = region.map(|side| side as f32);
    let (most_width, most_height) = (size.0 as f32, size.1 as f32);
    let rect = Rect {
        left,
        top,
        width: width.min(most_width - left),
        height: height.min(most_height - top),
    };
    if rect.width < 2.0 || rect.height < 2.0 {
        return Err(format!(
            "the region {region:?} is outside of the frame of {}x{} pixels: it is in pixels of the mux's output",
            size.0, size.1
        ));
    }
    Ok(rect)
}

#[cfg(test)]
mod tests;
