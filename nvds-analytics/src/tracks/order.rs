//! The order of a source's tracks, from the one seen last to the one unseen for longest.

use super::{NONE, Run, Source, Tracks};

impl Tracks {
    /// What the present source's tracks did later than its clock now says was now: they would hold up those behind them in
    /// [`Self::expire`].
    pub(super) fn set_back(&mut self, time: u64) {
        let newest = |source: &Source| source.newest;
        let mut at = self.sources.get(self.current).map_or(NONE, newest);
        while let Some(slot) = self.slots.get_mut(at as usize)
            && slot.seen > time
        {
            slot.seen = time;
            at = slot.older;
        }
    }

    /// Forgets the present source's tracks that were unseen for too long.
    pub(super) fn expire(&mut self, timeout: u64) {
        while let Some(source) = self.sources.get(self.current)
            && let Some(slot) = self.slots.get(source.oldest as usize)
            && source.time.saturating_sub(slot.seen) > timeout
        {
            self.forget(self.current, source.oldest);
        }
    }

    /// Moves the run to the head of the present source's list.
    pub(super) fn end_run(&mut self) {
        let Run {
            oldest,
            newest,
            next,
        } = std::mem::take(&mut self.run);
        if next == NONE {
            return; // there is none, or it is at the head
        }
        let source = &mut self.sources[self.current];
        let head = std::mem::replace(&mut source.newest, newest);
        let older = self.slots[oldest as usize].older;
        match self.slots.get_mut(older as usize) {
            Some(older) => older.newer = next,
            None => source.oldest = next,
        }
        self.slots[next as usize].older = older;
        self.slots[head as usize].newer = oldest;
        self.slots[oldest as usize].older = head;
        self.slots[newest as usize].newer = NONE;
    }

    /// Puts a slot at the head of the present source's list.
    pub(super) fn link(&mut self, index: u32) {
        let source = &mut self.sources[self.current];
        let head = source.newest;
        source.newest = index;
        source.tracks += 1;
        if source.oldest == NONE {
            source.oldest = index;
        }
        self.slots[index as usize].newer = NONE;
        self.slots[index as usize].older = head;
        if let Some(head) = self.slots.get_mut(head as usize) {
            head.newer = index;
        }
    }

    /// Takes a slot out of a source's list.
    pub(super) fn unlink(&mut self, source: usize, index: u32) {
        let (newer, older) = {
            let slot = &self.slots[index as usize];
            (slot.newer, slot.older)
        };
        let source = &mut self.sources[source];
        source.tracks -= 1;
        match self.slots.get_mut(newer as usize) {
            Some(newer) => newer.older = older,
            None => source.newest = older,
        }
        match self.slots.get_mut(older as usize) {
            Some(older) => older.newer = newer,
            None => source.oldest = newer,
        }
    }

    /// Forgets one track of a source.
    pub(super) fn forget(&mut self, source: usize, index: u32) {
        self.unlink(source, index);
        let slot = &self.slots[index as usize];
        self.index.remove(&(slot.source, slot.id));
        self.free.push(index);
        if self.is_watched {
            self.forgotten.push(index);
        }
    }

    pub(super) fn forget_tracks(&mut self, source: usize) {
        while let Some(index) = self.sources.get(source).map(|s| s.oldest)
            && index != NONE
        {
            self.forget(source, index);
        }
    }
}
