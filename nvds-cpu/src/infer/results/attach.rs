//! Results as metadata, with every field as gst-nvinfer sets it.

use std::ffi::CStr;

use nvds::{
    Color, Frame, InferredClassifier, InferredLabel, InferredObject, Locked, Mask, NewMask,
    NewSegmentation, NewTensorMeta, Object, Producer, Rect, Roi,
};

use super::colors::Colors;
use crate::infer::postprocess::settings::Rgba;
use crate::infer::postprocess::{
    Classification, Detection, Fit, Place, Postprocessor, Segmentation, place,
};

/// Degrees of a radian, as nvinfer has them.
const DEGREES: f32 = 57.295_78;
/// Class of an object that stands for a whole frame.
const WHOLE_FRAME: i32 = -1;

/// What the results are attached to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a, 's> {
    pub(super) locked: &'s Locked<'a>,
    pub(super) frame: Frame<'s>,
    /// Object that was inferred; none for the whole frame.
    pub(super) object: Option<Object<'s>>,
    /// Region that nvdspreprocess prepared; the object is that region then.
    pub(super) roi: Option<Roi<'s>>,
    /// Size of the frame in pixels.
    pub(super) size: (u32, u32),
    pub(super) unique_id: i32,
}

fn color([red, green, blue, alpha]: Rgba) -> Color {
    Color::new(red, green, blue, alpha)
}

impl Target<'_, '_> {
    /// Attaches the boxes that no filter drops.
    pub(super) fn objects(
        &self,
        detections: &[Detection],
        fit: &Fit,
        post: &Postprocessor,
        region: Option<Place>,
    ) -> Result<(), nvds::Error> {
        self.locked.set_infer_done(&self.frame);
        let mut colors = Colors::new();
        for detection in detections {
            if let Some(rect) = place(detection, fit, region, self.size, post.settings()) {
                self.object(detection, rect, post, &mut colors)?;
            }
        }
        Ok(())
    }

    fn object(
        &self,
        detection: &Detection,
        rect: Rect,
        post: &Postprocessor,
        colors: &mut Colors,
    ) -> Result<(), nvds::Error> {
        let settings = post.settings();
        let Some(attrs) = settings.class_attrs.get(detection.class as usize) else {
            return Ok(());
        };
        let parent = self.object.as_ref();
        let rect = match parent.map(Object::rect) {
            // Boxes in a region are the frame's already.
            Some(own) if self.roi.is_none() => Rect {
                left: rect.left + own.left,
                top: rect.top + own.top,
                ..rect
            },
            _ => rect,
        };
        let mask = detection.mask.as_ref();
        let mask = mask.filter(|_| settings.output_instance_mask);
        let label = post.labels().of_class(detection.class);
        let inferred = InferredObject {
            unique_component_id: self.unique_id,
            class_id: detection.class as i32,
            confidence: detection.confidence,
            rect,
            detector_rect: rect,
            rotation: detection.rotation * DEGREES,
            border_width: 3,
            border_color: match mask {
                Some(_) => colors.next(),
                None => color(attrs.border_color),
            },
            has_fill: attrs.bg_color.is_some(),
            fill: color(attrs.bg_color.unwrap_or_default()),
            label: label.unwrap_or(&[]),
            text: label,
        };
        let added = self
            .locked
            .add_inferred_object(&self.frame, &inferred, parent)?;
        if let Some(mask) = mask {
            let mask = NewMask::new(Mask {
                data: &mask.values,
                width: mask.width,
                height: mask.height,
                threshold: settings.segmentation_threshold,
            })?;
            self.locked.set_mask(&added, &mask);
        }
        Ok(())
    }

    /// Attaches what a classifier says to the object, or to a new one of the frame's size. Nothing where no label is
    /// known.
    pub(super) fn classes(
        &self,
        said: &Classification,
        classifier_type: Option<&CStr>,
    ) -> Result<(), nvds::Error> {
        self.locked.set_infer_done(&self.frame);
        self.classes_again(said, classifier_type)
    }

    /// As [`Self::classes`], for what was said in an earlier frame.
    pub(super) fn classes_again(
        &self,
        said: &Classification,
        classifier_type: Option<&CStr>,
    ) -> Result<(), nvds::Error> {
        if said.attributes.is_empty() || said.text.is_empty() {
            return Ok(());
        }
        let labels: Vec<_> = said
            .attributes
            .iter()
            .map(|attribute| InferredLabel {
                text: attribute.label.as_deref().unwrap_or(&[]),
                class_id: attribute.class,
                label_id: attribute.output,
                probability: attribute.probability,
            })
            .collect();
        let classifier = InferredClassifier {
            unique_component_id: self.unique_id,
            classifier_type,
            labels: &labels,
        };
        if let Some(roi) = &self.roi {
            if let Some(object) = &self.object {
                self.locked.append_text(object, &said.text)?;
            }
            let object = self.object.as_ref();
            return self.locked.add_classifier_to_roi(roi, object, &classifier);
        }
        let object = match self.object {
            Some(object) => object,
            None => self.whole_frame()?,
        };
        self.locked.append_text(&object, &said.text)?;
        self.locked.add_inferred_classifier(&object, &classifier)?;
        Ok(())
    }

    /// Attaches the tensors: to the region, the object or the frame.
    pub(super) fn tensors(&self, meta: &NewTensorMeta) -> Result<(), nvds::Error> {
        let object = self.object.as_ref();
        match (&self.roi, object) {
            (Some(roi), _) => {
                self.locked.add_tensor_to_roi(roi, meta);
                // nvinferserver tells of the region only at the object, by the same tensors.
                match (meta.producer(), object) {
                    (Producer::NvInfer, object) => {
                        self.locked.add_roi_place(roi, &self.frame, object)
                    }
                    (_, Some(object)) => self.locked.add_tensor_to_object(object, meta),
                    (_, None) => Ok(()),
                }
            }
            (None, Some(object)) => self.locked.add_tensor_to_object(object, meta),
            (None, None) => self.locked.add_tensor_to_frame(&self.frame, meta),
        }
    }

    /// The object that stands for a whole frame, with an empty text.
    fn whole_frame(&self) -> Result<Object<'_>, nvds::Error> {
        let whole = InferredObject {
            unique_component_id: self.unique_id,
            class_id: WHOLE_FRAME,
            confidence: 0.0,
            rect: Rect {
                left: 0.0,
                top: 0.0,
                width: self.size.0 as f32,
                height: self.size.1 as f32,
            },
            detector_rect: Rect::default(),
            rotation: 0.0,
            border_width: 6,
            border_color: Color::RED,
            has_fill: false,
            fill: Color::new(1.0, 1.0, 0.0, 0.4),
            label: &[],
            text: Some(&[]),
        };
        self.locked.add_inferred_object(&self.frame, &whole, None)
    }

    /// Attaches a segmentation to the object or the frame.
    pub(super) fn segments(&self, segments: Segmentation) -> Result<(), nvds::Error> {
        self.locked.set_infer_done(&self.frame);
        let segmentation = NewSegmentation::new(
            self.unique_id,
            (segments.width, segments.height),
            segments.classes,
            segments.class_map,
            segments.probabilities,
        )?;
        if let Some(roi) = &self.roi {
            self.locked.add_segmentation_to_roi(roi, segmentation);
            return Ok(());
        }
        match &self.object {
            Some(object) => self.locked.add_segmentation_to_object(object, segmentation),
            None => self
                .locked
                .add_segmentation_to_frame(&self.frame, segmentation),
        }
    }
}
