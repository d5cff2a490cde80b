//! Boxes that are turned: ultralytics' OBB networks.
//!
//! | format | dimensions | numbers of a box |
//! | --- | --- | --- |
//! | `yolo-obb` | `[4+C+1, N]` or `[N, 4+C+1]` | centre x, centre y, width, height, a score for each class, angle |
//! | `yolo-obb-e2e` | `[K, 7]` | centre x, centre y, width, height, score, class, angle |
//!
//! Boxes are in network pixels, angles in radians, clockwise on the screen. Detections have the box as it
//! is before it is turned around its centre, and [`Extras::angles`](crate::Extras) the angles, in the
//! frame. A box is not clipped to the frame, as that would move its centre: it stays as it is, or goes if
//! no part of it is inside. Where the picture was stretched by two scales a turned box becomes a
//! parallelogram; width and height are those of its sides then, and the angle is that of the longer ones.
//!
//! The decoders are of the [YOLO family](crate::yolo): whether an angle follows the scores is told by the
//! number of labels, or by the format. `[N, 4+C+1]` and `[K, 7]` also are what other YOLOs give, so the
//! former needs the format, and the latter is refused with the names of all readings.
//!
//! Heads of `yolo-obb` are suppressed as in training: by [`NmsMode::Fast`](crate::NmsMode::Fast).

mod heads;
mod rows;

pub(crate) use heads::DECODER as HEADS;
pub(crate) use rows::DECODER as ROWS;
