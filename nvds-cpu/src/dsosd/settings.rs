//! What the properties say.

use std::sync::Arc;

use super::ProcessMode;

const DEFAULT_CLOCK_FONT: &str = "Serif";
pub(super) const DEFAULT_CLOCK_SIZE: u32 = 12;
/// Opaque red.
const DEFAULT_CLOCK_COLOR: u32 = 0xff00_00ff;

/// What the properties say. The clock's look reads back as 0 or NULL until it is set, as on the stock element.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) display_clock: bool,
    pub(super) display_text: bool,
    pub(super) display_bbox: bool,
    pub(super) display_mask: bool,
    pub(super) clock_font: Option<Arc<str>>,
    pub(super) clock_font_size: Option<u32>,
    pub(super) clock_color: Option<u32>,
    pub(super) x_clock_offset: u32,
    pub(super) y_clock_offset: u32,
    pub(super) process_mode: ProcessMode,
    pub(super) gpu_id: u32,
    pub(super) blur_on_gie_class_ids: Option<Arc<str>>,
    pub(super) blur_classes: Arc<[(i32, i32)]>,
    pub(super) blur_bbox: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            display_clock: false,
            display_text: true,
            display_bbox: true,
            display_mask: false,
            clock_font: None,
            clock_font_size: None,
            clock_color: None,
            x_clock_offset: 0,
            y_clock_offset: 0,
            process_mode: ProcessMode::default(),
            gpu_id: 0,
            blur_on_gie_class_ids: None,
            blur_classes: Arc::default(),
            blur_bbox: 0,
        }
    }
}

impl Settings {
    pub(super) fn clock_font(&self) -> &str {
        self.clock_font.as_deref().unwrap_or(DEFAULT_CLOCK_FONT)
    }

    pub(super) fn clock_font_size(&self) -> u32 {
        self.clock_font_size.unwrap_or(DEFAULT_CLOCK_SIZE)
    }

    pub(super) fn clock_color(&self) -> u32 {
        self.clock_color.unwrap_or(DEFAULT_CLOCK_COLOR)
    }

    /// Whether only objects of certain classes are blurred.
    pub(super) fn lists_classes(&self) -> bool {
        !self.blur_classes.is_empty()
    }

    /// Whether objects of a detector's class are blurred; with no list all are.
    pub(super) fn blurs(&self, gie: i32, class: i32) -> bool {
        self.blur_classes.is_empty() || self.blur_classes.contains(&(gie, class))
    }
}

/// Reads `gie,class;gie,class`.
pub(super) fn parse_classes(text: &str) -> Result<Arc<[(i32, i32)]>, String> {
    text.split(';')
        .filter(|entry| !entry.trim().is_empty())
        .map(|entry| {
            let (gie, class) = entry.split_once(',').ok_or_else(|| entry.to_owned())?;
            let number = |n: &str| n.trim().parse::<i32>().map_err(|_| entry.to_owned());
            Ok((number(gie)?, number(class)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_lists_are_read_or_refused() {
        assert_eq!(*parse_classes("1,2; 3,-1;").unwrap(), [(1, 2), (3, -1)]);
        assert!(parse_classes("").unwrap().is_empty());
        assert_eq!(parse_classes("1,2;7").unwrap_err(), "7");
        assert_eq!(parse_classes("a,2").unwrap_err(), "a,2");
    }

    #[test]
    fn without_a_list_all_classes_are_blurred() {
        let mut settings = Settings::default();
        assert!(settings.blurs(5, 6));
        settings.blur_classes = Arc::from([(1, 2)]);
        assert!(settings.blurs(1, 2) && !settings.blurs(2, 1));
    }
}
