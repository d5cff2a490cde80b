//! What elements state in the same words. Each macro stands in an `impl` block of the element's private part and
//! writes items of it; the preludes of `gst` and `gst_base` must be in scope.

/// Of `ObjectImpl`: the derived properties and `stats`, which the private part's `stats()` makes. Those that are only
/// read at the start keep their value while the element runs, see [`may_set`](super::may_set).
macro_rules! properties_and_stats {
    ($imp:ident, $category:expr, $blurb:literal) => {
        fn properties() -> &'static [glib::ParamSpec] {
            static PROPERTIES: std::sync::LazyLock<Vec<glib::ParamSpec>> =
                std::sync::LazyLock::new(|| {
                    $crate::element::with_stats($imp::derived_properties(), $blurb)
                });
            &PROPERTIES
        }

        fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
            match pspec.name() {
                "stats" => self.stats().to_value(),
                _ => self.derived_property(id, pspec),
            }
        }

        fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
            if $crate::element::may_set(&*self.obj(), $category, pspec) {
                self.derived_set_property(id, value, pspec);
            }
        }
    };
}

/// Of `ObjectImpl`: a new element passes on the very buffers it gets.
macro_rules! constructed_passing_through {
    () => {
        fn constructed(&self) {
            self.parent_constructed();
            $crate::element::pass_through(&*self.obj());
        }
    };
}

/// Of `ElementImpl`: what gst-inspect-1.0 shows, a long name, the class and a description.
macro_rules! metadata {
    ($long_name:literal, $class:literal, $description:literal) => {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: std::sync::LazyLock<gst::subclass::ElementMetadata> =
                std::sync::LazyLock::new(|| {
                    gst::subclass::ElementMetadata::new(
                        $long_name,
                        $class,
                        $description,
                        "The rsnvds developers",
                    )
                });
            Some(&METADATA)
        }
    };
}

/// Of `ElementImpl`: always pads for any raw video.
macro_rules! video_pads {
    () => {
        fn pad_templates() -> &'static [gst::PadTemplate] {
            $crate::element::pad_templates()
        }
    };
}

/// Of `ElementImpl`: the metadata libraries are loaded at NULL to READY.
macro_rules! change_state_with_library {
    ($category:expr) => {
        fn change_state(
            &self,
            transition: gst::StateChange,
        ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
            $crate::element::change_state(self, $category, transition)
        }
    };
}

/// Of `BaseTransformImpl`: the element works on buffers that are never made writable, since a copy of a batched buffer
/// would copy all its metadata.
macro_rules! in_place {
    () => {
        const MODE: gst_base::subclass::BaseTransformMode =
            gst_base::subclass::BaseTransformMode::AlwaysInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = true;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;
    };
}

/// Of `BaseTransformImpl`: notes the caps that come in, which tell the size of frames where surfaces do not.
macro_rules! set_caps {
    () => {
        fn set_caps(
            &self,
            incaps: &gst::Caps,
            _outcaps: &gst::Caps,
        ) -> Result<(), gst::LoggableError> {
            $crate::element::lock(&self.state).run.set_caps(incaps);
            Ok(())
        }
    };
}

/// Of `BaseTransformImpl`: a buffer gets metadata of its own, if the property own-metadata says so.
macro_rules! submit_with_own_metadata {
    () => {
        fn submit_input_buffer(
            &self,
            is_discont: bool,
            buffer: gst::Buffer,
        ) -> Result<gst::FlowSuccess, gst::FlowError> {
            let own_metadata = self.own_metadata.load(std::sync::atomic::Ordering::Relaxed);
            $crate::element::submit(self, own_metadata, &self.state, is_discont, buffer)
        }
    };
}

pub(crate) use {
    change_state_with_library, constructed_passing_through, in_place, metadata,
    properties_and_stats, set_caps, submit_with_own_metadata, video_pads,
};
