//! Corners of objects whose boxes are turned: a user meta whose data other programs read as a C struct.
//!
//! `include/rsnvds.h` declares it for C. Releases before 9.0 have no other place for a box that is
//! turned, and on the later ones it says the same as box and rotation.

use std::ptr::NonNull;

use once_cell::sync::OnceCell;

use crate::batch::Locked;
use crate::error::Error;
use crate::object::Object;
use crate::text::Rect;
use crate::user::{UserMeta, UserMetaType};

/// Name of the meta type, as the library's `nvds_get_user_meta_type` takes it.
pub const CORNERS_TYPE: &std::ffi::CStr = c"rsnvds.corners";

/// A corner of a box that is turned.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Corner {
    /// Distance from the frame's left side in pixels. It may lie outside the frame.
    pub x: f32,
    /// Distance from the frame's upper side in pixels. It may lie outside the frame.
    pub y: f32,
}

/// The corners of a box that is turned about its centre.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Corners {
    /// Clockwise on the screen, from what is the upper left one before the box is turned. All are
    /// finite in what [`Object::corners`] gives.
    pub points: [Corner; 4],
}

const _: () = assert!(size_of::<Corners>() == 32 && align_of::<Corners>() == 4);

impl Corners {
    /// Those of a box that is turned about its centre by an angle in degrees, clockwise on the screen.
    pub fn of(rect: &Rect, degrees: f32) -> Self {
        let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
        let (width, height) = (f64::from(rect.width) / 2.0, f64::from(rect.height) / 2.0);
        let (x, y) = (f64::from(rect.left) + width, f64::from(rect.top) + height);
        let corner = |along: f64, down: f64| Corner {
            x: (x + along * cos - down * sin) as f32,
            y: (y + along * sin + down * cos) as f32,
        };
        Self {
            points: [
                corner(-width, -height),
                corner(width, -height),
                corner(width, height),
                corner(-width, height),
            ],
        }
    }

    /// The smallest upright box around them.
    pub fn upright(&self) -> Rect {
        let ends = |of: fn(&Corner) -> f32| {
            let numbers = self.points.iter().map(of);
            let least = numbers.clone().fold(f32::INFINITY, f32::min);
            (least, numbers.fold(f32::NEG_INFINITY, f32::max))
        };
        let ((left, right), (top, bottom)) = (ends(|at| at.x), ends(|at| at.y));
        Rect {
            left,
            top,
            width: right - left,
            height: bottom - top,
        }
    }

    fn is_finite(&self) -> bool {
        let mut points = self.points.iter();
        points.all(|at| at.x.is_finite() && at.y.is_finite())
    }
}

/// The number of the meta type.
fn meta_type() -> Result<UserMetaType, Error> {
    static TYPE: OnceCell<UserMetaType> = OnceCell::new();
    TYPE.get_or_try_init(|| UserMetaType::named(CORNERS_TYPE))
        .copied()
}

impl Locked<'_> {
    /// Attaches the corners of an object whose box is turned.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_corners(&self, object: &Object<'_>, corners: Corners) -> Result<(), Error> {
        self.add_to_object(object, meta_type()?.number(), Box::new(corners))
    }
}

impl Object<'_> {
    /// The corners of an object whose box is turned, those attached last if there are several; `None`
    /// if there are none.
    pub fn corners(&self) -> Option<Corners> {
        self.user_metas().find_map(|meta| meta.as_corners())
    }
}

impl UserMeta<'_> {
    /// The corners, if that is what this meta holds and all of them are numbers.
    pub fn as_corners(&self) -> Option<Corners> {
        if meta_type().ok()?.number() != self.meta_type() {
            return None;
        }
        let corners = NonNull::new(self.payload().cast::<Corners>())?;
        // SAFETY: metas of this kind hold such a struct, alive as long as the user meta.
        Some(unsafe { corners.as_ptr().read_unaligned() }).filter(Corners::is_finite)
    }
}
