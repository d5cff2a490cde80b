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
//! 1. Write `src/<family>/<layout>.rs` with a `static DECODER:` [`Decoder`]: a name, the layers it
//!    needs, a check that looks at names, types and dimensions and notes where the layers are in a
//!    [`Plan`](select::Plan), and a decode function that pushes every entry of the tensors to
//!    [`Candidates`]. Thresholds, class ranges, NaN, mapping to the frame, clipping and suppression are
//!    not its business: [`Candidates::push`] and what follows see to them. `ssd/nms_plugin.rs` is a
//!    model, or `ssd/tf_od.rs` for layers of count, scores, classes and boxes.
//! 2. Add `mod <layout>;` and one row to the family's list, in `src/<family>/mod.rs`; a new format is
//!    one line of the table in `layout.rs`.
//! 3. Put reference data into `tests/data/<name>/` for an SSD: a `reference.json` as the
//!    other folders have it, and the tensors and detections it names. Tests and
//!    benches find it by the decoder's name; a decoder without it fails the tests. Of other
//!    families: into `tests/nets/<network>/`, with a row in `tests/nets.rs`.
//! 4. Layers that fit it, with any numbers in them: `tests/scenario/`. The property tests take every
//!    decoder from there, and so does a fuzz target of three lines.
//!
//! # How to add a family of networks
//!
//! 1. `src/<family>/mod.rs` with a `static FAMILY:` [`Family`]: its decoders, and whether the first one
//!    that fits reads the layers ([`select::Several::First`]) or several that fit are refused with an
//!    error that names them all ([`select::Several::Refused`]).
//! 2. One row in [`families::FAMILIES`].
//! 3. Names that people know its networks by, and the keys of nvinfer that go with each, as
//!    [`Family::presets`].
//! 4. What only this family need be told, as one variant of [`Options`] with a struct of its own, and
//!    what can only be a mistake of it in [`Layout::check`].
//! 5. What it says of detections beyond class, score and box: a field of [`Extras`] if there is none
//!    for it yet, filled by [`Decoder::finish`] from the entries of the detections that are left.
//! 6. A module in `tests/scenario/`, as `yolo.rs` there.
//!
//! An element asks for the family: [`Postprocessor::of`].
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod boxes;
pub mod classes;
pub mod detr;
pub mod embedding;
pub mod error;
pub mod faces;
pub mod families;
pub mod layout;
pub mod letterbox;
pub mod maskrcnn;
pub mod masks;
mod obb;
pub mod poses;
pub mod segments;
pub mod select;
pub mod ssd;
pub mod tensor;
pub mod text;
mod vector;
pub mod yolo;

pub use boxes::candidates::{Candidate, Candidates};
pub use boxes::detection::{BBox, Corners, Counts, Detection, DropReason, Dropped};
pub use boxes::doubt::Doubt;
pub use boxes::explain::{Explanation, Outcome, Verdict};
pub use boxes::extras::{Extras, KeyPoint};
pub use boxes::form::BoxForm;
pub use boxes::nms::MOST_COMPETING;
pub use boxes::policy::{ClassRules, EdgePolicy, NmsMode, Params};
pub use boxes::postprocess::Postprocessor;
pub use boxes::{detection, explain, nms, policy, postprocess};
pub use error::{DecodeError, ErrorKind};
pub use half::f16;
pub use layout::{Activation, Background, Format, LayerNames, Layout, Options, Raw, Role};
pub use letterbox::{BoxUnits, Geometry, GeometryError, Padding, Region, Scaler, Size};
pub use select::{Decoder, Family};
pub use ssd::anchors::{self, Anchors};
pub use tensor::{DataType, TensorData, TensorError, TensorView};
pub use yolo::Yolo;
