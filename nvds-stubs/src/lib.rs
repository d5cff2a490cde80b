//! Libraries of DeepStream's that applications link beside the metadata library, as far as they make sense without a GPU:
//!
//! | library | functions | module |
//! | --- | --- | --- |
//! | `libnvds_yml_parser.so` | `nvds_parse_*` | [`yml_parser`] |
//! | `libnvdsgst_helper.so` | `gst_nvmessage_*`, `gst_nvevent_*`, `configure_source_for_ntp_sync` | [`helper`] |
//! | `libnvbufsurface.so` | `NvBufSurface*` on surfaces of the stand-ins, and of an application's own | [`surface`], [`create`] |
//! | `libnvbufsurftransform.so` | `NvBufSurfTransform*` | [`transform`] |
//! | `libnvds_batch_jpegenc.so` | `nvds_obj_enc_*` | [`obj_enc`] |
//! | `libnvdsgst_customhelper.so` | `gst_nvevent_*`, `gst_nvmessage_*` of DeepStream's own elements | [`custom_event`], [`custom_message`] |
//! | `libnvds_msgbroker.so`, `libnvdsgst_smartrecord.so` | `nv_msgbroker_*`, `NvDsSR*`, which fail | [`away`] |
//! | `libnvds_logger.so` | `nvds_log` | [`logger`] |
//! | `libnvds_utils.so` | `nvds_version`, `nvds_version_print` | [`version`] |
//!
//! One file has all these names (`scripts/link-stubs.sh`). Names and arguments are those of DeepStream's public headers; the code is this
//! project's. What goes wrong is told on standard error, with what was expected, as DeepStream's functions do.

pub mod away;
pub mod create;
pub mod custom_event;
pub mod custom_message;
mod element;
pub mod helper;
mod jpeg;
pub mod logger;
pub mod obj_enc;
mod picture;
pub mod surface;
pub mod transform;
pub mod version;
mod yaml;
pub mod yml_parser;

/// Tells the application's user what went wrong.
fn complain(text: &str) {
    eprintln!("nvds-stubs: {text}");
}
