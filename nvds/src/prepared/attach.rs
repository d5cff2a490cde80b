//! Attaching to a region what an inference element found in it.

use glib::ffi::g_list_prepend;
use nvds_sys as c;

use super::facts;
use super::raw::RoiTail;
use super::view::Roi;
use crate::batch::Locked;
use crate::error::Error;
use crate::frame::Frame;
use crate::inferred::InferredClassifier;
use crate::object::Object;
use crate::segmentation::{self, NewSegmentation};
use crate::tensor::NewTensorMeta;
use crate::user::UserData;

/// A region without what hangs on it, as inference elements attach it to frames and objects. As long as the longest
/// release's, and laid out as the loaded library's.
#[derive(Clone)]
#[repr(C, align(8))]
struct RoiPlace([u8; 248]);

impl RoiPlace {
    fn of(roi: &Roi<'_>) -> Self {
        let facts = roi.facts();
        let mut place = [0; 248];
        let tail = RoiTail {
            classifiers: std::ptr::null_mut(),
            users: std::ptr::null_mut(),
            object: std::ptr::null_mut(),
            ..roi.tail()
        };
        // SAFETY: a live region of this release, of which none is longer than this one; the tail is one of plain numbers
        // and pointers.
        unsafe {
            let to: *mut u8 = place.as_mut_ptr();
            to.copy_from_nonoverlapping(roi.place(), facts.rect);
            crate::layout::write_part(
                to.add(facts.rect).cast::<RoiTail>(),
                facts.roi - facts.rect,
                tail,
            );
        }
        Self(place)
    }
}

impl Locked<'_> {
    fn check_roi(&self, roi: &Roi<'_>) {
        let owner = roi.owner();
        assert_eq!(owner.batch, self.owner().batch, "a region of another batch");
    }

    fn add_to_roi<T: UserData>(&self, roi: &Roi<'_>, meta_type: i32, data: Box<T>) {
        self.check_roi(roi);
        let meta = self.new_user_meta(meta_type, data);
        let tail = roi.tail_place();
        // SAFETY: region and user meta are alive, of this batch, which is locked. The newest is first, as the library's
        // own function has it.
        unsafe { (*tail).users = g_list_prepend((*tail).users, meta.cast()) };
    }

    /// Attaches tensors to a region.
    pub fn add_tensor_to_roi(&self, roi: &Roi<'_>, tensor: &NewTensorMeta) {
        self.add_to_roi(
            roi,
            c::NvDsMetaType_NVDSINFER_TENSOR_OUTPUT_META,
            tensor.to_payload(),
        );
    }

    /// Attaches a segmentation to a region.
    pub fn add_segmentation_to_roi(&self, roi: &Roi<'_>, segmentation: NewSegmentation) {
        self.add_to_roi(
            roi,
            c::NvDsMetaType_NVDSINFER_SEGMENTATION_META,
            segmentation::payload(segmentation),
        );
    }

    /// Attaches a classifier's result to a region, and to the object that it is.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_classifier_to_roi(
        &self,
        roi: &Roi<'_>,
        object: Option<&Object<'_>>,
        classifier: &InferredClassifier<'_>,
    ) -> Result<(), Error> {
        self.check_roi(roi);
        if let Some(object) = object {
            self.check_owned(object)?;
        }
        let raw = self.new_inferred_classifier(classifier);
        let tail = roi.tail_place();
        // SAFETY: region, object and classifier are alive, of this batch, which is locked.
        unsafe {
            (*tail).classifiers = g_list_prepend((*tail).classifiers, raw.cast());
            if let Some(object) = object {
                (self.api().nvds_add_classifier_meta_to_object)(object.raw(), raw);
            }
        }
        Ok(())
    }

    /// Tells a frame of a region, and the object that it is: without what hangs on the region, as the stock nvinfer does. Nothing
    /// before DeepStream 7.1, which has no such metas.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`]; [`Error::Prepared`] where the release is not known.
    pub fn add_roi_place(
        &self,
        roi: &Roi<'_>,
        frame: &Frame<'_>,
        object: Option<&Object<'_>>,
    ) -> Result<(), Error> {
        self.check_roi(roi);
        let Some(roi_type) = facts(self)?.roi_type else {
            return Ok(());
        };
        let place = RoiPlace::of(roi);
        self.add_to_frame(frame, roi_type, Box::new(place.clone()))?;
        if let Some(object) = object {
            self.add_to_object(object, roi_type, Box::new(place))?;
        }
        Ok(())
    }
}
