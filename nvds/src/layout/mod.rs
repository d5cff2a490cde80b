//! Where DeepStream's structs have what moved between releases.
//!
//! Sizes and offsets of all that is not at one place in DeepStream 6.0 to 9.1 are here and nowhere
//! else; `c`'s types, which are those of 9.1, serve for everything that stayed. The classes of
//! releases are told apart by the sizes of the pools' elements ([`pools`]); what a class does not
//! tell is in [`crate::release`].
//!
//! Numbers: measured from the headers of each release, kept in `nvds-sys/tests/data/releases`, with
//! which a test compares every row. How a release is added: `docs/compatibility.md`.

pub(crate) mod pools;

#[cfg(test)]
pub(crate) mod block;
#[cfg(test)]
mod python_tests;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod walk_tests;

use nvds_sys as c;

use crate::release::Version;

/// One entry of [`Layout`]: what it is called, which struct it is of, and which field, `None` for the
/// struct's size.
#[cfg(any(test, feature = "raw"))]
pub type Fact = (&'static str, &'static str, Option<&'static str>);

macro_rules! layout {
    ($($(#[$doc:meta])* $name:ident: $raw:ident $(. $field:ident)?,)*) => {
        /// Sizes and offsets in bytes of one class of releases.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Layout {
            /// Name of the class.
            pub name: &'static str,
            /// First release of the class.
            pub first: Version,
            /// Last release of the class.
            pub last: Version,
            $($(#[$doc])* pub $name: usize,)*
        }

        impl Layout {
            /// The entries that the macro below names, of the releases that `c`'s types are of.
            const fn of_bindings(name: &'static str, first: Version, last: Version) -> Self {
                Self { name, first, last, $($name: layout!(@place $raw $(. $field)?),)* }
            }

            /// What each number is of.
            #[cfg(any(test, feature = "raw"))]
            pub const FACTS: &'static [Fact] =
                &[$((stringify!($name), stringify!($raw), layout!(@name $($field)?)),)*];

            /// The numbers, in the order of [`Self::FACTS`].
            #[cfg(any(test, feature = "raw"))]
            pub fn numbers(&self) -> Vec<usize> {
                vec![$(self.$name,)*]
            }

            /// The numbers for writing, in the order of [`Self::FACTS`].
            #[cfg(test)]
            fn numbers_mut(&mut self) -> Vec<&mut usize> {
                vec![$(&mut self.$name,)*]
            }
        }
    };
    (@place $raw:ident) => { size_of::<c::$raw>() };
    (@place $raw:ident . $field:ident) => { std::mem::offset_of!(c::$raw, $field) };
    (@name) => { None };
    (@name $field:ident) => { Some(stringify!($field)) };
}

layout! {
    /// Size of a frame meta.
    frame: NvDsFrameMeta,
    /// Its last field.
    frame_reserved: NvDsFrameMeta.reserved,
    /// Size of an object meta.
    object: NvDsObjectMeta,
    /// Size of a box, within an object meta and in the array of a display meta.
    rect: NvOSD_RectParams,
    /// Mask of an object.
    object_mask: NvDsObjectMeta.mask_params,
    /// Text of an object.
    object_text: NvDsObjectMeta.text_params,
    /// Label of an object.
    object_label: NvDsObjectMeta.obj_label,
    /// List of an object's classifiers.
    object_classifiers: NvDsObjectMeta.classifier_meta_list,
    /// List of an object's user metas.
    object_users: NvDsObjectMeta.obj_user_meta_list,
    /// What users may keep in an object.
    object_misc: NvDsObjectMeta.misc_obj_info,
    /// Its last field.
    object_reserved: NvDsObjectMeta.reserved,
    /// Size of a display meta.
    display: NvDsDisplayMeta,
    /// Texts of a display meta.
    display_texts: NvDsDisplayMeta.text_params,
    /// Lines of a display meta.
    display_lines: NvDsDisplayMeta.line_params,
    /// Arrows of a display meta.
    display_arrows: NvDsDisplayMeta.arrow_params,
    /// Circles of a display meta.
    display_circles: NvDsDisplayMeta.circle_params,
    /// Size of a classifier meta.
    classifier: NvDsClassifierMeta,
    /// Size of a label info.
    label_info: NvDsLabelInfo,
    /// Size of a user meta.
    user: NvDsUserMeta,
    /// Size of a batched surface, which is that of a buffer's memory.
    surface: NvBufSurface,
    /// Size of the description of one surface in a batched surface's list.
    surface_params: NvBufSurfaceParams,
    /// Further description of a surface; reserved in DeepStream 6.0.
    surface_more: NvBufSurfaceParams.paramex,
}

/// DeepStream 9.0 and 9.1, whose structs `c` has.
pub static C: Layout = Layout::of_bindings("C", Version::new(9, 0), Version::new(9, 1));

/// DeepStream 8.0: boxes are not turned.
pub static B: Layout = Layout {
    name: "B",
    first: Version::new(8, 0),
    last: Version::new(8, 0),
    frame: 232,
    frame_reserved: 200,
    object: 544,
    rect: 104,
    object_mask: 208,
    object_text: 232,
    object_label: 336,
    object_classifiers: 464,
    object_users: 472,
    object_misc: 480,
    object_reserved: 512,
    display: 6912,
    display_texts: 1728,
    display_lines: 3392,
    display_arrows: 4288,
    display_circles: 5312,
    classifier: 64,
    label_info: 200,
    user: 48,
    surface: 72,
    surface_params: 416,
    surface_more: 368,
};

/// DeepStream 6.0 to 7.1: frames know no sensors, and surfaces are shorter.
pub static A: Layout = Layout {
    name: "A",
    first: Version::new(6, 0),
    last: Version::new(7, 1),
    frame: 200,
    frame_reserved: 168,
    surface: 64,
    surface_params: 384,
    surface_more: 352,
    ..B
};

/// All classes, newest first.
pub static ALL: [&Layout; 3] = [&C, &B, &A];

impl Layout {
    /// Sizes of the elements in the pools of a batch meta, in the order of [`pools::NAMES`].
    pub const fn elements(&self) -> [usize; pools::COUNT] {
        [
            self.frame,
            self.object,
            self.display,
            self.classifier,
            self.label_info,
            self.user,
        ]
    }

    /// Whether boxes have their rotation.
    #[inline]
    pub const fn turns_boxes(&self) -> bool {
        self.rect >= size_of::<c::NvOSD_RectParams>()
    }

    /// The class that a release is of.
    pub fn of(version: Version) -> Option<&'static Self> {
        ALL.into_iter()
            .find(|layout| (layout.first..=layout.last).contains(&version) && version.is_known())
    }

    /// The class whose batched surfaces have this size. Those with the same size have the same
    /// description of a surface, too.
    pub fn of_surface(size: usize) -> Option<&'static Self> {
        ALL.into_iter().find(|layout| layout.surface == size)
    }

    /// Reads a box: of a release whose boxes are shorter than `c`'s, what is missing is zero.
    ///
    /// # Safety
    /// `place` must be where a box of this layout is.
    pub(crate) unsafe fn read_rect(
        &self,
        place: *const c::NvOSD_RectParams,
    ) -> c::NvOSD_RectParams {
        // SAFETY: as the caller vouches; numbers only, of which all zeros are valid.
        unsafe { read_part(place, self.rect) }
    }

    /// Writes as much of a box as this layout has.
    ///
    /// # Safety
    /// As [`Self::read_rect`], and the batch is locked.
    pub(crate) unsafe fn write_rect(
        &self,
        place: *mut c::NvOSD_RectParams,
        rect: c::NvOSD_RectParams,
    ) {
        // SAFETY: as the caller vouches.
        unsafe { write_part(place, self.rect, rect) };
    }
}

/// Reads the first `size` bytes of a C struct; what is missing is zero.
///
/// # Safety
/// There must be `size` readable bytes, and a `T` may consist of zeros.
#[inline]
pub(crate) unsafe fn read_part<T: Copy>(from: *const T, size: usize) -> T {
    if size >= size_of::<T>() {
        // SAFETY: as the caller vouches.
        return unsafe { from.read_unaligned() };
    }
    let mut value = std::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: as the caller vouches; no more is written than there is room for.
    unsafe {
        let to = value.as_mut_ptr().cast::<u8>();
        to.copy_from_nonoverlapping(from.cast(), size);
        value.assume_init()
    }
}

/// Writes the first `size` bytes of a C struct.
///
/// # Safety
/// There must be `size` writable bytes.
#[inline]
pub(crate) unsafe fn write_part<T: Copy>(to: *mut T, size: usize, value: T) {
    // SAFETY: as the caller vouches; no more is read than there is.
    unsafe {
        if size >= size_of::<T>() {
            // A count that the compiler knows is no call of memcpy.
            to.write_unaligned(value);
        } else {
            let from = (&raw const value).cast::<u8>();
            to.cast::<u8>().copy_from_nonoverlapping(from, size);
        }
    }
}
