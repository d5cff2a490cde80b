//! Iteration over the library's lists.

use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::ptr::NonNull;

use glib::ffi::GList;

/// Makes a view of a list element.
pub trait FromElement: Copy {
    /// The C struct that list nodes point at.
    type Raw;

    /// Wraps one element.
    ///
    /// # Safety
    /// `raw` must point at a live element of this kind for the lifetime of the view.
    unsafe fn from_element(raw: NonNull<Self::Raw>) -> Self;
}

/// Iterates over a `GList` of metadata in list order; nodes without data are skipped.
///
/// The library prepends objects, displays, classifiers, labels and user metas of frames and
/// objects, so these come newest first; frames come in the order of the batch.
#[derive(Clone, Debug)]
pub struct ListIter<'a, T> {
    node: *const GList,
    marker: PhantomData<(&'a GList, T)>,
}

impl<T> ListIter<'_, T> {
    /// Starts at `node`, which may be NULL.
    ///
    /// # Safety
    /// The list and what it holds (elements of `T`'s kind) must stay alive for the iterator's
    /// lifetime, and its nodes must not be freed meanwhile.
    pub(crate) unsafe fn new(node: *const GList) -> Self {
        Self {
            node,
            marker: PhantomData,
        }
    }
}

impl<T: FromElement> Iterator for ListIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        while !self.node.is_null() {
            // SAFETY: a node of a live list (see `new`).
            let (data, next) = unsafe { ((*self.node).data, (*self.node).next) };
            self.node = next;
            if let Some(raw) = NonNull::new(data.cast()) {
                // SAFETY: the list holds elements of this kind (see `new`).
                return Some(unsafe { T::from_element(raw) });
            }
        }
        None
    }
}

impl<T: FromElement> FusedIterator for ListIter<'_, T> {}
