//! Libraries of DeepStream's that applications link beside the metadata library, as far as they make sense without a GPU:
//!
//! | library | functions | module |
//! | --- | --- | --- |
//! | `libnvds_yml_parser.so` | `nvds_parse_*` | [`yml_parser`] |
//! | `libnvdsgst_helper.so` | `gst_nvmessage_*`, `gst_nvevent_*`, `configure_source_for_ntp_sync` | [`helper`] |
//! | `libnvbufsurface.so` | `NvBufSurface*` on surfaces of the stand-ins | [`surface`] |
//! | `libnvds_utils.so` | `nvds_version`, `nvds_version_print` | [`version`] |
//!
//! One file has all these names (`scripts/link-stubs.sh`). Names and arguments are those of DeepStream's public headers; the code is this
//! project's. What goes wrong is told on standard error, with what was expected, as DeepStream's functions do.

mod element;
pub mod helper;
pub mod surface;
pub mod version;
mod yaml;
pub mod yml_parser;

/// Tells the application's user what went wrong.
fn complain(text: &str) {
    eprintln!("nvds-stubs: {text}");
}
