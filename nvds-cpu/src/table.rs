//! Properties of elements that are little more than a table of them.
//!
//! A [`Table`] lists what `gst-inspect-1.0` shows; [`Values`] holds what was set, and says once what of
//! it has no effect here although a pipeline may rely on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use glib::prelude::*;
use glib::translate::{FromGlib, IntoGlib};
use nvds::lock;

/// A property's value, whatever its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Setting {
    /// A switch.
    Flag(bool),
    /// Integers, and enums by number.
    Number(i128),
    /// A float.
    Real(f64),
    /// A string.
    Text(Option<String>),
    /// A structure.
    Structure(Option<gst::Structure>),
    /// A pointer, which is not kept.
    Pointer,
}

impl Setting {
    fn of(value: &glib::Value) -> Self {
        if let Ok(flag) = value.get() {
            Self::Flag(flag)
        } else if let Ok(text) = value.get() {
            Self::Text(text)
        } else if let Ok(structure) = value.get() {
            Self::Structure(structure)
        } else if let Ok(number) = value.get::<f32>() {
            Self::Real(number.into())
        } else if let Ok(number) = value.get::<u64>() {
            Self::Number(number.into())
        } else if let Ok(number) = value.transform::<i64>().map(|v| v.get::<i64>()) {
            number.map_or(Self::Pointer, |number| Self::Number(number.into()))
        } else {
            Self::Pointer
        }
    }

    fn to_value(&self, spec: &glib::ParamSpec) -> glib::Value {
        let kind = spec.value_type();
        let value = match self {
            Self::Flag(flag) => flag.to_value(),
            Self::Text(text) => text.to_value(),
            Self::Structure(structure) => structure.to_value(),
            Self::Real(number) => number.to_value(),
            Self::Number(number) => match u64::try_from(*number) {
                Ok(number) => number.to_value(),
                Err(_) => i64::try_from(*number).unwrap_or(i64::MIN).to_value(),
            },
            Self::Pointer => return spec.default_value().clone(),
        };
        value
            .transform_with_type(kind)
            .unwrap_or_else(|_| spec.default_value().clone())
    }
}

type Build = Box<dyn Fn(glib::ParamFlags) -> glib::ParamSpec + Send + Sync>;

/// One property of a [`Table`].
pub(crate) struct Property {
    name: &'static str,
    build: Build,
    flags: glib::ParamFlags,
    fresh: Option<Setting>,
    cannot: Option<&'static str>,
}

impl Property {
    fn new(
        name: &'static str,
        build: impl Fn(glib::ParamFlags) -> glib::ParamSpec + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            build: Box::new(build),
            flags: glib::ParamFlags::READWRITE,
            fresh: None,
            cannot: None,
        }
    }

    /// Takes effect when set in NULL or READY.
    pub(crate) fn ready(self) -> Self {
        self.with(gst::PARAM_FLAG_MUTABLE_READY)
    }

    /// Takes effect at any time.
    pub(crate) fn playing(self) -> Self {
        self.with(gst::PARAM_FLAG_MUTABLE_PLAYING)
    }

    /// Is set when the element is made.
    pub(crate) fn construct(self) -> Self {
        self.with(glib::ParamFlags::CONSTRUCT)
    }

    /// Can be controlled.
    pub(crate) fn controllable(self) -> Self {
        self.with(gst::PARAM_FLAG_CONTROLLABLE)
    }

    /// The property's name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Cannot be set.
    pub(crate) fn read_only(mut self) -> Self {
        self.flags.remove(glib::ParamFlags::WRITABLE);
        self
    }

    /// What a new element reads back, where it is not the default.
    pub(crate) fn fresh(mut self, value: Setting) -> Self {
        self.fresh = Some(value);
        self
    }

    /// What is missing here when the property is set to another value than a new element has.
    pub(crate) fn cannot(mut self, what: &'static str) -> Self {
        self.cannot = Some(what);
        self
    }

    fn with(mut self, flags: glib::ParamFlags) -> Self {
        self.flags |= flags;
        self
    }
}

type Text = &'static str;

/// A switch.
pub(crate) fn flag(name: Text, nick: Text, blurb: Text, default: bool) -> Property {
    Property::new(name, move |flags| {
        glib::ParamSpecBoolean::builder(name)
            .nick(nick)
            .blurb(blurb)
            .default_value(default)
            .flags(flags)
            .build()
    })
}

macro_rules! numbers {
    ($(#[$doc:meta] $name:ident: $type:ty, $spec:ident;)*) => {$(
        #[$doc]
        pub(crate) fn $name(
            name: Text,
            nick: Text,
            blurb: Text,
            range: std::ops::RangeInclusive<$type>,
            default: $type,
        ) -> Property {
            Property::new(name, move |flags| {
                glib::$spec::builder(name)
                    .nick(nick)
                    .blurb(blurb)
                    .minimum(*range.start())
                    .maximum(*range.end())
                    .default_value(default)
                    .flags(flags)
                    .build()
            })
        }
    )*};
}

numbers! {
    /// An unsigned number.
    uint: u32, ParamSpecUInt;
    /// A number.
    int: i32, ParamSpecInt;
    /// An unsigned number of 64 bits.
    uint64: u64, ParamSpecUInt64;
    /// A number of 64 bits.
    int64: i64, ParamSpecInt64;
    /// A float.
    float: f32, ParamSpecFloat;
}

/// A string.
pub(crate) fn text(name: Text, nick: Text, blurb: Text, default: Option<Text>) -> Property {
    Property::new(name, move |flags| {
        glib::ParamSpecString::builder(name)
            .nick(nick)
            .blurb(blurb)
            .default_value(default)
            .flags(flags)
            .build()
    })
}

/// An enum.
pub(crate) fn choice<T>(name: Text, nick: Text, blurb: Text, default: T) -> Property
where
    T: StaticType + FromGlib<i32> + IntoGlib<GlibType = i32> + Copy + Send + Sync + 'static,
{
    Property::new(name, move |flags| {
        glib::ParamSpecEnum::builder_with_default(name, default)
            .nick(nick)
            .blurb(blurb)
            .flags(flags)
            .build()
    })
}

/// A structure.
pub(crate) fn structure(name: Text, nick: Text, blurb: Text) -> Property {
    Property::new(name, move |flags| {
        glib::ParamSpecBoxed::builder::<gst::Structure>(name)
            .nick(nick)
            .blurb(blurb)
            .flags(flags)
            .build()
    })
}

/// Flags of buffers, none by default.
pub(crate) fn buffer_flags(name: Text, nick: Text, blurb: Text) -> Property {
    Property::new(name, move |flags| {
        glib::ParamSpecFlags::builder::<gst::BufferFlags>(name)
            .nick(nick)
            .blurb(blurb)
            .flags(flags)
            .build()
    })
}

/// A pointer.
pub(crate) fn pointer(name: Text, nick: Text, blurb: Text) -> Property {
    Property::new(name, move |flags| {
        glib::ParamSpecPointer::builder(name)
            .nick(nick)
            .blurb(blurb)
            .flags(flags)
            .build()
    })
}

/// The properties of an element.
pub(crate) struct Table {
    properties: Vec<Property>,
    specs: Vec<glib::ParamSpec>,
}

impl Table {
    pub(crate) fn new(properties: Vec<Property>) -> Self {
        let specs = properties.iter().map(|p| (p.build)(p.flags)).collect();
        Self { properties, specs }
    }

    /// Whether it has a property of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.properties.iter().any(|property| property.name == name)
    }

    /// As GObject wants them.
    pub(crate) fn specs(&self) -> &[glib::ParamSpec] {
        &self.specs
    }

    fn row(&self, name: &str) -> Option<(&Property, &glib::ParamSpec)> {
        let index = self.properties.iter().position(|p| p.name == name)?;
        Some((&self.properties[index], &self.specs[index]))
    }
}

/// What an element's properties were set to.
#[derive(Debug, Default)]
pub(crate) struct Values {
    set: Mutex<BTreeMap<String, Setting>>,
    told: Mutex<BTreeSet<&'static str>>,
}

impl Values {
    /// Keeps a value. While the object is made, GObject sets defaults, which are no settings.
    pub(crate) fn set(&self, value: &glib::Value, spec: &glib::ParamSpec) {
        let setting = Setting::of(value);
        let mut set = lock(&self.set);
        let constructed = spec.flags().contains(glib::ParamFlags::CONSTRUCT);
        if constructed
            && !set.contains_key(spec.name())
            && setting == Setting::of(spec.default_value())
        {
            return;
        }
        set.insert(spec.name().to_owned(), setting);
    }

    /// A value as GObject wants it.
    pub(crate) fn get(&self, table: &Table, spec: &glib::ParamSpec) -> glib::Value {
        self.setting(table, spec.name())
            .map_or_else(|| spec.default_value().clone(), |s| s.to_value(spec))
    }

    /// The value that was set.
    pub(crate) fn chosen(&self, name: &str) -> Option<Setting> {
        lock(&self.set).get(name).cloned()
    }

    fn setting(&self, table: &Table, name: &str) -> Option<Setting> {
        self.chosen(name)
            .or_else(|| table.row(name)?.0.fresh.clone())
    }

    fn read(&self, table: &Table, name: &str) -> Option<Setting> {
        self.setting(table, name)
            .or_else(|| Some(Setting::of(table.row(name)?.1.default_value())))
    }

    /// A number, or an enum's; 0 for a property of another type.
    pub(crate) fn number(&self, table: &Table, name: &str) -> i128 {
        match self.read(table, name) {
            Some(Setting::Number(number)) => number,
            _ => 0,
        }
    }

    /// A switch; off for a property of another type.
    pub(crate) fn flag(&self, table: &Table, name: &str) -> bool {
        self.read(table, name) == Some(Setting::Flag(true))
    }

    /// A string; empty when there is none.
    pub(crate) fn text(&self, table: &Table, name: &str) -> String {
        match self.read(table, name) {
            Some(Setting::Text(Some(text))) => text,
            _ => String::new(),
        }
    }

    /// Sets on another element what was set here, where it has a property of the name, but for `others`.
    pub(crate) fn hand_on(&self, element: &gst::Element, others: &[&str]) {
        for (name, setting) in &*lock(&self.set) {
            if let Some(spec) = element.find_property(name)
                && spec.flags().contains(glib::ParamFlags::WRITABLE)
                && !others.contains(&name.as_str())
            {
                element.set_property_from_value(name, &setting.to_value(&spec));
            }
        }
    }

    /// Posts a warning for each property that is set and cannot be done here, once.
    pub(crate) fn complain(&self, table: &Table, element: &gst::Element) {
        let texts: Vec<String> = table
            .properties
            .iter()
            .zip(&table.specs)
            .filter_map(|(property, spec)| {
                let cannot = property.cannot?;
                let usual = property.fresh.clone();
                let usual = usual.unwrap_or_else(|| Setting::of(spec.default_value()));
                let differs = self.chosen(property.name)? != usual;
                (differs && lock(&self.told).insert(property.name))
                    .then(|| format!("{}: {cannot}", property.name))
            })
            .collect();
        for text in texts {
            gst::element_warning!(element, gst::LibraryError::Settings, ("{text}"));
        }
    }
}

/// The part of `ObjectImpl` that a table makes: `$table` is a `LazyLock<Table>`, `self.values` the
/// [`Values`]; `$changed` is called with a property's name after it was set.
macro_rules! table_properties {
    ($table:path, $changed:expr) => {
        fn properties() -> &'static [glib::ParamSpec] {
            $table.specs()
        }

        fn set_property(&self, _id: usize, value: &glib::Value, spec: &glib::ParamSpec) {
            self.values.set(value, spec);
            #[allow(clippy::redundant_closure_call)]
            ($changed)(self, spec.name());
        }

        fn property(&self, _id: usize, spec: &glib::ParamSpec) -> glib::Value {
            self.values.get(&$table, spec)
        }
    };
}
pub(crate) use table_properties;

#[cfg(test)]
mod tests;
