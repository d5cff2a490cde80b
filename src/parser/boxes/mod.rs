//! Elements that attach the objects whose boxes are in tensors.

mod attach;
mod doubt;
mod explain;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
pub(super) mod imp;
mod policy;
mod settings;
mod task;
mod training;
mod turned;

pub use doubt::overflow;
pub use turned::Turned;

use std::sync::{Arc, LazyLock};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst_base::subclass::prelude::*;
use nvds_decode::select::Preset;
use nvds_decode::{Counts, DecodeError, Family, Layout};

use super::subclass::{Kind, TensorParserImpl};
use super::task::Task;
use super::{BoxParser, TensorParser};

/// The networks whose tensors an element reads.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// What decodes their tensors.
    pub family: &'static Family,
    /// As errors call one: "an SSD detector".
    pub name: &'static str,
    /// The properties that help where tensors are not those of such a network, as a sentence without its
    /// end: "Set format if the layout is another".
    pub advice: fn(&DecodeError) -> String,
}

/// An element of boxes: what it brings beside its properties, of which it has those that describe the
/// tensors. See [`TensorParserImpl`] for what is left of its `BaseTransformImpl`.
pub trait BoxParserImpl:
    BaseTransformImpl + ObjectSubclass<Type: IsA<BoxParser> + IsA<TensorParser>>
{
    /// The networks.
    const NETWORK: Network;

    /// Its debug category, named as the element.
    fn category() -> gst::DebugCategory;

    /// What is known of the tensors, by the element's properties, and which network it is if that is
    /// stated. It is asked for at the start. The number of labels is not the element's to say.
    ///
    /// # Errors
    /// Names the property, what was expected and what was found.
    fn layout(&self) -> Result<(Arc<Layout>, Option<Preset>), String>;
}

impl<T: BoxParserImpl> TensorParserImpl for T {
    fn kind() -> Option<Kind> {
        Some(Kind {
            category: T::category(),
            counters: &COUNTERS,
            task: make_task::<T>,
        })
    }
}

fn make_task<T: BoxParserImpl>(element: &TensorParser) -> Result<Box<dyn Task>, String> {
    let Some(element) = element.downcast_ref::<T::Type>() else {
        return Err(format!("{} is another element's", T::category().name()));
    };
    let (layout, preset) = element.imp().layout()?;
    element
        .upcast_ref::<BoxParser>()
        .imp()
        .task(T::NETWORK, layout, preset)
}

/// Names of what [`Counts`] counts, as they are in `stats`.
static COUNTERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let dropped = Counts::default().dropped.by_reason();
    let dropped = dropped
        .iter()
        .map(|(reason, _)| format!("dropped-{reason}"));
    ["doubtful-tensors", "candidates", "objects"]
        .map(str::to_owned)
        .into_iter()
        .chain(dropped)
        .collect()
});

/// Adds counts to totals, in the order of their names.
fn add_counts(totals: &mut [u64], counts: &Counts) {
    let dropped = counts.dropped.by_reason();
    let dropped = dropped.iter().map(|(_, count)| *count);
    let counts = [counts.doubtful, counts.candidates, counts.kept];
    for (total, count) in totals.iter_mut().zip(counts.into_iter().chain(dropped)) {
        *total += count;
    }
}
