//! What the elements of class C consist of: places of numbers, texts and lists. They are filled and described by it.

use std::ffi::{CStr, c_char};

use glib_sys::{g_malloc0, g_strdup};
use nvds_sys::{NvDsBaseMeta, NvDsBatchMeta, NvDsMetaPool};

use crate::library::P;

/// A kind of element: the pool's place in the batch, and what it consists of.
pub struct Shape {
    pub name: &'static str,
    pub size: usize,
    /// Numbers, from and to.
    pub numbers: Vec<(usize, usize)>,
    /// Counters that the library keeps.
    pub counters: &'static [usize],
    /// Owned texts.
    pub texts: Vec<usize>,
    /// Texts that nobody owns.
    pub names: Vec<usize>,
    /// Texts of 128 bytes inside.
    pub labels: &'static [usize],
    /// Heads of lists.
    pub lists: &'static [usize],
}

const MASK: usize = 216;
const PARENT: usize = 40;
const FONTS: [&CStr; 3] = [c"Serif", c"Sans", c"Mono"];

/// Numbers of an NvOSD_RectParams, which has holes.
fn rect(at: usize) -> Vec<(usize, usize)> {
    vec![(at, at + 20), (at + 24, at + 108)]
}

/// Numbers of an NvOSD_TextParams.
fn text(at: usize) -> Vec<(usize, usize)> {
    vec![
        (at + 8, at + 16),
        (at + 24, at + 28),
        (at + 32, at + 68),
        (at + 72, at + 104),
    ]
}

pub fn frame() -> Shape {
    Shape {
        name: "frame",
        size: 232,
        numbers: vec![(40, 52), (56, 96), (100, 104), (128, 172), (200, 232)],
        counters: &[96],
        texts: vec![176, 184, 192],
        names: vec![],
        labels: &[],
        lists: &[104, 112, 120],
    }
}

pub fn object() -> Shape {
    let mut numbers = vec![(48, 104)];
    numbers.extend(rect(104));
    numbers.push((228, 240));
    numbers.extend(text(240));
    numbers.push((488, 552));
    Shape {
        name: "object",
        size: 552,
        numbers,
        counters: &[],
        texts: vec![240],
        names: vec![256],
        labels: &[344],
        lists: &[472, 480],
    }
}

pub fn display() -> Shape {
    let mut numbers = vec![(40, 60)];
    for place in 0..16 {
        numbers.extend(rect(64 + 112 * place));
        numbers.extend(text(1856 + 104 * place));
        let line = 3520 + 56 * place;
        numbers.extend([(line, line + 20), (line + 24, line + 56)]);
        let arrow = 4416 + 64 * place;
        numbers.extend([(arrow, arrow + 60)]);
        let circle = 5440 + 96 * place;
        numbers.extend([
            (circle, circle + 12),
            (circle + 16, circle + 52),
            (circle + 56, circle + 96),
        ]);
    }
    numbers.push((6976, 7040));
    Shape {
        name: "display",
        size: 7040,
        numbers,
        counters: &[],
        texts: (0..16).map(|place| 1856 + 104 * place).collect(),
        names: (0..16).map(|place| 1872 + 104 * place).collect(),
        labels: &[],
        lists: &[],
    }
}

pub fn classifier() -> Shape {
    Shape {
        name: "classifier",
        size: 64,
        numbers: vec![(44, 48)],
        counters: &[40],
        texts: vec![],
        names: vec![56],
        labels: &[],
        lists: &[48],
    }
}

pub fn label() -> Shape {
    Shape {
        name: "label",
        size: 200,
        numbers: vec![(40, 44), (184, 196)],
        counters: &[],
        texts: vec![176],
        names: vec![],
        labels: &[44],
        lists: &[],
    }
}

pub fn user() -> Shape {
    Shape {
        name: "user",
        size: 48,
        numbers: vec![],
        counters: &[],
        texts: vec![],
        names: vec![],
        labels: &[],
        lists: &[],
    }
}

pub fn audio_frame() -> Shape {
    Shape {
        name: "audio frame",
        size: 320,
        numbers: vec![(40, 52), (56, 108), (256, 320)],
        counters: &[],
        texts: vec![],
        names: vec![],
        labels: &[108],
        lists: &[240, 248],
    }
}

/// The pools of a batch and what is in them; an audio batch has two less.
///
/// # Safety
/// The batch must be alive.
pub unsafe fn pools(batch: *mut NvDsBatchMeta) -> Vec<(*mut NvDsMetaPool, Shape)> {
    // SAFETY: as the caller vouches.
    unsafe {
        let b = &*batch;
        let frames = if b.obj_meta_pool.is_null() {
            audio_frame()
        } else {
            frame()
        };
        [
            (b.frame_meta_pool, frames),
            (b.obj_meta_pool, object()),
            (b.classifier_meta_pool, classifier()),
            (b.display_meta_pool, display()),
            (b.user_meta_pool, user()),
            (b.label_info_meta_pool, label()),
        ]
        .into_iter()
        .filter(|(pool, _)| !pool.is_null())
        .collect()
    }
}

/// # Safety
/// The element must reach as far.
pub unsafe fn at<T: Copy>(element: P, offset: usize) -> *mut T {
    // SAFETY: as the caller vouches.
    unsafe { element.byte_add(offset).cast() }
}

/// A number made of a seed and a place; every third is 0.
fn number(seed: u32, place: usize) -> u32 {
    let mixed = (seed + 1).wrapping_mul(2_654_435_761) ^ (place as u32).wrapping_mul(40_503);
    if mixed.is_multiple_of(3) {
        0
    } else {
        mixed % 1000
    }
}

/// Fills an element as a component would: numbers, owned texts, a mask.
///
/// # Safety
/// A live element of this shape.
pub unsafe fn fill(shape: &Shape, element: P, seed: u32) {
    // SAFETY: as the caller vouches.
    unsafe {
        for &(from, to) in &shape.numbers {
            for place in (from..to).step_by(4) {
                *at::<u32>(element, place) = number(seed, place);
            }
        }
        for &place in &shape.texts {
            if number(seed, place) % 2 == 1 {
                let text = format!("text {} of {seed}\0", place % 7);
                *at::<P>(element, place) = g_strdup(text.as_ptr().cast()).cast();
            }
        }
        for &place in &shape.names {
            if number(seed, place) % 2 == 1 {
                *at::<*const c_char>(element, place) = FONTS[seed as usize % FONTS.len()].as_ptr();
            }
        }
        for &place in shape.labels {
            // What is behind the end of a text is nobody's.
            at::<[u8; 128]>(element, place).write([b'x'; 128]);
            let text = format!("label {seed}\0");
            at::<u8>(element, place).copy_from(text.as_ptr(), text.len());
            *at::<u8>(element, place + 127) = 0;
        }
        if shape.name == "object" && !seed.is_multiple_of(3) {
            let count = 2 + seed % 5;
            let mask: *mut f32 = g_malloc0(count as usize * 4).cast();
            for place in 0..count {
                *mask.add(place as usize) = (seed * 10 + place) as f32;
            }
            *at::<*mut f32>(element, MASK) = mask;
            *at::<u32>(element, MASK + 8) = count * 4;
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Describes an element; `id` names others by their address. Of one not in use, pointers are not followed.
///
/// # Safety
/// An element of this shape, of a live batch.
pub unsafe fn describe(
    shape: &Shape,
    element: P,
    in_use: bool,
    verbose: bool,
    id: &mut dyn FnMut(P) -> String,
) -> String {
    let mut line = String::new();
    // SAFETY: as the caller vouches; pointers of one in use are followed only where the shape says what they are.
    unsafe {
        let base: &NvDsBaseMeta = &*element.cast();
        line += &format!(
            "type {} context {} copy {} release {}",
            base.meta_type,
            base.uContext as usize,
            crate::callbacks::copy_name(base.copy_func),
            crate::callbacks::release_name(base.release_func)
        );
        let mut bytes = Vec::new();
        for &(from, to) in &shape.numbers {
            bytes.extend_from_slice(std::slice::from_raw_parts(
                at::<u8>(element, from),
                to - from,
            ));
        }
        if verbose {
            for &(from, to) in &shape.numbers {
                for place in (from..to).step_by(4) {
                    let number = *at::<u32>(element, place);
                    if number != 0 {
                        line += &format!(" {place}:{number}");
                    }
                }
            }
        }
        line += &format!(" numbers {:x}", hash(&bytes));
        for &place in shape.counters {
            line += &format!(" count {}", *at::<u32>(element, place));
        }
        for &place in shape.labels {
            let label = std::slice::from_raw_parts(at::<u8>(element, place), 128);
            let end = label.iter().position(|byte| *byte == 0).unwrap_or(128);
            let behind = label[end..].iter().filter(|byte| **byte != 0).count();
            line += &format!(
                " label {:?}+{behind}",
                String::from_utf8_lossy(&label[..end])
            );
        }
        for &place in shape.texts.iter().chain(&shape.names) {
            let text = *at::<*const c_char>(element, place);
            if text.is_null() {
                continue;
            }
            line += &match in_use {
                true => format!(" {place}={:?}", CStr::from_ptr(text)),
                false => format!(" {place} set"),
            };
        }
        if shape.name == "object" {
            let size = *at::<u32>(element, MASK + 8) as usize;
            let data = *at::<*const u8>(element, MASK);
            line += &match (data.is_null(), in_use) {
                (true, _) => format!(" mask none {size}"),
                (false, true) => format!(
                    " mask {size} {:x}",
                    hash(std::slice::from_raw_parts(data, size))
                ),
                (false, false) => format!(" mask set {size}"),
            };
            line += &format!(" parent {}", id(*at::<P>(element, PARENT)));
        }
        if shape.name == "user" {
            line += &match base.meta_type {
                // Data of the library.
                11 | 4100 => String::from(" data of its own"),
                _ => format!(" data {}", *at::<usize>(element, 40)),
            };
        }
        for &place in shape.lists {
            let list = *at::<*mut glib_sys::GList>(element, place);
            line += &match in_use {
                true => format!(" list {}", ids(list, id)),
                false => format!(" list {}", if list.is_null() { "none" } else { "set" }),
            };
        }
    }
    line
}

/// The elements of a list by their names.
///
/// # Safety
/// The list must be alive.
pub unsafe fn ids(list: *mut glib_sys::GList, id: &mut dyn FnMut(P) -> String) -> String {
    // SAFETY: as the caller vouches.
    let names: Vec<String> = unsafe { data(list) }.into_iter().map(id).collect();
    format!("[{}]", names.join(" "))
}

/// What a list holds.
///
/// # Safety
/// The list must be alive.
pub unsafe fn data(list: *mut glib_sys::GList) -> Vec<P> {
    let mut found = Vec::new();
    let mut link = list;
    // SAFETY: as the caller vouches.
    while let Some(this) = unsafe { link.as_ref() } {
        found.push(this.data);
        link = this.next;
        assert!(found.len() < 100_000, "a list without an end");
    }
    found
}
