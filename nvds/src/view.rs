//! What the views have in common.

use std::ptr::NonNull;

use nvds_sys as c;

use crate::error::Error;
use crate::layout::Layout;
use crate::library::library;
use crate::release::Release;

/// Whose a view is: the batch that stays locked while the view lives, and the library that made it.
#[derive(Clone, Copy)]
pub struct Owner {
    pub(crate) batch: NonNull<c::NvDsBatchMeta>,
    pub(crate) api: &'static c::Api,
    /// Where its structs have what, and what they have.
    pub(crate) release: &'static Release,
}

impl Owner {
    /// The owner of a batch that was made by the loaded library.
    pub(crate) fn new(batch: NonNull<c::NvDsBatchMeta>) -> Result<Self, Error> {
        let library = library()?;
        Ok(Self {
            batch,
            api: library.api(),
            release: library.release(),
        })
    }

    pub(crate) fn layout(&self) -> &'static Layout {
        self.release.layout
    }
}

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "batch {:p}", self.batch)
    }
}

/// Declares the view of one kind of element. Two views are equal when they show the same element.
macro_rules! view {
    ($(#[$doc:meta])* $name:ident of $raw:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<'a> {
            raw: std::ptr::NonNull<nvds_sys::$raw>,
            owner: &'a crate::view::Owner,
        }

        impl<'a> crate::list::FromElement<'a> for $name<'a> {
            type Raw = nvds_sys::$raw;

            unsafe fn from_element(
                raw: std::ptr::NonNull<nvds_sys::$raw>,
                owner: &'a crate::view::Owner,
            ) -> Self {
                Self { raw, owner }
            }
        }

        impl crate::view::View for $name<'_> {
            fn owner(&self) -> &crate::view::Owner {
                self.owner
            }

            fn base(&self) -> *const nvds_sys::NvDsBaseMeta {
                self.raw.as_ptr().cast_const().cast()
            }
        }

        impl PartialEq for $name<'_> {
            fn eq(&self, other: &Self) -> bool {
                self.raw == other.raw
            }
        }

        impl Eq for $name<'_> {}

        impl std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{} {:p} of {:?}", stringify!($name), self.raw, self.owner)
            }
        }

        #[cfg(feature = "raw")]
        impl $name<'_> {
            /// The C struct, for code that goes beyond these views: only what has the same place in
            /// all releases may be used by its type, and no reference may be formed. The rest is where
            /// [`crate::layout::Layout`] says.
            pub fn as_ptr(&self) -> *mut nvds_sys::$raw {
                self.raw.as_ptr()
            }
        }
    };
}
pub(crate) use view;

/// Declares plain getters: name, field and what it is.
macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $field:ident -> $type:ty;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(&self) -> $type {
                // SAFETY: a view is made of a live element only, whose batch is locked.
                unsafe { (*self.raw.as_ptr()).$field }
            }
        )*
    };
}
pub(crate) use getters;

/// A view whose element starts with a base meta.
pub(crate) trait View {
    fn owner(&self) -> &Owner;
    fn base(&self) -> *const c::NvDsBaseMeta;

    /// Makes sure that an element which a batch lists came from the batch's pool: what is attached
    /// to one of another pool would go with that.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`], which other code in the pipeline brought about.
    #[inline]
    fn check_owned(&self) -> Result<(), Error> {
        // SAFETY: views point at live elements of a locked batch, which start with their base meta.
        let (batch, kind) = unsafe { ((*self.base()).batch_meta, (*self.base()).meta_type) };
        if batch == self.owner().batch.as_ptr() {
            Ok(())
        } else {
            Err(Error::ForeignMeta(kind))
        }
    }
}
