//! Iteration over the library's lists.

use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::ptr::NonNull;

use glib::ffi::GList;

use crate::view::Owner;

/// Makes a view of a list element.
pub trait FromElement<'a>: Copy {
    /// The C struct that list nodes point at.
    type Raw;

    /// Wraps one element.
    ///
    /// # Safety
    /// `raw` must point at a live element of this kind, of a batch that nobody else can get at, for
    /// the lifetime of the view.
    unsafe fn from_element(raw: NonNull<Self::Raw>, owner: &'a Owner) -> Self;
}

/// Iterates over a `GList` of metadata in list order; nodes without data are skipped.
///
/// The library prepends objects, displays, classifiers, labels and user metas of frames and
/// objects, so these come newest first; frames come in the order of the batch. `rev()` gives the
/// order of attachment.
#[derive(Clone, Debug)]
pub struct ListIter<'a, T> {
    /// First node that was not handed out, NULL at the end.
    node: *const GList,
    /// Last node that was not handed out, NULL until somebody asks for it: finding it walks the list.
    last: *const GList,
    owner: &'a Owner,
    marker: PhantomData<T>,
}

impl<'a, T> ListIter<'a, T> {
    /// Starts at `node`, which may be NULL.
    ///
    /// # Safety
    /// The list and what it holds (elements of `T`'s kind) must stay alive for the iterator's
    /// lifetime, and its nodes must not be freed meanwhile.
    pub(crate) unsafe fn new(node: *const GList, owner: &'a Owner) -> Self {
        Self {
            node,
            last: std::ptr::null(),
            owner,
            marker: PhantomData,
        }
    }

    fn end(&mut self) {
        self.node = std::ptr::null();
        self.last = std::ptr::null();
    }
}

impl<'a, T: FromElement<'a>> Iterator for ListIter<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        while !self.node.is_null() {
            // SAFETY: a node of a live list (see `new`).
            let (data, next) = unsafe { ((*self.node).data, (*self.node).next) };
            if self.node == self.last {
                self.end();
            } else {
                self.node = next;
            }
            if let Some(raw) = NonNull::new(data.cast()) {
                // SAFETY: the list holds elements of this kind (see `new`).
                return Some(unsafe { T::from_element(raw, self.owner) });
            }
        }
        None
    }
}

impl<'a, T: FromElement<'a>> DoubleEndedIterator for ListIter<'a, T> {
    fn next_back(&mut self) -> Option<T> {
        while !self.node.is_null() {
            if self.last.is_null() {
                // SAFETY: a node of a live list (see `new`).
                self.last = unsafe { glib::ffi::g_list_last(self.node.cast_mut()) };
            }
            // SAFETY: a node of a live list (see `new`).
            let (data, previous) = unsafe { ((*self.last).data, (*self.last).prev) };
            if self.last == self.node || previous.is_null() {
                self.end();
            } else {
                self.last = previous;
            }
            if let Some(raw) = NonNull::new(data.cast()) {
                // SAFETY: the list holds elements of this kind (see `new`).
                return Some(unsafe { T::from_element(raw, self.owner) });
            }
        }
        None
    }
}

impl<'a, T: FromElement<'a>> FusedIterator for ListIter<'a, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    struct Element(NonNull<u8>);

    impl FromElement<'_> for Element {
        type Raw = u8;

        unsafe fn from_element(raw: NonNull<u8>, _owner: &Owner) -> Self {
            Self(raw)
        }
    }

    /// What `walk` makes of a list of these numbers, 0 being a node without data.
    fn with_list<R>(numbers: &[usize], walk: impl FnOnce(ListIter<'_, Element>) -> R) -> R {
        let mut list = std::ptr::null_mut();
        for number in numbers.iter().rev() {
            // SAFETY: a list of this function's own; the data is never followed.
            list = unsafe { glib::ffi::g_list_prepend(list, *number as *mut _) };
        }
        let owner = Owner::new(NonNull::dangling()).unwrap();
        // SAFETY: the list lives until the walk is over.
        let result = walk(unsafe { ListIter::new(list, &owner) });
        // SAFETY: made above, and freed once.
        unsafe { glib::ffi::g_list_free(list) };
        result
    }

    fn number(element: Element) -> usize {
        element.0.as_ptr() as usize
    }

    #[test]
    fn both_directions_skip_nodes_without_data() {
        for numbers in [&[][..], &[0], &[7], &[0, 1, 0, 2, 3, 0], &[1, 2], &[0, 0]] {
            let expected: Vec<_> = numbers.iter().copied().filter(|n| *n != 0).collect();
            let forward: Vec<_> = with_list(numbers, |list| list.map(number).collect());
            assert_eq!(forward, expected);
            let mut backward: Vec<_> = with_list(numbers, |list| list.rev().map(number).collect());
            backward.reverse();
            assert_eq!(backward, expected);
        }
    }

    #[test]
    fn the_two_ends_meet() {
        with_list(&[1, 2, 3, 4, 5], |list| {
            let mut list = list.map(number);
            assert_eq!((list.next_back(), list.next()), (Some(5), Some(1)));
            assert_eq!((list.next(), list.next_back()), (Some(2), Some(4)));
            assert_eq!(list.clone().next_back(), Some(3));
            assert_eq!((list.next(), list.next()), (Some(3), None));
            assert_eq!(list.next_back(), None);
        });
    }
}
