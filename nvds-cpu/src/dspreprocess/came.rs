//! Sources that `src-ids` names and of which no frame comes: regions that nobody prepares.

use std::collections::BTreeSet;

use super::config::GroupConfig;

/// Batches after which sources that did not come are named.
const PATIENCE: u32 = 100;

/// Whose frames have come, from start to stop.
#[derive(Debug, Default)]
pub(super) struct Came {
    batches: u32,
    sources: BTreeSet<i32>,
    told: bool,
}

impl Came {
    /// Notes a batch with frames of these sources.
    pub(super) fn note(&mut self, sources: impl IntoIterator<Item = i32>) {
        if !self.told {
            self.batches = self.batches.saturating_add(1);
            self.sources.extend(sources);
        }
    }

    /// What to warn of, once: after many batches, or at the end of a stream of fewer.
    pub(super) fn warning<'g>(
        &mut self,
        groups: impl Iterator<Item = &'g GroupConfig>,
        end: bool,
    ) -> Option<String> {
        if self.told || self.batches == 0 || (self.batches < PATIENCE && !end) {
            return None;
        }
        self.told = true;
        let missing: Vec<_> = groups.filter_map(|group| self.missing(group)).collect();
        (!missing.is_empty()).then(|| {
            format!(
                "no frame came of {}: src-ids count the mux's pads sink_N; those of the frames are {}",
                missing.join(", "),
                list(self.sources.iter())
            )
        })
    }

    /// Sources of a group that did not come; one for all sources has none.
    fn missing(&self, group: &GroupConfig) -> Option<String> {
        if group.src_ids.first() == Some(&-1) {
            return None;
        }
        let away = group.src_ids.iter();
        let away: Vec<_> = away.filter(|id| !self.sources.contains(id)).collect();
        (!away.is_empty()).then(|| format!("source {} of [{}]", list(away.into_iter()), group.name))
    }
}

fn list<'a>(ids: impl Iterator<Item = &'a i32>) -> String {
    ids.map(i32::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dspreprocess::config::group;

    #[test]
    fn sources_that_do_not_come_are_named_once() {
        let groups = [
            group("group-0", &[0, 1, 7], &[]),
            group("group-1", &[-1], &[]),
            group("group-2", &[2], &[]),
        ];
        let mut came = Came::default();
        assert_eq!(
            came.warning(groups.iter(), true),
            None,
            "nothing came at all"
        );
        for _ in 0..PATIENCE - 1 {
            came.note([0, 1]);
            assert_eq!(came.warning(groups.iter(), false), None);
        }
        came.note([1, 0]);
        let told = came.warning(groups.iter(), false).unwrap();
        assert!(
            told.starts_with("no frame came of source 7 of [group-0], source 2 of [group-2]: "),
            "{told}"
        );
        assert!(told.ends_with("those of the frames are 0, 1"), "{told}");
        assert_eq!(came.warning(groups.iter(), true), None);
        let mut all = Came::default();
        all.note([0, 1, 2, 7]);
        assert_eq!(all.warning(groups.iter(), true), None);
    }
}
