//! Embeddings of objects and frames: a user meta whose data other programs read as a C struct.
//!
//! `include/rsnvds.h` declares it for C. The data is one block of GLib's heap: how many numbers there are, whose they
//! are, their length, then the numbers.

use std::panic::catch_unwind;
use std::ptr::NonNull;

use glib::ffi::gpointer;
use nvds_sys as c;
use once_cell::sync::OnceCell;

use crate::batch::Locked;
use crate::error::Error;
use crate::frame::Frame;
use crate::key_points::release;
use crate::object::Object;
use crate::user::{Parts, UserMeta, UserMetaType};

/// Name of the meta type, as the library's `nvds_get_user_meta_type` takes it.
pub const EMBEDDING_TYPE: &std::ffi::CStr = c"rsnvds.embedding";

/// More numbers than any network gives. A count above it is taken for garbage.
pub const MOST_NUMBERS: usize = 1 << 16;

/// An embedding to be attached.
#[derive(Clone, Copy, Debug)]
pub struct NewEmbedding<'s> {
    /// unique-id of the inference element.
    pub unique_component_id: i32,
    /// Length of the numbers as the network gave them.
    pub norm: f32,
    /// The numbers; at most [`MOST_NUMBERS`], further ones are left out.
    pub values: &'s [f32],
}

/// An embedding that is attached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Embedding<'a> {
    /// unique-id of the inference element.
    pub unique_component_id: i32,
    /// Length of the numbers as the network gave them.
    pub norm: f32,
    /// The numbers.
    pub values: &'a [f32],
}

/// How the data begins.
#[repr(C)]
#[derive(Clone, Copy)]
struct Header {
    count: u32,
    unique_component_id: i32,
    norm: f32,
    // `count` numbers follow.
}

const VALUES_AT: usize = size_of::<Header>();
const _: () = assert!(VALUES_AT == 12 && VALUES_AT.is_multiple_of(align_of::<f32>()));

/// The number of the meta type.
fn meta_type() -> Result<UserMetaType, Error> {
    static TYPE: OnceCell<UserMetaType> = OnceCell::new();
    TYPE.get_or_try_init(|| UserMetaType::named(EMBEDDING_TYPE))
        .copied()
}

impl Locked<'_> {
    /// Attaches an embedding to an object.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_embedding_to_object(
        &self,
        object: &Object<'_>,
        embedding: &NewEmbedding<'_>,
    ) -> Result<(), Error> {
        self.check_owned(object)?;
        let meta = self.new_embedding(embedding)?;
        // SAFETY: object and user meta are alive, of this batch, which is locked.
        unsafe { (self.api().nvds_add_user_meta_to_obj)(object.raw(), meta) };
        Ok(())
    }

    /// Attaches an embedding to a frame.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_embedding_to_frame(
        &self,
        frame: &Frame<'_>,
        embedding: &NewEmbedding<'_>,
    ) -> Result<(), Error> {
        self.check_owned(frame)?;
        let meta = self.new_embedding(embedding)?;
        // SAFETY: frame and user meta are alive, of this batch, which is locked.
        unsafe { (self.api().nvds_add_user_meta_to_frame)(frame.raw(), meta) };
        Ok(())
    }

    /// A filled user meta that is on no list yet.
    fn new_embedding(&self, embedding: &NewEmbedding<'_>) -> Result<*mut c::NvDsUserMeta, Error> {
        let meta_type = meta_type()?.number();
        let values = &embedding.values[..embedding.values.len().min(MOST_NUMBERS)];
        let parts = Parts {
            meta_type,
            data: block(embedding.unique_component_id, embedding.norm, values),
            copy: Some(copy),
            release: Some(release),
        };
        // SAFETY: the functions are those of such blocks.
        Ok(unsafe { self.new_meta_of(parts) })
    }
}

impl<'a> Object<'a> {
    /// The embeddings of an object, newest first.
    pub fn embeddings(&self) -> impl Iterator<Item = Embedding<'a>> + use<'a> {
        self.user_metas().filter_map(|meta| meta.as_embedding())
    }
}

impl<'a> UserMeta<'a> {
    /// The embedding, if that is what this meta holds. A count that can only be garbage counts as none.
    pub fn as_embedding(&self) -> Option<Embedding<'a>> {
        if meta_type().ok()?.number() != self.meta_type() {
            return None;
        }
        // SAFETY: metas of this kind hold such a block, alive as long as the user meta.
        unsafe { embedding(self.payload()) }
    }
}

/// The embedding of a block, `None` for NULL or a count that can only be garbage.
///
/// # Safety
/// NULL or a live block that nobody changes.
unsafe fn embedding<'a>(block: gpointer) -> Option<Embedding<'a>> {
    let block = NonNull::new(block.cast::<Header>())?;
    // SAFETY: the caller vouches for the block, which begins with the header.
    let header = unsafe { *block.as_ptr() };
    let count = header.count as usize;
    if count > MOST_NUMBERS {
        return None;
    }
    // SAFETY: as many numbers follow the header, which is as aligned as they must be.
    let values = unsafe {
        let first = block.as_ptr().byte_add(VALUES_AT).cast::<f32>();
        std::slice::from_raw_parts(first, count)
    };
    Some(Embedding {
        unique_component_id: header.unique_component_id,
        norm: header.norm,
        values,
    })
}

/// A block of these numbers, to be freed with `g_free`.
fn block(unique_component_id: i32, norm: f32, values: &[f32]) -> gpointer {
    // SAFETY: GLib ends the process rather than return NULL; the block has room for all of it, and its memory is aligned
    // for anything.
    unsafe {
        let block = glib::ffi::g_malloc(VALUES_AT + size_of_val(values));
        block.cast::<Header>().write(Header {
            count: values.len() as u32,
            unique_component_id,
            norm,
        });
        let first = block.byte_add(VALUES_AT).cast::<f32>();
        first.copy_from_nonoverlapping(values.as_ptr(), values.len());
        block
    }
}

/// Called by the library with the source user meta; returns the data of the copy.
unsafe extern "C" fn copy(meta: gpointer, _user_data: gpointer) -> gpointer {
    // SAFETY: the library calls this with a user meta that `new_embedding` or a copy set up.
    let source = unsafe { embedding((*meta.cast::<c::NvDsUserMeta>()).user_meta_data) };
    // A panic must not cross into C.
    catch_unwind(|| source.map(|own| block(own.unique_component_id, own.norm, own.values)))
        .ok()
        .flatten()
        .unwrap_or(std::ptr::null_mut())
}
