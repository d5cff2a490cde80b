//! Getters and setters of the properties that are made into a style.

use super::OsdAnnotate;
use crate::element::lock;
use crate::osdannotate::objects::ObjectText;
use crate::osdannotate::settings::*;

/// Declares getters and setters of settings that are made into a style.
macro_rules! accessors {
    ($($get:ident, $set:ident: $type:ty;)*) => {
        $(
            pub(super) fn $get(&self) -> $type {
                lock(&self.settings).settings.$get.clone()
            }

            pub(super) fn $set(&self, value: $type) {
                self.change(|settings| settings.$get = value);
            }
        )*
    };
}

impl OsdAnnotate {
    accessors! {
        text_x, set_text_x: u32;
        text_y, set_text_y: u32;
        font_size, set_font_size: u32;
        post_messages, set_post_messages: bool;
        object_text, set_object_text: ObjectText;
    }

    pub(super) fn frame_text(&self) -> String {
        lock(&self.settings).settings.frame_text.clone()
    }

    pub(super) fn set_frame_text(&self, text: Option<String>) {
        self.change(|settings| settings.frame_text = text.unwrap_or_default());
    }

    pub(super) fn font(&self) -> String {
        lock(&self.settings).settings.font.clone()
    }

    pub(super) fn set_font(&self, font: Option<String>) {
        self.change(|settings| settings.font = font.unwrap_or_else(|| DEFAULT_FONT.into()));
    }

    pub(super) fn text_color(&self) -> String {
        lock(&self.settings).settings.text_color.clone()
    }

    pub(super) fn set_text_color(&self, color: Option<String>) {
        let color = color.unwrap_or_else(|| DEFAULT_TEXT_COLOR.into());
        self.change(|settings| settings.text_color = color);
    }

    pub(super) fn text_background(&self) -> String {
        lock(&self.settings).settings.text_background.clone()
    }

    pub(super) fn set_text_background(&self, color: Option<String>) {
        let color = color.unwrap_or_else(|| DEFAULT_TEXT_BACKGROUND.into());
        self.change(|settings| settings.text_background = color);
    }

    pub(super) fn style_file(&self) -> Option<String> {
        lock(&self.settings).settings.style_file.clone()
    }

    pub(super) fn set_style_file(&self, path: Option<String>) {
        let path = path.filter(|path| !path.is_empty());
        let turn = lock(&self.settings).next_turn();
        let mut file = None;
        loop {
            {
                let mut settings = lock(&self.settings);
                let changed = settings.set_style_file(turn, path.as_deref(), file.take());
                if let Some(changed) = changed.transpose() {
                    return self.changed(settings, changed);
                }
            }
            file = Some(read_style_file(path.as_deref()));
        }
    }

    pub(super) fn style(&self) -> Option<String> {
        lock(&self.settings).settings.style.clone()
    }

    pub(super) fn set_style(&self, style: Option<String>) {
        let read = read_style(style.as_deref());
        let mut settings = lock(&self.settings);
        let changed = settings.set_style(style, read);
        self.changed(settings, changed);
    }
}
