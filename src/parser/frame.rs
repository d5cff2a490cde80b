//! What every element that reads tensors states in the same words.

/// What gst-inspect-1.0 shows of an element, and that it works in place.
macro_rules! element_frame {
    ($imp:ident, $long_name:literal, $description:literal) => {
        impl gst::subclass::prelude::GstObjectImpl for $imp {}

        impl gst::subclass::prelude::ElementImpl for $imp {
            fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
                static METADATA: std::sync::LazyLock<gst::subclass::ElementMetadata> =
                    std::sync::LazyLock::new(|| {
                        gst::subclass::ElementMetadata::new(
                            $long_name,
                            "Filter/Analyzer/Video",
                            $description,
                            "The rsnvds developers",
                        )
                    });
                Some(&METADATA)
            }
        }

        impl gst_base::subclass::prelude::BaseTransformImpl for $imp {
            const MODE: gst_base::subclass::BaseTransformMode =
                gst_base::subclass::BaseTransformMode::AlwaysInPlace;
            const PASSTHROUGH_ON_SAME_CAPS: bool = true;
            const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;
        }
    };
}

pub(crate) use element_frame;
