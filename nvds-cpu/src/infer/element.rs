//! What the two elements do alike with GStreamer: errors, logs, pads, properties without effect.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_video::VideoFormat;

use super::engine::EngineError;
pub use super::notes::log_notes;
use super::runner::{Outcome, Runner};
use super::session::SessionError;
use super::types::ConfigError;
use crate::caps;

/// Name of the structure in the event that changes the interval of a running element.
const INTERVAL_EVENT: &str = "nv-infer-interval-update";
const CALLBACKS: [(&str, &str); 2] = [
    (
        "raw-output-generated-callback",
        "Raw Output Generated Callback",
    ),
    (
        "raw-output-generated-userdata",
        "Raw Output Generated UserData",
    ),
];

/// A property that does not fit.
pub fn settings_error(message: &str) -> gst::ErrorMessage {
    gst::error_msg!(gst::LibraryError::Settings, ("{message}"))
}

/// The classes in a property's text. gst-nvinfer takes any character between them.
pub fn class_ids<T: std::str::FromStr + Ord>(
    property: &str,
    text: &str,
) -> Result<BTreeSet<T>, gst::ErrorMessage> {
    let items = text.split([':', ';', ',', ' ']);
    items
        .filter(|item| !item.is_empty())
        .map(|item| {
            // Whatever the type, class indices are 0 or more.
            let number = item.parse().ok().filter(|_| !item.starts_with('-'));
            number.ok_or_else(|| {
                settings_error(&format!(
                    "{property}={text}: expected class indices as 0;2;3, found \"{item}\""
                ))
            })
        })
        .collect()
}

/// A configuration file that does not fit.
pub fn config_error(error: ConfigError) -> gst::ErrorMessage {
    gst::error_msg!(gst::LibraryError::Settings, ("{error}"))
}

/// A model that cannot be loaded.
pub fn engine_error(error: EngineError) -> gst::ErrorMessage {
    match error {
        EngineError::Config(error) => config_error(error),
        EngineError::Session(error @ SessionError::Model { .. }) => {
            gst::error_msg!(gst::ResourceError::OpenRead, ("{error}"))
        }
        EngineError::Session(error @ SessionError::NoLibrary { .. }) => {
            gst::error_msg!(gst::LibraryError::Init, ("{error}"))
        }
        error => gst::error_msg!(gst::LibraryError::Failed, ("{error}")),
    }
}

/// Finds the metadata library, so that its absence shows before any buffer comes.
fn check_library() -> Result<(), gst::ErrorMessage> {
    match nvds::library() {
        Ok(_) => Ok(()),
        Err(error) => Err(gst::error_msg!(gst::LibraryError::Init, ("{error}"))),
    }
}

/// Tells that a property counts and not what the configuration file says, as nvinferserver does.
pub fn file_overridden(element: &gst::Element, property: &str, value: u32) {
    gst::element_warning!(
        element,
        gst::LibraryError::Settings,
        ("Configuration file {property} reset to: {value}")
    );
}

/// Tells that a model given while playing could not be loaded and the old one goes on.
fn reload_failed(
    category: gst::DebugCategory,
    element: &gst::Element,
    file: &Path,
    error: &gst::ErrorMessage,
) {
    gst::warning!(
        category,
        obj = element,
        "{} was not loaded: {error:?}",
        file.display()
    );
    gst::element_warning!(
        element,
        gst::LibraryError::Settings,
        (
            "{} was not loaded, the model before it goes on",
            file.display()
        ),
        ["{error:?}"]
    );
}

/// The element's properties and the two of pointer type that C applications set.
pub fn with_callbacks(properties: &[glib::ParamSpec]) -> Vec<glib::ParamSpec> {
    let callbacks = CALLBACKS.iter().map(|(name, nick)| {
        glib::ParamSpecPointer::builder(name)
            .nick(nick)
            .blurb("Accepted for the stock element's sake; nothing is called on the CPU")
            .mutable_ready()
            .build()
    });
    properties.iter().cloned().chain(callbacks).collect()
}

/// Whether a property is one of those of [`with_callbacks`].
pub fn is_callback(pspec: &glib::ParamSpec) -> bool {
    CALLBACKS.iter().any(|(name, _)| *name == pspec.name())
}

/// Warns that a callback will not be called.
pub fn callback_ignored(
    category: &gst::DebugCategory,
    element: &gst::Element,
    pspec: &glib::ParamSpec,
) {
    gst::warning!(
        category,
        obj = element,
        "{} has no effect on the CPU",
        pspec.name()
    );
}

/// The pads, which take what the two stock elements take.
pub fn pad_templates() -> &'static [gst::PadTemplate] {
    static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
        caps::in_line(&caps::nvmm_template(&[
            VideoFormat::Nv12,
            VideoFormat::Rgba,
        ]))
    });
    &TEMPLATES
}

/// The streaming of an [`Inferring`] element. Buffers are never written to, so they pass through.
macro_rules! base_transform {
    ($element:ty) => {
        impl BaseTransformImpl for $element {
            const MODE: gst_base::subclass::BaseTransformMode =
                gst_base::subclass::BaseTransformMode::AlwaysInPlace;
            const PASSTHROUGH_ON_SAME_CAPS: bool = true;
            const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

            fn start(&self) -> Result<(), gst::ErrorMessage> {
                self.start_model()
            }

            fn stop(&self) -> Result<(), gst::ErrorMessage> {
                self.stop_model();
                Ok(())
            }

            fn sink_event(&self, event: gst::Event) -> bool {
                self.update_interval(&event);
                self.forget_source(&event);
                self.parent_sink_event(event)
            }

            fn transform_ip_passthrough(
                &self,
                buffer: &gst::Buffer,
            ) -> Result<gst::FlowSuccess, gst::FlowError> {
                self.infer(buffer)
            }

            fn transform_ip(
                &self,
                buffer: &mut gst::BufferRef,
            ) -> Result<gst::FlowSuccess, gst::FlowError> {
                self.infer(buffer)
            }
        }
    };
}
pub(crate) use base_transform;

/// The model of an element, from start to stop. Another may take its place between two buffers.
#[derive(Debug, Default)]
pub struct Model {
    /// There while started.
    runner: Mutex<Option<Runner>>,
    /// What came of the configuration that was named since, and its name.
    next: Mutex<Option<(String, Result<Runner, gst::ErrorMessage>)>>,
    /// How often a configuration was named, so that the last one counts and not the slowest to load.
    named: AtomicU64,
    /// There is a runner. Told apart from it because that is locked while a buffer is inferred.
    running: AtomicBool,
    /// The configuration was named while the element was starting.
    stale: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Model {
    /// Held while a buffer is inferred, so neither logs nor messages nor signals may happen under it, and no setter of a
    /// property may take it.
    fn runner(&self) -> MutexGuard<'_, Option<Runner>> {
        lock(&self.runner)
    }
}

/// What the two elements do alike with a model.
pub trait Inferring: ElementImpl {
    /// For logs.
    fn category() -> gst::DebugCategory;

    /// The model.
    fn model(&self) -> &Model;

    /// The name of the configuration.
    fn config_file_path(&self) -> String;

    /// Loads configuration and model.
    fn load(&self) -> Result<Runner, gst::ErrorMessage>;

    /// Told when another configuration was loaded in the middle of the stream, or could not be.
    fn reloaded(&self, _path: &str, _success: bool) {}

    /// At the start of the element.
    fn start_model(&self) -> Result<(), gst::ErrorMessage> {
        check_library()?;
        let model = self.model();
        model.stale.store(false, Ordering::SeqCst);
        *lock(&model.next) = None;
        let runner = self.load()?;
        *model.runner() = Some(runner);
        model.running.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// When the element stops.
    fn stop_model(&self) {
        let model = self.model();
        model.running.store(false, Ordering::SeqCst);
        *model.runner() = None;
        *lock(&model.next) = None;
    }

    /// To be called when the configuration has been named, without a lock. A running element loads it here, on the
    /// thread that names it: the stream does not wait for a slow disk and takes the model at its next buffer.
    fn config_named(&self) {
        let model = self.model();
        let turn = model.named.fetch_add(1, Ordering::SeqCst) + 1;
        if !model.running.load(Ordering::SeqCst) {
            model.stale.store(true, Ordering::SeqCst);
            return;
        }
        let path = self.config_file_path();
        let loaded = self.load();
        let mut next = lock(&model.next);
        if model.named.load(Ordering::SeqCst) == turn {
            *next = Some((path, loaded));
        }
    }

    /// Takes the new interval, if that is what an event is about.
    fn update_interval(&self, event: &gst::EventRef) {
        let Some(structure) = event.structure().filter(|s| s.name() == INTERVAL_EVENT) else {
            return;
        };
        let obj = self.obj();
        let (category, element) = (Self::category(), obj.upcast_ref::<gst::Element>());
        match structure.get("interval") {
            Ok(interval) => {
                if let Some(runner) = &mut *self.model().runner() {
                    runner.set_interval(interval);
                }
                gst::info!(category, obj = element, "interval is now {interval}");
            }
            Err(error) => gst::warning!(
                category,
                obj = element,
                "the event {INTERVAL_EVENT} changes nothing: {error}"
            ),
        }
    }

    /// Forgets a source's objects, if that is what an event is about.
    fn forget_source(&self, event: &gst::EventRef) {
        if let Some(source) = nvds::event::parse_source_gone(event)
            && let Some(runner) = &mut *self.model().runner()
        {
            runner.forget(source);
        }
    }

    /// Infers one buffer, with the configuration that was named last. When that cannot be loaded, the
    /// model before goes on.
    fn infer(&self, buffer: &gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
        let obj = self.obj();
        let (category, element) = (Self::category(), obj.upcast_ref::<gst::Element>());
        let next = if self.model().stale.swap(false, Ordering::SeqCst) {
            Some((self.config_file_path(), self.load()))
        } else {
            lock(&self.model().next).take()
        };
        if let Some((path, result)) = next {
            let success = result.is_ok();
            match result {
                Ok(mut new) => {
                    let mut runner = self.model().runner();
                    if let Some(old) = &mut *runner {
                        new.succeed(old);
                    }
                    *runner = Some(new);
                }
                Err(error) => reload_failed(category, element, Path::new(&path), &error),
            }
            self.reloaded(&path, success);
        }
        let result = run(self.model().runner().as_mut(), buffer);
        tell(category, element, result)
    }
}

/// What a buffer came to: a flow return with texts to warn about, or the element's error.
type BufferResult = Result<(gst::FlowSuccess, Vec<String>), gst::ErrorMessage>;

/// One buffer. Nothing is logged or posted here, because this runs under the element's lock.
fn run(runner: Option<&mut Runner>, buffer: &gst::BufferRef) -> BufferResult {
    let Some(runner) = runner else {
        return Err(gst::error_msg!(
            gst::CoreError::StateChange,
            ("the element is not started")
        ));
    };
    match runner.run(buffer) {
        Ok(Outcome::Inferred(warnings)) => Ok((gst::FlowSuccess::Ok, warnings)),
        Ok(Outcome::Skipped) => Ok((gst::FlowSuccess::Ok, Vec::new())),
        Ok(Outcome::Dropped) => Ok((gst_base::BASE_TRANSFORM_FLOW_DROPPED, Vec::new())),
        Err(error) => Err(gst::error_msg!(
            gst::StreamError::Failed,
            ("{error}"),
            ["PTS {:?}", buffer.pts()]
        )),
    }
}

/// Tells what became of a buffer. Handlers of the message may call the element back: no lock may be held.
fn tell(
    category: gst::DebugCategory,
    element: &gst::Element,
    result: BufferResult,
) -> Result<gst::FlowSuccess, gst::FlowError> {
    match result {
        Ok((success, warnings)) => {
            for warning in warnings {
                gst::warning!(category, obj = element, "{warning}");
                gst::element_warning!(element, gst::StreamError::Failed, ("{warning}"));
            }
            Ok(success)
        }
        Err(error) => {
            gst::error!(category, obj = element, "{error:?}");
            element.post_error_message(error);
            Err(gst::FlowError::Error)
        }
    }
}
