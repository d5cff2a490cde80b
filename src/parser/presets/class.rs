//! The GObject frame of elements whose networks go by names.

/// Makes a class of the private part of an element that extends [`PresetParser`](crate::parser::PresetParser): its
/// name as a type, its properties, those that the family's names and defaults are part of, and what gst-inspect-1.0
/// shows of it.
macro_rules! preset_class {
    ($imp:ident, $wrapper:ty, $name:literal, $long_name:literal, $description:literal) => {
        #[glib::object_subclass]
        impl glib::subclass::types::ObjectSubclass for $imp {
            const NAME: &'static str = $name;
            type Type = $wrapper;
            type ParentType = crate::parser::PresetParser;
        }

        impl glib::subclass::object::ObjectImpl for $imp {
            fn properties() -> &'static [glib::ParamSpec] {
                static PROPERTIES: std::sync::LazyLock<Vec<glib::ParamSpec>> =
                    std::sync::LazyLock::new(|| {
                        crate::parser::properties::<$imp>($imp::derived_properties())
                    });
                &PROPERTIES
            }

            fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
                let shared = crate::parser::property(self.obj().upcast_ref(), pspec.name());
                shared.unwrap_or_else(|| self.derived_property(id, pspec))
            }

            fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
                if !crate::parser::set_property(self.obj().upcast_ref(), value, pspec) {
                    self.derived_set_property(id, value, pspec);
                }
            }
        }

        crate::parser::element_frame!($imp, $long_name, $description);
    };
}

pub(crate) use preset_class;
