//! The GObject frame of elements that say something of an object.

/// Makes a class of the private part of an element that extends
/// [`AttributeParser`](crate::parser::AttributeParser): its name as a type, its properties, and what gst-inspect-1.0
/// shows of it.
macro_rules! attribute_class {
    ($imp:ident, $wrapper:ty, $name:literal, $long_name:literal, $description:literal) => {
        #[glib::object_subclass]
        impl glib::subclass::types::ObjectSubclass for $imp {
            const NAME: &'static str = $name;
            type Type = $wrapper;
            type ParentType = crate::parser::AttributeParser;
        }

        impl glib::subclass::object::ObjectImpl for $imp {
            fn properties() -> &'static [glib::ParamSpec] {
                Self::derived_properties()
            }

            fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
                self.derived_property(id, pspec)
            }

            fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
                crate::parser::set_attribute_property(self.obj().upcast_ref(), pspec, || {
                    self.derived_set_property(id, value, pspec);
                });
            }
        }

        crate::parser::element_frame!($imp, $long_name, $description);

        impl crate::parser::TensorParserImpl for $imp {
            fn kind() -> Option<crate::parser::Kind> {
                crate::parser::kind::<Self>()
            }
        }
    };
}

pub(crate) use attribute_class;
