//! What the pages of elements say, compared with the elements.
#![allow(dead_code)] // each program uses a part

use nvds_decode::select::Family;

use crate::common::{Rig, TempFile};

/// A page has a row for each network of a family, with the keys that nvinfer needs for it, and for each format.
pub fn have_every_network(page: &str, family: &Family) {
    for preset in family.presets {
        let name = format!("`{}`", preset.name);
        let mut rows = page.lines().filter(|line| line.contains(&name));
        let known = |row: &str| row.replace('`', "").contains(preset.nvinfer);
        assert!(rows.any(known), "{name}: {}", preset.nvinfer);
    }
    for decoder in family.decoders {
        let row = format!("| `{}` |", decoder.format.name());
        assert!(page.contains(&row), "{row}");
    }
}

/// Starts the lines of a page, with `labels` in the place of its file of labels. Returns how many they are.
pub fn start_lines(page: &str, labels: &TempFile) -> usize {
    let blocks = page.split("```launch\n").skip(1);
    let lines = blocks.map(|block| block.split("```").next().unwrap().trim());
    let started = lines.map(|line| drop(Rig::new(&line.replace("labels.txt", labels.path()))));
    started.count()
}
