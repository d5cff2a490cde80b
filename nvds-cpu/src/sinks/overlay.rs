//! GstVideoOverlay on the sinks that have it: applications ask for the interface and hand over their
//! window, which is not drawn on. All its functions may be left out.

use glib::subclass::prelude::*;

use super::imp;

macro_rules! overlay {
    ($($name:ident),*) => {$(
        // SAFETY: the interface's struct is zeroed, and GstVideoOverlay checks each function before it calls it.
        unsafe impl IsImplementable<imp::$name> for gst_video::VideoOverlay {}
    )*};
}

overlay!(EglGlesSink, Nv3dSink, OverlaySink);
