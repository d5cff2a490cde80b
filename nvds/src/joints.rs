//! Poses for nvmsgconv: an `NvDsEventMsgMeta` on the frame for each object with key points, whose `pose` has them as joints.
//!
//! What nvmsgconv is given, it makes a message of. All memory is of GLib's heap, as that of DeepStream's own applications, whose
//! copy and release functions do the same.

use std::ffi::c_char;
use std::panic::catch_unwind;
use std::ptr::{NonNull, null_mut};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use glib::ffi::{g_free, g_malloc0, g_strdup, g_strndup, gpointer};
use nvds_sys as c;

use crate::batch::Locked;
use crate::error::Error;
use crate::frame::Frame;
use crate::key_points::KeyPoint;
use crate::layout::Layout;
use crate::library::release;
use crate::object::Object;
use crate::release::{VERSION_VARIABLE, Version};
use crate::user::{Parts, UserMeta};

/// First release whose events have a pose.
const HAS_POSE: Version = Version::new(6, 2);
/// More joints than any network gives an object. A count above it is taken for garbage.
const MOST_JOINTS: usize = crate::key_points::MOST_KEY_POINTS;

/// `NVDS_EVENT_ENTRY`, as the sample applications have it for people.
const ENTRY: u32 = 0;
/// `NVDS_OBJECT_TYPE_PERSON`.
const PERSON: u32 = 1;
/// `NVDS_OBJECT_TYPE_UNKNOWN`.
const UNKNOWN: u32 = 258;

/// A signature, of which there is none here.
#[repr(C)]
#[derive(Clone, Copy)]
struct Signature {
    values: *mut f64,
    size: u32,
}

/// How an event begins, in all releases.
///
/// Source: nvdsmeta_schema.h of DeepStream 6.2 to 9.1, as the next numbers.
#[repr(C)]
#[derive(Clone, Copy)]
struct Head {
    event_type: u32,
    object_type: u32,
    /// Top, left, width and height.
    rect: [f32; 4],
    location: [f64; 3],
    coordinate: [f64; 3],
    signature: Signature,
    class_id: i32,
    sensor_id: i32,
    module_id: i32,
    place_id: i32,
    component_id: i32,
    frame_id: i32,
    confidence: f64,
    tracking_id: u64,
    time: *mut c_char,
    object_id: *mut c_char,
    sensor: *mut c_char,
    // What differs from release to release follows.
}

const _: () = assert!(size_of::<Head>() == 152);
const _: () = assert!(std::mem::offset_of!(Head, class_id) == 88);
const _: () = assert!(std::mem::offset_of!(Head, confidence) == 112);
const _: () = assert!(std::mem::offset_of!(Head, time) == 128);

/// A joint, as `NvDsJoint`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Joint {
    x: f32,
    y: f32,
    z: f32,
    confidence: f32,
}

/// Joints, as `NvDsJoints`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Joints {
    joints: *mut Joint,
    count: i32,
    /// 0 for points of the picture.
    pose_type: i32,
}

/// Where an event has its pose, and how long it is at most: in bytes, of the releases of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    pose: usize,
    size: usize,
}

impl Place {
    /// Of the releases that have a pose. 6.2 and 6.3 are shorter than the later ones of their class, of which they read
    /// the beginning.
    fn of(layout: &Layout) -> Self {
        let (pose, size) = match layout.name {
            "A" => (184, 264),
            "B" => (13864, 14032),
            _ => (13864, 14040),
        };
        Self { pose, size }
    }

    /// # Safety
    /// `event` must be a live event of this size.
    unsafe fn pose(self, event: *mut Head) -> *mut Joints {
        // SAFETY: within the event, as the caller vouches.
        unsafe { event.byte_add(self.pose).cast() }
    }
}

/// Whether the loaded library's release has events with a pose.
///
/// # Errors
/// [`Error::NoJoints`] where it does not or does not tell, and without a usable library.
pub fn check_joints() -> Result<(), Error> {
    let release = release()?;
    match release.is_at_least(HAS_POSE) {
        Some(true) => Ok(()),
        Some(false) => Err(Error::NoJoints(format!("this is {release}"))),
        None => Err(Error::NoJoints(format!(
            "this is {release}: name the release by the environment variable {VERSION_VARIABLE}, as in \
             {VERSION_VARIABLE}=7.1"
        ))),
    }
}

impl Locked<'_> {
    /// Attaches an event to a frame for an object of it: its label, box, class, track and so on, and these points as joints of
    /// a flat pose, in pixels of the frame. An object that is labelled `person`, or not at all, is told as a person, others
    /// by their label.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`]; as [`check_joints`].
    pub fn add_joints(
        &self,
        frame: &Frame<'_>,
        object: &Object<'_>,
        points: &[KeyPoint],
    ) -> Result<(), Error> {
        self.check_owned(frame)?;
        self.check_owned(object)?;
        check_joints()?;
        let points = &points[..points.len().min(MOST_JOINTS)];
        let parts = Parts {
            meta_type: c::NvDsMetaType_NVDS_EVENT_MSG_META,
            data: event(frame, object, points, Place::of(self.owner().layout())),
            copy: Some(copy),
            release: Some(free),
        };
        // SAFETY: the functions are those of such events; frame and user meta are alive, of this batch, which is locked.
        unsafe {
            let meta = self.new_meta_of(parts);
            (self.api().nvds_add_user_meta_to_frame)(frame.raw(), meta);
        }
        Ok(())
    }
}

/// An event, to be freed by [`free`].
fn event(frame: &Frame<'_>, object: &Object<'_>, points: &[KeyPoint], place: Place) -> gpointer {
    let (rect, label) = (object.rect(), object.label_bytes());
    let is_person = label.is_empty() || label.eq_ignore_ascii_case(b"person");
    let source = frame.source_id() as i32;
    // SAFETY: GLib ends the process rather than return NULL; the memory has room for what is written, begins with zeros, and
    // is aligned for anything. `g_strndup` takes no more than it is told.
    unsafe {
        let event = g_malloc0(place.size).cast::<Head>();
        event.write(Head {
            event_type: ENTRY,
            object_type: if is_person { PERSON } else { UNKNOWN },
            rect: [rect.top, rect.left, rect.width, rect.height],
            location: [0.0; 3],
            coordinate: [0.0; 3],
            signature: Signature {
                values: null_mut(),
                size: 0,
            },
            class_id: object.class_id(),
            sensor_id: source,
            module_id: source,
            place_id: source,
            component_id: object.unique_component_id(),
            frame_id: frame.frame_num(),
            confidence: object.confidence().into(),
            tracking_id: object.object_id(),
            time: text(iso8601(time_of(frame)).as_bytes()),
            object_id: text(label),
            sensor: null_mut(),
        });
        let joints = g_malloc0(size_of::<Joint>() * points.len().max(1)).cast::<Joint>();
        for (index, point) in points.iter().enumerate() {
            joints.add(index).write(Joint {
                x: point.x,
                y: point.y,
                z: 0.0,
                confidence: point.confidence,
            });
        }
        place.pose(event).write(Joints {
            joints,
            count: points.len() as i32,
            pose_type: 0,
        });
        event.cast()
    }
}

/// A C string on GLib's heap.
fn text(bytes: &[u8]) -> *mut c_char {
    // SAFETY: reads so many bytes at most.
    unsafe { g_strndup(bytes.as_ptr().cast(), bytes.len()) }
}

/// Time of a frame since 1970: as the source tells, else now.
fn time_of(frame: &Frame<'_>) -> Duration {
    match frame.ntp_timestamp() {
        0 => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default(),
        nanoseconds => Duration::from_nanos(nanoseconds),
    }
}

/// A time since 1970 as in `2026-01-31T23:59:59.123Z`. Empty of one that no calendar has.
fn iso8601(time: Duration) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let text =
        glib::DateTime::from_unix_utc(seconds).and_then(|time| time.format("%Y-%m-%dT%H:%M:%S"));
    // GLib's own ISO 8601 has microseconds, or none.
    text.map_or(String::new(), |text| {
        format!("{text}.{:03}Z", time.subsec_millis())
    })
}

/// The place of the pose of the loaded library's events.
fn place() -> Option<Place> {
    release().ok().map(|release| Place::of(release.layout))
}

/// Called by the library with the source user meta; returns the data of the copy.
unsafe extern "C" fn copy(meta: gpointer, _user_data: gpointer) -> gpointer {
    // A panic must not cross into C.
    catch_unwind(|| {
        let place = place()?;
        // SAFETY: the library calls this with a user meta that `add_joints` or a copy set up, whose event is as long as the
        // release's; texts are NULL or end with a zero; there are as many joints as the pose says.
        unsafe {
            let source = (*meta.cast::<c::NvDsUserMeta>())
                .user_meta_data
                .cast::<Head>();
            let source = NonNull::new(source)?.as_ptr();
            let copy = g_malloc0(place.size).cast::<Head>();
            copy.cast::<u8>()
                .copy_from_nonoverlapping(source.cast(), place.size);
            (*copy).time = g_strdup((*source).time);
            (*copy).object_id = g_strdup((*source).object_id);
            (*copy).sensor = g_strdup((*source).sensor);
            let (from, to) = (place.pose(source), place.pose(copy));
            let count = usize::try_from((*from).count).unwrap_or(0);
            let joints = g_malloc0(size_of::<Joint>() * count.max(1)).cast::<Joint>();
            if !(*from).joints.is_null() {
                joints.copy_from_nonoverlapping((*from).joints, count);
            }
            (*to).joints = joints;
            Some(copy.cast())
        }
    })
    .ok()
    .flatten()
    .unwrap_or(null_mut())
}

/// Called by the library with the user meta, when it goes back to its pool.
unsafe extern "C" fn free(meta: gpointer, _user_data: gpointer) {
    let meta = meta.cast::<c::NvDsUserMeta>();
    // SAFETY: the library calls this with a user meta that `add_joints` or a copy set up; the field is cleared, so that
    // nothing is freed twice. `g_free` takes NULL.
    unsafe {
        let place_of_data = &raw mut (*meta).user_meta_data;
        let event = place_of_data.replace(null_mut()).cast::<Head>();
        if event.is_null() {
            return;
        }
        g_free((*event).time.cast());
        g_free((*event).object_id.cast());
        g_free((*event).sensor.cast());
        if let Some(place) = place() {
            g_free((*place.pose(event)).joints.cast());
        }
        g_free(event.cast());
    }
}

/// An event with a pose that is attached to a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct PoseEvent {
    /// Whether nvmsgconv is told of a person.
    pub is_person: bool,
    /// Left, top, width and height in pixels.
    pub rect: [f32; 4],
    /// Number of the object's class.
    pub class_id: i32,
    /// Number of the source.
    pub sensor_id: i32,
    /// Number of the frame.
    pub frame_id: i32,
    /// Track id, all ones for none.
    pub tracking_id: u64,
    /// When, as in `2026-01-31T23:59:59.123Z`.
    pub time: String,
    /// The object's label.
    pub object_id: String,
    /// The joints, in pixels of the frame.
    pub joints: Vec<KeyPoint>,
}

impl UserMeta<'_> {
    /// The event with a pose, if that is what this meta holds, and the release has such.
    pub fn as_pose_event(&self) -> Option<PoseEvent> {
        if self.meta_type() != c::NvDsMetaType_NVDS_EVENT_MSG_META || check_joints().is_err() {
            return None;
        }
        let event = NonNull::new(self.payload().cast::<Head>())?.as_ptr();
        let place = Place::of(self.batch_owner().layout());
        // SAFETY: metas of this kind hold a live NvDsEventMsgMeta of the release, of which no field behind the pose is read;
        // its texts are NULL or end with a zero, and it has as many joints as it says.
        unsafe {
            let pose = *place.pose(event);
            let count = usize::try_from(pose.count).unwrap_or(0);
            if pose.joints.is_null() || count == 0 || count > MOST_JOINTS {
                return None;
            }
            let joints = std::slice::from_raw_parts(pose.joints, count);
            let text = |text: *mut c_char| match text.is_null() {
                true => String::new(),
                false => std::ffi::CStr::from_ptr(text)
                    .to_string_lossy()
                    .into_owned(),
            };
            let [top, left, width, height] = (*event).rect;
            Some(PoseEvent {
                is_person: (*event).object_type == PERSON,
                rect: [left, top, width, height],
                class_id: (*event).class_id,
                sensor_id: (*event).sensor_id,
                frame_id: (*event).frame_id,
                tracking_id: (*event).tracking_id,
                time: text((*event).time),
                object_id: text((*event).object_id),
                joints: joints.iter().map(Joint::point).collect(),
            })
        }
    }
}

impl Joint {
    fn point(&self) -> KeyPoint {
        KeyPoint {
            x: self.x,
            y: self.y,
            confidence: self.confidence,
        }
    }
}

#[cfg(test)]
mod tests;
