//! How elements extend the abstract classes.

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst_base::subclass::prelude::*;

use super::task::Task;
use super::{AttributeParser, BoxParser, PresetParser, PresetParserImpl, TensorParser};

/// What an element is.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its name is the element's; messages and statistics are named after it.
    pub category: gst::DebugCategory,
    /// Names of what its task counts, as they are in `stats`.
    pub counters: &'static [String],
    /// Makes the task of an element that starts. Errors name the property that cannot be used.
    pub task: fn(&TensorParser) -> Result<Box<dyn Task>, String>,
}

/// An element that reads tensors.
///
/// Of its `BaseTransformImpl` only the constants count: the functions are those of [`TensorParser`], so that a buffer
/// goes through one of each and not through one of each class.
pub trait TensorParserImpl: BaseTransformImpl + ObjectSubclass<Type: IsA<TensorParser>> {
    /// What it is; `None` for an abstract class.
    fn kind() -> Option<Kind>;
}

// SAFETY: the class and instance structs are those of `GstBaseTransform`, whose functions were set for `TensorParser`
// when its class was made, and are right for every instance that has the parts of one.
unsafe impl<T: TensorParserImpl> IsSubclassable<T> for TensorParser {
    fn class_init(class: &mut glib::Class<Self>) {
        <gst::Element as IsSubclassable<T>>::class_init(class);
    }

    fn instance_init(instance: &mut glib::subclass::InitializingObject<T>) {
        Self::parent_instance_init::<T>(instance);
        let Some(kind) = T::kind() else {
            return;
        };
        // SAFETY: only the part of `TensorParser` is used, which is complete: parents come first.
        let object = unsafe { instance.as_ref() };
        object.upcast_ref::<TensorParser>().imp().set_kind(kind);
    }
}

// SAFETY: `BoxParser` has no functions of its own to override.
unsafe impl<T: TensorParserImpl> IsSubclassable<T> for BoxParser {}

// SAFETY: `AttributeParser` has no functions of its own to override.
unsafe impl<T: TensorParserImpl> IsSubclassable<T> for AttributeParser {}

// SAFETY: `PresetParser` has no functions of its own to override.
unsafe impl<T: PresetParserImpl> IsSubclassable<T> for PresetParser {
    fn instance_init(instance: &mut glib::subclass::InitializingObject<T>) {
        Self::parent_instance_init::<T>(instance);
        // SAFETY: only the parts of `PresetParser` and its parents are used, which are complete.
        let object = unsafe { instance.as_ref() };
        object.upcast_ref::<PresetParser>().imp().begin(T::NMS_IOU);
    }
}
