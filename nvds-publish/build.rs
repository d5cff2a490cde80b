//! Version and release date for the plugin.

fn main() {
    gst_plugin_version_helper::info();
}
