//! What a YOLO network may need to be told.

use crate::layout::LayoutError;

/// What the user knows of a YOLO network. By default nothing: each layout has its usual way.
#[derive(Debug, Clone, PartialEq)]
pub struct Yolo {
    /// Whether a number before the class scores tells how sure the network is of any object, which the
    /// class scores are multiplied with. `None` for the format's usual way.
    pub objectness: Option<bool>,
    /// Whether boxes are relative to their cells, as YOLOX gives them: offset in cells, logarithm of
    /// the size in cells. `None` for the format's usual way.
    pub cells: Option<bool>,
    /// How many numbers follow the class scores of each box, such as key points or mask coefficients.
    /// `None` for what the labels and the other layers suggest.
    pub extras: Option<usize>,
    /// How many numbers a key point has, 2 (x and y) or 3 (and its confidence). `None` for three where that divides
    /// what follows the class scores.
    pub point_numbers: Option<usize>,
    /// Whether every class that reaches the threshold gives a box of its own; else the best class of
    /// each box alone counts.
    pub multi_label: bool,
    /// The strides of the levels, in the order in which the cells come. Empty for the usual ones that
    /// give as many cells as there are.
    pub strides: Vec<u32>,
    /// How many bins the distribution of a distance has; `None` for as many as the dimensions say.
    pub bins: Option<usize>,
    /// Values of masks above this belong to the object: for whoever draws them.
    pub mask_threshold: f32,
    /// Whether key points are put in the place of masks as well, where DeepStream-Yolo-Pose's programs look for them: for
    /// whoever attaches them.
    pub points_in_mask: bool,
    /// Whether key points are told to nvmsgconv as well.
    pub joints: bool,
}

impl Default for Yolo {
    fn default() -> Self {
        Self::NOTHING
    }
}

impl Yolo {
    pub(crate) const NOTHING: Self = Self {
        objectness: None,
        cells: None,
        extras: None,
        point_numbers: None,
        multi_label: false,
        strides: Vec::new(),
        bins: None,
        mask_threshold: 0.5,
        points_in_mask: false,
        joints: false,
    };

    /// Whether the numbers can be what they are for.
    ///
    /// # Errors
    ///
    /// When a stride is 0 or more than 1024, they do not rise, there are more than 8, or there are
    /// fewer than 2 or more than 64 bins, or a key point has neither two nor three numbers.
    pub fn check(&self) -> Result<(), LayoutError> {
        let rise = self.strides.is_sorted_by(|a, b| a < b);
        let bad = self.strides.iter().find(|&&s| s == 0 || s > 1024);
        if let Some(&stride) = bad.or(self
            .strides
            .last()
            .filter(|_| !rise || self.strides.len() > 8))
        {
            return Err(LayoutError::Stride(stride));
        }
        if let Some(numbers) = self
            .point_numbers
            .filter(|numbers| !(2..=3).contains(numbers))
        {
            return Err(LayoutError::PointNumbers(numbers));
        }
        match self.bins.filter(|bins| !(2..=64).contains(bins)) {
            Some(bins) => Err(LayoutError::Bins(bins)),
            None => Ok(()),
        }
    }
}
