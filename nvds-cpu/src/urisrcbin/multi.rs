use std::sync::{LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use gst::subclass::prelude::*;
use nvds::lock;

use super::multi_table::TABLE;
use crate::table::{Values, table_properties};
use crate::{caps, children};

const CAPS: &str = "video/x-raw(memory:NVMM), format=(string){ NV12, RGBA, I420 }, width=(int)[ 1, 2147483647 ], \
    height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]; \
    audio/x-raw(memory:NVMM), format=(string){ S16LE, F32LE }, layout=(string)interleaved, \
    channels=(int)[ 1, 2147483647 ], rate=(int)[ 1, 2147483647 ]";

pub struct MultiUriSrcBin {
    values: Values,
    src: gst::GhostPad,
    filled: Mutex<bool>,
}

impl MultiUriSrcBin {
    fn uris(&self) -> Result<Vec<String>, String> {
        let list = self.values.text(&TABLE, "uri-list");
        let uris: Vec<_> = list
            .split(',')
            .map(str::trim)
            .filter(|uri| !uri.is_empty())
            .map(str::to_owned)
            .collect();
        if uris.is_empty() {
            return Err(
                "uri-list is empty: expected URIs with commas between; sources are not added by REST here".into(),
            );
        }
        let most = self.values.number(&TABLE, "max-batch-size");
        if uris.len() as i128 > most {
            return Err(format!(
                "uri-list has {} URIs, but max-batch-size is {most}: expected at least as much",
                uris.len()
            ));
        }
        Ok(uris)
    }

    fn fill(&self) -> Result<(), String> {
        let text = |error: glib::BoolError| error.to_string();
        let uris = self.uris()?;
        let obj = self.obj();
        let mux = children::make("nvstreammux")?;
        self.values.hand_on(&mux, &[]);
        children::set(
            &mux,
            "batch-size",
            &self.values.number(&TABLE, "max-batch-size").to_string(),
        );
        obj.add(&mux).map_err(text)?;
        for (number, uri) in uris.iter().enumerate() {
            let source = children::make("nvurisrcbin")?;
            // Those of the mux have the same names, but are not the sources'.
            self.values.hand_on(&source, &["extract-sei-type5-data"]);
            source.set_property("uri", uri);
            children::set(&source, "source-id", &number.to_string());
            let sink = mux
                .request_pad_simple(&format!("sink_{number}"))
                .ok_or("nvstreammux has no pad left")?;
            source.connect_pad_added(move |source, pad| {
                if pad.name().starts_with("vsrc")
                    && let Err(error) = pad.link(&sink)
                {
                    gst::element_error!(
                        source,
                        gst::CoreError::Negotiation,
                        ("cannot link {}: {error}", pad.name())
                    );
                }
            });
            obj.add(&source).map_err(text)?;
        }
        let src = mux.static_pad("src").ok_or("nvstreammux has no pad")?;
        self.src.set_target(Some(&src)).map_err(text)
    }

    fn empty(&self) {
        let _ = self.src.set_target(None::<&gst::Pad>);
        let obj = self.obj();
        for child in obj.children() {
            let _ = child.set_state(gst::State::Null);
            let _ = obj.remove(&child);
        }
        *lock(&self.filled) = false;
    }
}

#[glib::object_subclass]
impl ObjectSubclass for MultiUriSrcBin {
    const NAME: &'static str = "GstDsNvMultiUriBin";
    type Type = super::MultiUriSrcBin;
    type ParentType = gst::Bin;

    fn with_class(class: &Self::Class) -> Self {
        let template = class
            .pad_template("src")
            .expect("the template is declared below");
        Self {
            values: Values::default(),
            src: gst::GhostPad::builder_from_template(&template).build(),
            filled: Mutex::default(),
        }
    }
}

impl ObjectImpl for MultiUriSrcBin {
    table_properties!(TABLE, |_: &Self, _: &str| ());

    fn constructed(&self) {
        self.parent_constructed();
        self.obj()
            .add_pad(&self.src)
            .expect("a new element has no such pad");
    }
}

impl GstObjectImpl for MultiUriSrcBin {}

impl ElementImpl for MultiUriSrcBin {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NvMultiUri Bin",
                "NvMultiUri Bin",
                "Batches what several URIs lead to (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            vec![caps::template(
                "src",
                gst::PadDirection::Src,
                gst::PadPresence::Always,
                CAPS,
            )]
        });
        &TEMPLATES
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        let up = transition == gst::StateChange::NullToReady;
        if up && !std::mem::replace(&mut *lock(&self.filled), true) {
            self.values.complain(&TABLE, self.obj().upcast_ref());
            if let Err(error) = self.fill() {
                gst::element_imp_error!(self, gst::LibraryError::Settings, ("{error}"));
                self.empty();
                return Err(gst::StateChangeError);
            }
        }
        let result = self.parent_change_state(transition);
        if (up && result.is_err()) || transition == gst::StateChange::ReadyToNull {
            self.empty();
        }
        result
    }
}

impl BinImpl for MultiUriSrcBin {
    fn handle_message(&self, message: gst::Message) {
        self.parent_handle_message(children::own(self.obj().upcast_ref(), message));
    }
}
