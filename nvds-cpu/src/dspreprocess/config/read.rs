//! From the file's groups to what they amount to.

use std::path::{Path, PathBuf};

use glib::KeyFile;

use super::numbers::{regions_of, shape, source_of};
use super::{Config, GroupConfig, Network};
use crate::dspreprocess::keys::{GROUP, NEEDED, PROPERTY, USER};
use crate::infer::nvinfer_config::group::{Group, Mode};
use crate::infer::nvinfer_config::keys::{Kind, Support};
use crate::infer::nvinfer_config::lines::Lines;
use crate::infer::types::{
    Color, ConfigError, Layout, Note, PreprocessConfig, Reason, SCALING_FILTERS, did_you_mean,
    relative_to, scaling_filter,
};

/// The library whose functions are built in, and what they are called.
const LIBRARY: &str = "libcustom2d_preprocess.so";
const PREPARATION: &str = "CustomTensorPreparation";
const TRANSFORMATIONS: [&str; 2] = ["CustomTransformation", "CustomAsyncTransformation"];

/// What is read.
pub(super) struct Reader<'a> {
    pub(super) key_file: &'a KeyFile,
    pub(super) lines: &'a Lines,
}

const MODE: Mode = Mode {
    parses: true,
    objects: true,
};

impl Reader<'_> {
    fn group<'s>(&'s self, name: &'s str) -> Group<'s> {
        Group {
            name,
            key_file: self.key_file,
            lines: self.lines,
        }
    }

    fn file(&self) -> &Path {
        &self.lines.file
    }

    pub(super) fn read(&self) -> Result<Config, ConfigError> {
        if !self.key_file.has_group("property") {
            return Err(ConfigError::file(
                self.file(),
                "expected a group [property], found none; is this an nvdspreprocess configuration?",
            ));
        }
        let mut notes: Vec<Note> = self.lines.remarks().collect();
        let property = self.group("property");
        property.check(PROPERTY, MODE, &mut notes)?;
        if let Some(missing) = NEEDED.iter().find(|key| !property.has(key)) {
            return Err(ConfigError::at(
                self.file(),
                self.lines.group_position("property"),
                format!("{missing} is missing in [property]: DeepStream does not start without it"),
            ));
        }
        self.check_functions(property)?;
        let network = self.network(property, &mut notes)?;
        let groups = self.groups(&mut notes)?;
        let ids = property.has("target-unique-ids");
        let ids = ids
            .then(|| property.ints("target-unique-ids"))
            .transpose()?;
        Ok(Config {
            file: self.file().to_owned(),
            enable: property.flag("enable")?,
            unique_id: property.uint("unique-id")?,
            gpu_id: property.uint("gpu-id")?,
            process_on_frame: property.flag("process-on-frame")?,
            operate_on_gie_id: property.int("operate-on-gie-id")?,
            // As C makes unsigned numbers of 64 bits of ints.
            target_unique_ids: ids.map(|ids| ids.iter().map(|id| i64::from(*id) as u64).collect()),
            network,
            groups,
            notes,
        })
    }

    /// That the functions are those of the stock library.
    fn check_functions(&self, property: Group<'_>) -> Result<(), ConfigError> {
        let library = property.text("custom-lib-path")?.unwrap_or_default();
        let name = Path::new(&library).file_name();
        if name.is_none_or(|name| name != LIBRARY) {
            let message = format!(
                "{library} is not loaded by the CPU stand-in: such libraries work on surfaces of a GPU. Built in is what {LIBRARY} does"
            );
            return Err(property
                .error("custom-lib-path", message)
                .because(Reason::Library));
        }
        const KEY: &str = "custom-tensor-preparation-function";
        match property.text(KEY)?.as_deref() {
            Some(PREPARATION) => Ok(()),
            found => Err(property.error(
                KEY,
                format!(
                    "expected {PREPARATION}, the function of {LIBRARY}, found \"{}\"",
                    found.unwrap_or_default()
                ),
            )),
        }
    }

    fn network(&self, property: Group<'_>, notes: &mut Vec<Note>) -> Result<Network, ConfigError> {
        let layout = property.choice(
            "network-input-order",
            "0 (NCHW) or 1 (NHWC); 2 (custom) needs another library than the one that is built in",
            |number| match number {
                0 => Some(Layout::Nchw),
                1 => Some(Layout::Nhwc),
                _ => None,
            },
        )?;
        let color = property.choice(
            "network-color-format",
            "0 (RGB), 1 (BGR) or 2 (GRAY)",
            |number| match number {
                0 => Some(Color::Rgb),
                1 => Some(Color::Bgr),
                2 => Some(Color::Gray),
                _ => None,
            },
        )?;
        let half = property.choice(
            "tensor-data-type",
            "0 (FP32) or 7 (FP16), which are what the stock library makes",
            |number| match number {
                0 => Some(false),
                7 => Some(true),
                _ => None,
            },
        )?;
        let filter = property.choice("scaling-filter", SCALING_FILTERS, |number| {
            scaling_filter(number.into())
        })?;
        property.choice("scaling-pool-memory-type", "0 to 4", |number| {
            (number <= 4).then_some(())
        })?;
        property.choice(
            "scaling-pool-compute-hw",
            "0 (default), 1 (GPU) or 2 (VIC)",
            |number| (number <= 2).then_some(()),
        )?;
        let (layout, half) = (layout.unwrap_or(Layout::Nchw), half.unwrap_or(false));
        let color = color.unwrap_or(Color::Rgb);
        if half && layout == Layout::Nhwc && color != Color::Gray {
            let what = "FP16 is possible only with network-input-order=0 (DeepStream crashes)";
            return Err(property.error("tensor-data-type", what.to_owned()));
        }
        let (shape, size) = shape(property, layout, color)?;
        let user = self.user(color, notes)?;
        Ok(Network {
            name: property.text("tensor-name")?.unwrap_or_default(),
            half,
            layout,
            size,
            shape,
            preprocess: PreprocessConfig {
                color,
                layout: Some(layout),
                maintain_aspect_ratio: property.flag("maintain-aspect-ratio")?.unwrap_or(false),
                symmetric_padding: property.flag("symmetric-padding")?.unwrap_or(false),
                filter: filter.unwrap_or(crate::convert::Method::Default),
                scale: user.0,
                offsets: user.1,
                mean: None,
            },
            mean_file: user.2,
        })
    }

    /// Scale, offsets and mean image.
    fn user(
        &self,
        color: Color,
        notes: &mut Vec<Note>,
    ) -> Result<(f32, Vec<f32>, Option<PathBuf>), ConfigError> {
        const KEY: &str = "pixel-normalization-factor";
        let user = self.group("user-configs");
        let scale = match self.key_file.has_group(user.name) {
            true => user.float(KEY)?,
            false => None,
        };
        let Some(scale) = scale else {
            return Err(ConfigError::at(
                self.file(),
                self.lines.group_position(user.name),
                format!(
                    "{KEY} is missing in [user-configs] (DeepStream crashes): expected the factor of pixels, as 0.0039215697906911373"
                ),
            ));
        };
        user.check(USER, MODE, notes)?;
        let offsets = user.floats("offsets")?;
        if !offsets.is_empty() && offsets.len() != color.channels() {
            let (expected, found) = (color.channels(), offsets.len());
            return Err(user.error(
                "offsets",
                format!("expected {expected} numbers separated by ';', one per channel of network-color-format, found {found}"),
            ));
        }
        let mean = user.text("mean-file")?;
        if mean.is_some() && !offsets.is_empty() {
            notes.push(user.warning("offsets", "has no effect beside mean-file"));
        }
        let offsets = offsets.into_iter().map(|value| value as f32).collect();
        let mean = mean.map(|path| relative_to(self.file(), &path));
        Ok((scale as f32, offsets, mean))
    }

    fn groups(&self, notes: &mut Vec<Note>) -> Result<Vec<GroupConfig>, ConfigError> {
        let mut groups = Vec::new();
        for name in self.key_file.groups().iter() {
            let name = name.as_str();
            if matches!(name, "property" | "user-configs") {
                continue;
            }
            let Some(number) = name.strip_prefix("group-") else {
                let known = ["property", "user-configs", "group-0"];
                notes.push(Note::warning(
                    self.file(),
                    self.lines.group_position(name),
                    format!("unknown group [{name}]{}", did_you_mean(name, known)),
                ));
                continue;
            };
            if number.parse() != Ok(groups.len()) {
                notes.push(Note::warning(
                    self.file(),
                    self.lines.group_position(name),
                    format!(
                        "[{name}] is the group number {0} of the file: DeepStream leaves its sources out; call it [group-{0}]",
                        groups.len()
                    ),
                ));
            }
            groups.push(self.one_group(self.group(name), notes)?);
        }
        if groups.is_empty() {
            return Err(ConfigError::file(
                self.file(),
                "expected a group [group-0] with src-ids, found none: nothing would be prepared",
            ));
        }
        Ok(groups)
    }

    fn one_group(
        &self,
        group: Group<'_>,
        notes: &mut Vec<Note>,
    ) -> Result<GroupConfig, ConfigError> {
        let keys = self.key_file.keys(group.name).unwrap_or_default();
        let keys: Vec<_> = keys.iter().map(|key| key.as_str()).collect();
        let regions = keys.iter().filter(|key| source_of(key).is_some());
        let mut table = GROUP.to_vec();
        table.extend(regions.map(|key| (*key, Kind::Ints, Support::Honoured)));
        group.check(&table, MODE, notes)?;
        let function = group.text("custom-input-transformation-function")?;
        if let Some(function) = function.filter(|f| !TRANSFORMATIONS.contains(&f.as_str())) {
            let [one, other] = TRANSFORMATIONS;
            return Err(group.error(
                "custom-input-transformation-function",
                format!(
                    "expected {one} or {other}, the functions of {LIBRARY}, found \"{function}\""
                ),
            ));
        }
        let src_ids = group.ints("src-ids")?;
        if src_ids.is_empty() {
            return Err(ConfigError::at(
                self.file(),
                self.lines.group_position(group.name),
                format!(
                    "src-ids is missing in [{}]: expected sources as 0;1, or -1 for all",
                    group.name
                ),
            ));
        }
        let color = match group.floats("roi-color")?.as_slice() {
            [] => None,
            &[red, green, blue, alpha] => Some([red, green, blue, alpha]),
            other => {
                let found = other.len();
                let what = format!(
                    "expected four numbers of 0 to 1 as red;green;blue;alpha, found {found}"
                );
                return Err(group.error("roi-color", what));
            }
        };
        let size = |width, height| -> Result<(u32, u32), ConfigError> {
            Ok((
                group.uint(width)?.unwrap_or(0),
                group.uint(height)?.unwrap_or(0),
            ))
        };
        let sources = keys.iter().filter_map(|key| Some((*key, source_of(key)?)));
        let regions: Result<_, _> = sources
            .map(|(key, source)| Ok((source, regions_of(group, key)?)))
            .collect();
        Ok(GroupConfig {
            name: group.name.to_owned(),
            src_ids,
            on_roi: group.flag("process-on-roi")?.unwrap_or(false),
            on_all_objects: group.flag("process-on-all-objects")?.unwrap_or(false),
            regions: regions?,
            class_ids: group.ints("operate-on-class-ids")?.into_iter().collect(),
            interval: group.uint("interval")?.unwrap_or(0),
            min: size("input-object-min-width", "input-object-min-height")?,
            max: size("input-object-max-width", "input-object-max-height")?,
            draw: group.flag("draw-roi")?.unwrap_or(true),
            color,
        })
    }
}
