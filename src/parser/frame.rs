//! What every element that reads tensors states in the same words.

/// What gst-inspect-1.0 shows of an element, and that it works in place; all else is the parent class's.
macro_rules! element_frame {
    ($imp:ident, $long_name:literal, $description:literal) => {
        impl gst::subclass::prelude::GstObjectImpl for $imp {}

        impl gst::subclass::prelude::ElementImpl for $imp {
            $crate::element::metadata!($long_name, "Filter/Analyzer/Video", $description);
        }

        impl gst_base::subclass::prelude::BaseTransformImpl for $imp {
            $crate::element::in_place!();
        }
    };
}

pub(crate) use element_frame;
