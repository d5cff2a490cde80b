use std::sync::{Arc, LazyLock, Mutex};
use std::time::Instant;

use glib::subclass::Signal;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst::subclass::prelude::*;
use nvds::lock;

use super::CAT;
use super::inside::{Inside, configure};
use super::reconnect::Verdict;
use super::table::TABLE;
use crate::table::{Values, table_properties};
use crate::{caps, children};

const VIDEO_CAPS: &str = "video/x-raw(memory:NVMM), format=(string){ I420, NV12, P010_10LE, BGRx, RGBA, GRAY8 }, \
    width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]; \
    video/x-raw, format=(string){ I420, P010_10LE, NV12, BGRx, RGBA, GRAY8 }, \
    width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]";
const AUDIO_CAPS: &str = "audio/x-raw, format=(string){ F64LE, F64BE, F32LE, F32BE, S32LE, S32BE, U32LE, U32BE, \
    S24_32LE, S24_32BE, U24_32LE, U24_32BE, S24LE, S24BE, U24LE, U24BE, S20LE, S20BE, U20LE, U20BE, S18LE, S18BE, \
    U18LE, U18BE, S16LE, S16BE, U16LE, U16BE, S8, U8 }, rate=(int)[ 1, 2147483647 ], channels=(int)[ 1, 2147483647 ]";

#[derive(Default)]
pub struct UriSrcBin {
    values: Values,
    inside: Mutex<Option<Arc<Inside>>>,
}

impl UriSrcBin {
    fn inside(&self) -> Option<Arc<Inside>> {
        lock(&self.inside).clone()
    }

    fn fail(&self, error: &str) {
        gst::element_imp_error!(self, gst::LibraryError::Settings, ("{error}"));
    }

    fn fill(&self) -> Result<(), String> {
        let inside = Arc::new(Inside::new(&self.values)?);
        self.connect(&inside);
        self.obj()
            .add(&inside.decode)
            .map_err(|error| error.to_string())?;
        if inside.watch.is_some() {
            let bin = self.obj().downgrade();
            inside.start_timer(move || {
                if let Some(bin) = bin.upgrade() {
                    bin.imp().look();
                }
            });
        }
        *lock(&self.inside) = Some(inside);
        Ok(())
    }

    /// Follows uridecodebin.
    fn connect(&self, inside: &Inside) {
        let bin = self.obj().downgrade();
        if let Some(decode) = inside.decode.downcast_ref::<gst::Bin>() {
            decode.connect_deep_element_added(move |_, _, element| {
                if let Some(bin) = bin.upgrade() {
                    configure(element, &bin.imp().values);
                }
            });
        }
        let bin = self.obj().downgrade();
        inside.decode.connect_pad_added(move |_, pad| {
            if let Some(bin) = bin.upgrade() {
                bin.imp().attach(pad);
            }
        });
        let bin = self.obj().downgrade();
        inside.decode.connect_no_more_pads(move |_| {
            if let Some(bin) = bin.upgrade() {
                bin.no_more_pads();
            }
        });
    }

    fn attach(&self, pad: &gst::Pad) {
        let Some(inside) = self.inside() else { return };
        if pad.direction() == gst::PadDirection::Src
            && let Err(error) = inside.attach(self.obj().upcast_ref(), &self.values, pad)
        {
            self.fail(&error);
        }
    }

    /// Looks after the connection.
    fn look(&self) {
        let Some(inside) = self.inside() else { return };
        let Some(watch) = &inside.watch else { return };
        match watch.look(Instant::now()) {
            Verdict::Wait => (),
            Verdict::Reconnect => {
                gst::warning!(CAT, imp = self, "connecting again");
                inside.reconnect();
            }
            Verdict::GiveUp => {
                let uri = self.values.text(&TABLE, "uri");
                gst::element_imp_error!(
                    self,
                    gst::ResourceError::Read,
                    ("nothing comes from {uri}, and no attempt is left of rtsp-reconnect-attempts")
                );
            }
        }
    }

    fn empty(&self) {
        let Some(inside) = lock(&self.inside).take() else {
            return;
        };
        inside.stop_timer();
        let obj = self.obj();
        for pad in obj.src_pads() {
            let _ = pad.set_active(false);
            let _ = obj.remove_pad(&pad);
        }
        for child in obj.children() {
            let _ = child.set_state(gst::State::Null);
            let _ = obj.remove(&child);
        }
    }
}

#[glib::object_subclass]
impl ObjectSubclass for UriSrcBin {
    const NAME: &'static str = "GstDsNvUriSrcBin";
    type Type = super::UriSrcBin;
    type ParentType = gst::Bin;
}

impl ObjectImpl for UriSrcBin {
    table_properties!(TABLE, |_: &Self, _: &str| ());

    fn constructed(&self) {
        self.parent_constructed();
        // As a new stock element has it: pads come late.
        self.obj().set_property("async-handling", true);
    }

    /// Recording is asked for by signals, too.
    fn signals() -> &'static [Signal] {
        static SIGNALS: LazyLock<Vec<Signal>> = LazyLock::new(|| {
            let refuse = |arguments: &[glib::Value]| {
                if let Some(Ok(bin)) = arguments.first().map(|bin| bin.get::<super::UriSrcBin>()) {
                    gst::element_warning!(
                        bin,
                        gst::LibraryError::Settings,
                        ("smart recording is not done here: nothing is recorded")
                    );
                }
            };
            let (pointer, number) = (glib::Type::POINTER, u32::static_type());
            let asked = |name, types: &[glib::Type]| {
                let signal = Signal::builder(name)
                    .action()
                    .param_types(types.iter().copied());
                signal
                    .class_handler(move |arguments| {
                        refuse(arguments);
                        None
                    })
                    .build()
            };
            vec![
                asked("start-sr", &[pointer, number, number, pointer]),
                asked("stop-sr", &[number]),
                Signal::builder("sr-done")
                    .param_types([pointer, pointer])
                    .build(),
            ]
        });
        &SIGNALS
    }
}

impl GstObjectImpl for UriSrcBin {}

impl ElementImpl for UriSrcBin {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NvUriSrc Bin",
                "NvUriSrc Bin",
                "Decodes what a URI leads to into surfaces (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let (src, sometimes) = (gst::PadDirection::Src, gst::PadPresence::Sometimes);
            vec![
                caps::template("vsrc_%u", src, sometimes, VIDEO_CAPS),
                caps::template("asrc_%u", src, sometimes, AUDIO_CAPS),
            ]
        });
        &TEMPLATES
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::ReadyToPaused {
            self.values.complain(&TABLE, self.obj().upcast_ref());
            if let Err(error) = self.fill() {
                self.fail(&error);
                return Err(gst::StateChangeError);
            }
        }
        let result = self.parent_change_state(transition);
        let failed = result.is_err() && transition == gst::StateChange::ReadyToPaused;
        if failed || transition == gst::StateChange::PausedToReady {
            self.empty();
        }
        result
    }
}

impl BinImpl for UriSrcBin {
    fn handle_message(&self, message: gst::Message) {
        if message.type_() == gst::MessageType::Error
            && let Some(inside) = self.inside()
            && inside
                .watch
                .as_ref()
                .is_some_and(|watch| watch.fail(Instant::now()))
        {
            gst::warning!(CAT, imp = self, "connecting again after {message:?}");
            return;
        }
        self.parent_handle_message(children::own(self.obj().upcast_ref(), message));
    }
}
