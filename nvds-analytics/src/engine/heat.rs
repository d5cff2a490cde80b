//! Where objects were for how long.

use super::Engine;
use crate::geometry::Point;

impl Engine {
    /// Adds the time since the last frame to an object's cell.
    pub(super) fn heat(&mut self, at: Point, (width, height): (u32, u32)) {
        let (Some(map), Some(source)) = (self.rules.heat_map, self.sources.get_mut(self.current))
        else {
            return;
        };
        let cell = |at: f32, side: u32, cells: u32| {
            let cell = at / side as f32 * cells as f32;
            (0.0..=cells as f32)
                .contains(&cell)
                .then(|| (cell as u32).min(cells - 1))
        };
        let column = cell(at.x, width, map.columns);
        let row = cell(at.y, height, map.rows);
        if let (Some(column), Some(row)) = (column, row)
            && let Some(cell) = source.heat.get_mut((row * map.columns + column) as usize)
        {
            *cell += source.step;
        }
    }
}
