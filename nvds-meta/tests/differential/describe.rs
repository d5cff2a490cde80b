//! All that can be seen of a library's batches.

use glib_sys::{GList, g_free, g_list_free};
use nvds_sys::NvDsBatchMeta;

use crate::buffers;
use crate::callbacks::notes;
use crate::driver::{Driver, REGION_LISTS, batch_of};
use crate::elements::{at, data, describe, ids, pools};
use crate::library::P;

impl Driver {
    /// The name of an element: a number that it has since it was first seen.
    pub fn id(&mut self, element: P) -> String {
        if element.is_null() {
            return String::from("none");
        }
        let known = self.seen.get(&(element as usize));
        known.map_or(String::from("unknown"), |(id, _)| format!("e{id}"))
    }

    /// Forgets what is gone, and numbers what is new.
    pub fn look(&mut self) {
        let all = self.all();
        let alive: Vec<usize> = all.iter().map(|batch| *batch as usize).collect();
        self.seen.retain(|_, (_, batch)| alive.contains(batch));
        self.regions.retain(|batch, region| {
            let keep = alive.contains(batch);
            if !keep {
                // SAFETY: the driver's own, as the lists are; their elements are gone with the batch.
                unsafe {
                    for place in REGION_LISTS {
                        g_list_free(*at(*region, place));
                    }
                    g_free(*region);
                }
            }
            keep
        });
        for batch in all {
            // SAFETY: a live batch.
            for (pool, _) in unsafe { pools(batch) } {
                // SAFETY: its pool.
                for element in unsafe { data((*pool).full_list) } {
                    let count = &mut self.count;
                    self.seen.entry(element as usize).or_insert_with(|| {
                        *count += 1;
                        (*count, batch as usize)
                    });
                }
            }
        }
    }

    /// All that can be seen, by lines.
    pub fn describe(&mut self) -> Vec<String> {
        let mut lines = notes();
        self.look();
        for (number, batch) in self.all().into_iter().enumerate() {
            // SAFETY: a live batch.
            unsafe { self.describe_batch(number, batch, &mut lines) };
        }
        buffers::describe(self, &mut lines);
        lines
    }

    /// # Safety
    /// The batch must be alive.
    unsafe fn describe_batch(
        &mut self,
        number: usize,
        batch: *mut NvDsBatchMeta,
        lines: &mut Vec<String>,
    ) {
        // SAFETY: as the caller vouches.
        unsafe {
            let b = &*batch;
            lines.push(format!(
                "batch {number}: type {} own {} copy {} release {} max {} frames {} {} users {} misc {:?} {:?}",
                b.base_meta.meta_type,
                b.base_meta.batch_meta == batch,
                b.base_meta.copy_func.is_some(),
                b.base_meta.release_func.is_some(),
                b.max_frames_in_batch,
                b.num_frames_in_batch,
                ids(b.frame_meta_list, &mut |element| self.id(element)),
                ids(b.batch_user_meta_list, &mut |element| self.id(element)),
                b.misc_batch_info,
                b.reserved,
            ));
            for (pool, shape) in pools(batch) {
                let p = &*pool;
                assert_eq!(p.element_size as usize, shape.size, "{}", shape.name);
                let (full, empty) = (data(p.full_list), data(p.empty_list));
                let known: Vec<P> = empty
                    .iter()
                    .copied()
                    .filter(|element| self.seen.contains_key(&(*element as usize)))
                    .collect();
                lines.push(format!(
                    " pool of {}: type {} max {} empty {} full {} lists {} {} functions {} {} known {}",
                    shape.name,
                    p.meta_type,
                    p.max_elements_in_pool,
                    p.num_empty_elements,
                    p.num_full_elements,
                    empty.len(),
                    full.len(),
                    p.copy_func.is_some(),
                    p.release_func.is_some(),
                    known.iter().map(|e| self.id(*e)).collect::<Vec<_>>().join(" "),
                ));
                let states = full
                    .iter()
                    .map(|e| (*e, true))
                    .chain(known.iter().map(|e| (*e, false)));
                for (element, in_use) in states {
                    let name = self.id(element);
                    let verbose = self.verbose;
                    let text = describe(&shape, element, in_use, verbose, &mut |element| {
                        self.id(element)
                    });
                    let own = batch_of(element) == batch;
                    let more = if shape.name == "user" && in_use {
                        buffers::describe_user(self, element)
                    } else {
                        String::new()
                    };
                    lines.push(format!("  {name} in use {in_use} own {own} {text}{more}"));
                }
            }
            if let Some(region) = self.regions.get(&(batch as usize)).copied() {
                for place in REGION_LISTS {
                    let list = *at::<*mut GList>(region, place);
                    lines.push(format!(
                        " region {}",
                        ids(list, &mut |element| self.id(element))
                    ));
                }
            }
        }
    }
}
