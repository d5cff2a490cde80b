//! Key points in the place of an object's mask, where programs made for DeepStream-Yolo-Pose look for them.

use nvds::{Error, KeyPoint, NewMask, Object};
use nvds_decode::Geometry;

use super::task::Unit;

/// Puts points in masks; keeps its memory.
#[derive(Debug, Default)]
pub struct InMask {
    numbers: Vec<f32>,
}

impl InMask {
    /// Puts the points, which are in pixels of the frame, in the place of the object's mask if it has none: x, y and
    /// confidence of each in pixels of the network's input, and the input's size as that of the mask. A point that is
    /// nowhere is 0, 0 with a confidence of 0.
    ///
    /// # Errors
    /// None of points that there are.
    pub fn attach(
        &mut self,
        unit: &Unit<'_>,
        object: &Object<'_>,
        points: &[KeyPoint],
        geometry: &Geometry,
    ) -> Result<(), Error> {
        if points.is_empty() {
            return Ok(());
        }
        self.numbers.clear();
        for point in points {
            let (x, y) = match point.confidence > 0.0 {
                true => geometry.to_network(point.x.into(), point.y.into()),
                false => (0.0, 0.0),
            };
            let numbers = [x as f32, y as f32, point.confidence];
            self.numbers.extend(numbers);
        }
        let network = geometry.network();
        let mask = NewMask::of_key_points(&self.numbers, (network.width, network.height))?;
        unit.locked.set_mask(object, &mask);
        Ok(())
    }
}
