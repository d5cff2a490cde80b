//! Network output tensors in, detections out.
//!
//! This crate is pure computation: it knows nothing of GStreamer or DeepStream
//! and has no unsafe code. An element gives it borrowed tensors and the sizes
//! involved; it gives back boxes in frame pixels.
//!
//! ```
//! use nvds_decode::{Geometry, Padding, Params, Postprocessor, Size, TensorView};
//!
//! let tensors = [
//!     TensorView::new("num_detections", &[1], &[1f32][..])?,
//!     TensorView::new("detection_scores", &[2], &[0.9f32, 0.0][..])?,
//!     TensorView::new("detection_classes", &[2], &[3f32, 0.0][..])?,
//!     // y_min, x_min, y_max, x_max
//!     TensorView::new("detection_boxes", &[2, 4], &[0.5f32, 0.25, 1.0, 0.5, 0., 0., 0., 0.][..])?,
//! ];
//! let geometry = Geometry::new(Size::new(300, 300), Size::new(1920, 1080), Padding::Stretch)?;
//!
//! let mut postprocessor = Postprocessor::new(); // one for many frames
//! let detections = postprocessor.run(&tensors, &geometry, &Params::default())?;
//!
//! assert_eq!(detections.len(), 1);
//! assert_eq!(detections[0].class_id, 3);
//! assert_eq!(detections[0].bbox.left, 480.0);
//! assert_eq!(detections[0].bbox.height, 540.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How to add a tensor layout
//!
//! 1. Write `src/ssd/<layout>.rs` with a `static DECODER:`
//!    [`Decoder`](decoders::Decoder): a name, the layers it needs, a check that
//!    looks at names, types and dimensions, and a decode function that pushes
//!    every entry of the tensors to [`Candidates`]. Thresholds, class ranges,
//!    NaN, mapping to the frame, clipping and suppression are not its business:
//!    [`Candidates::push`] and what follows see to them. `nms_plugin.rs` is a model, or
//!    `tf_od.rs` for layers of count, scores, classes and boxes.
//! 2. Add `mod <layout>;` and one row to [`decoders::ALL`]. The first row that
//!    fits wins, so stricter layouts come first.
//! 3. Put reference data into `tests/data/<name>/`: a `reference.json` as the
//!    other folders have it, and the tensors and detections it names. Tests and
//!    benches find it by the decoder's name; a decoder without it fails the tests.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod boxes;
pub mod error;
pub mod layout;
pub mod letterbox;
pub mod ssd;
pub mod tensor;

pub use boxes::candidates::{Candidate, Candidates};
pub use boxes::detection::{BBox, Corners, Counts, Detection, DropReason, Dropped};
pub use boxes::doubt::Doubt;
pub use boxes::explain::{Explanation, Outcome, Verdict};
pub use boxes::policy::{ClassRules, EdgePolicy, NmsMode, Params};
pub use boxes::postprocess::Postprocessor;
pub use boxes::{detection, explain, nms, policy, postprocess};
pub use error::{DecodeError, ErrorKind};
pub use half::f16;
pub use layout::{Activation, Background, BoxOrder, Format, LayerNames, Layout, Raw, Role};
pub use letterbox::{BoxUnits, Geometry, GeometryError, Padding, Scaler, Size};
pub use ssd::anchors::{AnchorForm, Anchors};
pub use ssd::{self as decoders, anchors};
pub use tensor::{DataType, TensorData, TensorError, TensorView};
