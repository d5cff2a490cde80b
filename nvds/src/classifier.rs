//! What classifiers say of objects.

use std::borrow::Cow;

use nvds_sys as c;

use crate::list::ListIter;
use crate::text::{fixed_bytes, fixed_str, set_label};
use crate::view::{getters, view};

view! {
    /// What one classifier says of an object.
    Classifier of NvDsClassifierMeta
}

impl<'a> Classifier<'a> {
    getters! {
        /// unique-id of the classifier's element.
        unique_component_id: unique_component_id -> i32;
    }

    pub(crate) fn raw(&self) -> *mut c::NvDsClassifierMeta {
        self.raw.as_ptr()
    }

    /// Labels, newest first.
    pub fn labels(&self) -> ListIter<'a, Label<'a>> {
        // SAFETY: a live element; its list lives as long as it.
        unsafe { ListIter::new((*self.raw.as_ptr()).label_info_list, self.owner) }
    }
}

view! {
    /// One label of a classifier's result.
    Label of NvDsLabelInfo
}

impl<'a> Label<'a> {
    getters! {
        /// Class within the label.
        class_id: result_class_id -> u32;
        /// Probability in 0..1.
        probability: result_prob -> f32;
        /// Number of the label, for networks with several.
        label_id: label_id -> u32;
    }

    /// Text of the label; bytes that are no UTF-8 are replaced. A text over 127 bytes is kept
    /// outside the struct and found all the same.
    pub fn text(&self) -> Cow<'a, str> {
        // SAFETY: a live element; the long form, if set, is a C string that lives as long as it.
        unsafe {
            match crate::text::c_str((*self.raw.as_ptr()).pResult_label) {
                Some(long) => long.to_string_lossy(),
                None => fixed_str(&(*self.raw.as_ptr()).result_label),
            }
        }
    }

    /// Text of the label as it is stored: not necessarily UTF-8.
    pub fn text_bytes(&self) -> &'a [u8] {
        // SAFETY: a live element; the long form, if set, is a C string that lives as long as it.
        unsafe {
            match crate::text::c_str((*self.raw.as_ptr()).pResult_label) {
                Some(long) => long.to_bytes(),
                None => fixed_bytes(&(*self.raw.as_ptr()).result_label),
            }
        }
    }
}

/// A classifier's result to be attached.
#[derive(Clone, Copy, Debug)]
pub struct NewClassifier<'s> {
    /// unique-id of the classifier's element.
    pub unique_component_id: i32,
    /// Its labels.
    pub labels: &'s [NewLabel<'s>],
}

/// A label to be attached.
#[derive(Clone, Copy, Debug)]
pub struct NewLabel<'s> {
    /// Text; cut at 127 bytes between characters.
    pub text: &'s str,
    /// Class within the label.
    pub class_id: u32,
    /// Number of the label.
    pub label_id: u32,
    /// Probability in 0..1.
    pub probability: f32,
}

impl NewLabel<'_> {
    /// # Safety
    /// `raw` must be a label just acquired, on no list.
    pub(crate) unsafe fn fill(&self, raw: *mut c::NvDsLabelInfo) {
        // SAFETY: the caller vouches for the element; nobody else sees it yet.
        unsafe {
            (*raw).num_classes = 0;
            set_label(&mut (*raw).result_label, self.text);
            (*raw).pResult_label = std::ptr::null_mut();
            (*raw).result_class_id = self.class_id;
            (*raw).label_id = self.label_id;
            (*raw).result_prob = self.probability;
        }
    }
}
