//! Values that are several numbers.

use super::Region;
use crate::dspreprocess::keys::REGIONS;
use crate::infer::nvinfer_config::group::Group;
use crate::infer::types::{Color, ConfigError, Layout};

/// Longest side of a network's input in pixels, and most regions in one tensor.
const MOST: i32 = 1 << 15;

/// The source that a key with regions is of.
pub(super) fn source_of(key: &str) -> Option<i32> {
    key.strip_prefix(REGIONS)?
        .parse()
        .ok()
        .filter(|id| *id >= 0)
}

pub(super) fn regions_of(group: Group<'_>, key: &str) -> Result<Vec<Region>, ConfigError> {
    let numbers = group.ints(key)?;
    let error = |what: String| Err(group.error(key, what));
    if numbers.is_empty() || !numbers.len().is_multiple_of(4) {
        let found = numbers.len();
        return error(format!(
            "expected four numbers for each region as left;top;width;height, found {found} numbers"
        ));
    }
    let side = |number: &i32| u32::try_from(*number);
    let numbers: Result<Vec<u32>, _> = numbers.iter().map(side).collect();
    let Ok(numbers) = numbers else {
        return error("expected numbers of 0 or more".to_owned());
    };
    let regions: Vec<Region> = numbers
        .chunks_exact(4)
        .map(|region| [region[0], region[1], region[2], region[3]])
        .collect();
    match regions
        .iter()
        .find(|[.., width, height]| *width < 2 || *height < 2)
    {
        Some(region) => error(format!(
            "expected a width and height of 2 or more, found the region {region:?}"
        )),
        None => Ok(regions),
    }
}

/// The shape, and width and height of the network's input.
pub(super) fn shape(
    property: Group<'_>,
    layout: Layout,
    color: Color,
) -> Result<([i32; 4], (usize, usize)), ConfigError> {
    const KEY: &str = "network-input-shape";
    let found = property.ints(KEY)?;
    let channels = color.channels() as i32;
    let order = match layout {
        Layout::Nchw => "regions;channels;height;width",
        Layout::Nhwc => "regions;height;width;channels",
    };
    let sides = match (layout, found.as_slice()) {
        (Layout::Nchw, &[_, c, h, w]) | (Layout::Nhwc, &[_, h, w, c]) => Some((c, h, w)),
        _ => None,
    };
    let fits = |&(c, h, w): &(i32, i32, i32)| {
        let within = |n| (1..=MOST).contains(&n);
        let elements = [c, h, w].into_iter().map(i64::from).product::<i64>();
        c == channels && within(h) && within(w) && within(found[0])
            // With the bytes of an element, a tensor fits into memory.
            && elements.saturating_mul(found[0].into()) <= 1 << 28
    };
    let Some((_, height, width)) = sides.filter(fits) else {
        let what = format!(
            "expected {order} with {channels} channels, 1 to {MOST} pixels and no more than 2^28 elements, found {found:?}"
        );
        return Err(property.error(KEY, what));
    };
    for (key, side) in [("processing-width", width), ("processing-height", height)] {
        let given = property.uint(key)?.unwrap_or(0);
        if given != side as u32 {
            let what = format!("expected {side} as in {KEY}, found {given}");
            return Err(property.error(key, what));
        }
    }
    let shape = [found[0], found[1], found[2], found[3]];
    Ok((shape, (width as usize, height as usize)))
}
