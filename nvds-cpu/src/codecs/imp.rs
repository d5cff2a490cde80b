use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use glib::subclass::prelude::*;
use gst::prelude::*;
use gst::subclass::prelude::*;
use nvds::lock;

use super::inside::Inside;
use super::kind::{self, Kind};
use super::passing::{self, Wishes};
use super::settings::Settings;
use super::table;
use crate::caps;
use crate::children;
use crate::table::{Table, Values, table_properties};
use crate::whole::{self, Whole};

/// The parts that all of these bins share.
struct Core<'a> {
    kind: &'static Kind,
    table: &'static Table,
    values: &'a Values,
    inside: &'a Mutex<Option<Inside>>,
    pads: [&'a gst::GhostPad; 2],
    bin: &'a gst::Bin,
}

impl Core<'_> {
    fn settings(&self) -> Settings<'_> {
        Settings {
            table: self.table,
            values: self.values,
        }
    }

    /// Fills the bin.
    fn fill(&self) -> Result<(), String> {
        let inside = Inside::new(self.kind)?;
        inside.configure(self.kind, &self.settings());
        let text = |error: glib::BoolError| error.to_string();
        self.bin.add_many(&inside.elements).map_err(text)?;
        gst::Element::link_many(&inside.elements).map_err(text)?;
        let (first, last) = inside.ends().ok_or("no pads")?;
        self.pads[0].set_target(Some(&first)).map_err(text)?;
        self.pads[1].set_target(Some(&last)).map_err(text)?;
        *lock(self.inside) = Some(inside);
        Ok(())
    }

    fn empty(&self) {
        let Some(inside) = lock(self.inside).take() else {
            return;
        };
        for pad in self.pads {
            let _ = pad.set_target(None::<&gst::Pad>);
        }
        for element in inside.elements {
            let _ = element.set_state(gst::State::Null);
            let _ = self.bin.remove(&element);
        }
    }

    /// Hands properties on to the elements inside, if there are any.
    fn configure(&self) {
        if let Some(inside) = &*lock(self.inside) {
            inside.configure(self.kind, &self.settings());
        }
    }

    /// Only encoders of video have B frames and `copy-meta`.
    fn wishes(&self) -> Wishes {
        Wishes {
            metadata: self.values.flag(self.table, "copy-meta"),
            times: self.values.number(self.table, "num-B-Frames") == 0,
        }
    }

    /// Before the parent's.
    fn before(&self, transition: gst::StateChange) -> Result<(), gst::StateChangeError> {
        match transition {
            gst::StateChange::NullToReady => self.fill().map_err(|error| {
                gst::element_error!(self.bin, gst::CoreError::MissingPlugin, ("{error}"));
                gst::StateChangeError
            }),
            gst::StateChange::ReadyToPaused => {
                self.configure();
                self.values.complain(self.table, self.bin.upcast_ref());
                for doubt in self.settings().doubts() {
                    gst::element_warning!(self.bin, gst::LibraryError::Settings, ("{doubt}"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn metadata(kind: &Kind) -> gst::subclass::ElementMetadata {
    gst::subclass::ElementMetadata::new(
        kind.long_name,
        kind.class,
        kind.description,
        env!("CARGO_PKG_AUTHORS"),
    )
}

macro_rules! codec {
    ($name:ident, $type:literal, $kind:expr, $table:path) => {
        pub struct $name {
            values: Values,
            inside: Mutex<Option<Inside>>,
            sink: gst::GhostPad,
            src: gst::GhostPad,
            /// Of decoders.
            whole: OnceLock<Arc<Whole>>,
        }

        impl $name {
            fn with_core<T>(&self, work: impl FnOnce(&Core<'_>) -> T) -> T {
                work(&Core {
                    kind: &$kind,
                    table: &$table,
                    values: &self.values,
                    inside: &self.inside,
                    pads: [&self.sink, &self.src],
                    bin: self.obj().upcast_ref(),
                })
            }
        }

        #[glib::object_subclass]
        impl ObjectSubclass for $name {
            const NAME: &'static str = $type;
            type Type = super::$name;
            type ParentType = gst::Bin;

            fn with_class(class: &Self::Class) -> Self {
                let pad = |name| {
                    let template = class
                        .pad_template(name)
                        .expect("templates are declared below");
                    gst::GhostPad::builder_from_template(&template).build()
                };
                Self {
                    values: Values::default(),
                    inside: Mutex::default(),
                    sink: pad("sink"),
                    src: pad("src"),
                    whole: OnceLock::new(),
                }
            }
        }

        impl ObjectImpl for $name {
            table_properties!($table, |imp: &Self, name: &str| {
                // The only one that may change on the way.
                if name == "bitrate" {
                    imp.with_core(|core| core.configure());
                }
            });

            fn constructed(&self) {
                self.parent_constructed();
                let obj = self.obj();
                let element = obj.downgrade();
                passing::watch(&self.sink, &self.src, move || {
                    element
                        .upgrade()
                        .map(|e| e.imp().with_core(|core| core.wishes()))
                        .unwrap_or_default()
                });
                if $kind.raw.is_none() {
                    let whole = whole::watch(self.sink.upcast_ref(), self.src.upcast_ref());
                    let _ = self.whole.set(whole);
                }
                for pad in [&self.sink, &self.src] {
                    obj.add_pad(pad).expect("a new element has no such pad");
                }
            }
        }

        impl GstObjectImpl for $name {}

        impl ElementImpl for $name {
            fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
                static METADATA: LazyLock<gst::subclass::ElementMetadata> =
                    LazyLock::new(|| metadata(&$kind));
                Some(&METADATA)
            }

            fn pad_templates() -> &'static [gst::PadTemplate] {
                static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                    let always = gst::PadPresence::Always;
                    vec![
                        caps::template("sink", gst::PadDirection::Sink, always, $kind.sink),
                        caps::template("src", gst::PadDirection::Src, always, $kind.src),
                    ]
                });
                &TEMPLATES
            }

            fn change_state(
                &self,
                transition: gst::StateChange,
            ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
                self.with_core(|core| core.before(transition))?;
                if let (gst::StateChange::ReadyToPaused, Some(whole)) =
                    (transition, self.whole.get())
                {
                    whole.reset();
                }
                let result = self.parent_change_state(transition);
                let down = transition == gst::StateChange::ReadyToNull;
                let failed = result.is_err() && transition == gst::StateChange::NullToReady;
                if down || failed {
                    self.with_core(|core| core.empty());
                }
                result
            }
        }

        impl BinImpl for $name {
            fn handle_message(&self, message: gst::Message) {
                if let (gst::MessageType::Error, Some(whole)) = (message.type_(), self.whole.get())
                {
                    whole.fail();
                }
                let own = children::own(self.obj().upcast_ref(), message);
                self.parent_handle_message(own);
            }
        }
    };
}

codec!(H264Enc, "nvv4l2h264enc", kind::H264ENC, table::H264);
codec!(H265Enc, "nvv4l2h265enc", kind::H265ENC, table::H265);
codec!(JpegEnc, "GstNvJpegEnc", kind::JPEGENC, table::JPEGENC);
codec!(ImageEnc, "GstNvImageEnc", kind::IMAGEENC, table::IMAGEENC);
codec!(JpegDec, "GstNvJpegDec", kind::JPEGDEC, table::JPEGDEC);
codec!(ImageDec, "GstNvImageDec", kind::IMAGEDEC, table::IMAGEDEC);
