//! What takes the place of what a machine without a GPU does not have.

use super::{MakeAnswers, MakeParser};
use crate::infer::element::settings_error;
use crate::infer::postprocess::LibraryParser;
use crate::infer::postprocess::settings::Postprocess;

/// With `1`, cluster-mode 0 groups rectangles as a build of nvdsinfer with OpenCV does; before DeepStream 8.0 that was the one
/// that was shipped.
const OPENCV: &str = "RSNVDS_NVDSINFER_OPENCV";

/// See the module.
#[derive(Clone, Default)]
pub(super) struct StandIns {
    /// For the model.
    pub(super) answers: Option<MakeAnswers>,
    /// For parser libraries.
    pub(super) parsers: Option<MakeParser>,
    /// For the build of nvdsinfer.
    pub(super) opencv: Option<bool>,
}

impl StandIns {
    /// Whether rectangles are grouped as with OpenCV.
    pub(super) fn opencv(&self) -> bool {
        self.opencv
            .unwrap_or_else(|| std::env::var(OPENCV).is_ok_and(|value| value == "1"))
    }

    /// The parser for what `settings` ask for, if there is one.
    pub(super) fn parser(
        &self,
        settings: &Postprocess,
    ) -> Result<Option<Box<dyn LibraryParser>>, gst::ErrorMessage> {
        match &self.parsers {
            Some(make) => make(settings).map_err(|what| settings_error(&what)),
            None => Ok(None),
        }
    }
}
