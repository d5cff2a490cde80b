//! The release that the environment names decides the layout, once in a process: so each is tried in one of its own.
//! And so is what happens beside another metadata library.

use std::ffi::{CStr, c_char};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::ptr::null_mut;

use glib_sys::{GList, g_malloc0, g_strdup};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use nvds_meta::*;
use nvds_sys::{
    NvDsBaseMeta, NvDsBatchMeta, NvDsMetaPool, NvDsSensorInfo_meta, NvOSD_MaskParams,
    NvOSD_TextParams,
};

/// Tells the child what to do.
const CHILD: &str = "NVDS_META_TEST_CHILD";

/// Runs a test of this program in a process of its own.
fn child(test: &str, what: &str, release: Option<&str>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, what)
        .env_remove("G_DEBUG");
    match release {
        Some(release) => command.env(RELEASE_VARIABLE, release),
        None => command.env_remove(RELEASE_VARIABLE),
    };
    command.output().unwrap()
}

fn succeeded(output: &Output) {
    let text = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(
        output.status.success(),
        "{}: {}{}",
        output.status,
        text[0],
        text[1]
    );
}

#[test]
fn each_release_has_its_layout() {
    if let Ok(name) = std::env::var(CHILD) {
        let release = RELEASES
            .iter()
            .find(|release| release.name == name)
            .unwrap();
        // SAFETY: gst_init without arguments.
        unsafe { gst_sys::gst_init(null_mut(), null_mut()) };
        video(release);
        audio(release);
        return;
    }
    for release in &RELEASES {
        succeeded(&child(
            "each_release_has_its_layout",
            release.name,
            Some(release.name),
        ));
    }
    // The newest is built in.
    succeeded(&child("each_release_has_its_layout", "9.1", None));
    succeeded(&child("each_release_has_its_layout", "9.1", Some("")));
}

fn at<E, T>(element: *mut E, offset: usize) -> *mut T {
    element.cast::<u8>().wrapping_add(offset).cast()
}

fn text_of<'a>(text: *const c_char) -> &'a str {
    // SAFETY: texts of live elements.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap()
}

fn length(list: *mut GList) -> u32 {
    // SAFETY: lists of live elements.
    unsafe { glib_sys::g_list_length(list) }
}

/// Fills all that moved between releases, copies it, and finds it in the copy's same places.
fn video(release: &Release) {
    let layout = release.layout();
    // SAFETY: elements of the batches, at places of this release's layout.
    unsafe {
        let batch = nvds_create_batch_meta(1);
        let size = |pool: *mut NvDsMetaPool| (*pool).element_size as usize;
        assert_eq!(size((*batch).frame_meta_pool), layout.frame);
        assert_eq!(size((*batch).obj_meta_pool), layout.object);
        assert_eq!(size((*batch).display_meta_pool), layout.display);
        let others = [
            (*batch).classifier_meta_pool,
            (*batch).label_info_meta_pool,
            (*batch).user_meta_pool,
        ];
        assert_eq!(others.map(size), [64, 200, 48]);
        (*batch).max_frames_in_batch = 1;

        let frame = nvds_acquire_frame_meta_from_pool(batch);
        nvds_add_frame_meta_to_batch(batch, frame);
        for slot in 0..4 {
            at::<_, i64>(frame, layout.frame_reserved)
                .add(slot)
                .write(slot as i64 + 1);
        }
        if let Some(sensor) = layout.sensor {
            let sensor: *mut NvDsSensorInfo_meta = at(frame, sensor);
            (*sensor).uri = g_strdup(c"file:///a".as_ptr());
            (*sensor).sensor_name = g_strdup(c"door".as_ptr());
        }

        let object = nvds_acquire_obj_meta_from_pool(batch);
        nvds_add_obj_meta_to_frame(frame, object, null_mut());
        let text: *mut NvOSD_TextParams = at(object, layout.text);
        (*text).display_text = g_strdup(c"person 7".as_ptr());
        (*text).x_offset = 11;
        let mask: *mut NvOSD_MaskParams = at(object, layout.mask);
        (*mask).data = g_malloc0(8).cast();
        (*mask).data.write(0.5);
        (*mask).size = 8;
        at::<_, [u8; 7]>(object, layout.label).write(*b"person\0");
        at::<_, i64>(object, layout.object - 8).write(77);
        for _ in 0..2 {
            nvds_add_classifier_meta_to_object(
                object,
                nvds_acquire_classifier_meta_from_pool(batch),
            );
        }
        let user = nvds_acquire_user_meta_from_pool(batch);
        (*user).base_meta.copy_func = Some(nothing);
        nvds_add_user_meta_to_obj(object, user);
        assert_eq!(length(*at(object, layout.classifiers)), 2);
        assert_eq!(length(*at(object, layout.users)), 1);

        let display = nvds_acquire_display_meta_from_pool(batch);
        nvds_add_display_meta_to_frame(frame, display);
        let texts: *mut NvOSD_TextParams = at(display, layout.texts);
        (*texts.add(15)).display_text = g_strdup(c"last".as_ptr());
        at::<_, i64>(display, layout.display - 8).write(78);

        let mut region = [0_u64; 31];
        nvds_add_classifier_meta_to_roi(
            region.as_mut_ptr().cast(),
            nvds_acquire_classifier_meta_from_pool(batch),
        );
        nvds_add_user_meta_to_roi(
            region.as_mut_ptr().cast(),
            nvds_acquire_user_meta_from_pool(batch),
        );
        assert_eq!(length(region[layout.roi_classifiers / 8] as *mut GList), 1);
        assert_eq!(length(region[layout.roi_users / 8] as *mut GList), 1);
        assert_eq!(region.iter().filter(|word| **word != 0).count(), 2);

        // The lists are the region's.
        for place in [layout.roi_classifiers, layout.roi_users] {
            glib_sys::g_list_free(region[place / 8] as *mut GList);
        }

        let copy: *mut NvDsBatchMeta = nvds_batch_meta_copy_func(batch.cast(), null_mut()).cast();
        nvds_destroy_batch_meta(batch);
        let frame = nvds_get_nth_frame_meta((*copy).frame_meta_list, 0);
        assert_eq!(
            at::<_, [i64; 4]>(frame, layout.frame_reserved).read(),
            [1, 2, 3, 4]
        );
        if let Some(sensor) = layout.sensor {
            let sensor: *mut NvDsSensorInfo_meta = at(frame, sensor);
            assert_eq!(
                [text_of((*sensor).uri), text_of((*sensor).sensor_name)],
                ["file:///a", "door"]
            );
        }
        let object: *mut NvDsBaseMeta = (*(*frame).obj_meta_list).data.cast();
        let text: *mut NvOSD_TextParams = at(object, layout.text);
        assert_eq!(
            (text_of((*text).display_text), (*text).x_offset),
            ("person 7", 11)
        );
        let mask: *mut NvOSD_MaskParams = at(object, layout.mask);
        assert_eq!(((*mask).data.read(), (*mask).size), (0.5, 8));
        assert_eq!(text_of(at(object, layout.label)), "person");
        assert_eq!(at::<_, i64>(object, layout.object - 8).read(), 77);
        assert_eq!(length(*at(object, layout.classifiers)), 2);
        assert_eq!(length(*at(object, layout.users)), 1);
        let display: *mut NvDsBaseMeta = (*(*frame).display_meta_list).data.cast();
        let texts: *mut NvOSD_TextParams = at(display, layout.texts);
        assert_eq!(text_of((*texts.add(15)).display_text), "last");
        assert_eq!(at::<_, i64>(display, layout.display - 8).read(), 78);
        nvds_destroy_batch_meta(copy);
    }
}

unsafe extern "C" fn nothing(
    _: *mut std::ffi::c_void,
    _: *mut std::ffi::c_void,
) -> *mut std::ffi::c_void {
    null_mut()
}

/// The numbers of audio metas moved, by which a program tells releases apart; a buffer's copy knows them.
fn audio(release: &Release) {
    // SAFETY: a batch of audio, which its buffer frees.
    unsafe {
        let batch = nvds_create_audio_batch_meta(1);
        assert_eq!((*batch).base_meta.meta_type, release.audio_batch);
        let pool = (*batch).frame_meta_pool;
        assert_eq!(
            ((*pool).meta_type, (*pool).element_size),
            (release.audio_frame(), 320)
        );
        let buffer = gst_sys::gst_buffer_new();
        let copy_func = Some(nvds_audio_batch_meta_copy_func as _);
        let release_func = Some(nvds_audio_batch_meta_release_func as _);
        let meta =
            gst_buffer_add_nvds_meta(buffer, batch.cast(), null_mut(), copy_func, release_func);
        (*meta).meta_type = 4097;
        let copy = gst_sys::gst_mini_object_copy(buffer.cast());
        let copied = gst_buffer_get_nvds_batch_meta(copy.cast());
        assert_eq!((*copied).base_meta.meta_type, release.audio_batch);
        gst_sys::gst_mini_object_unref(copy);
        gst_sys::gst_mini_object_unref(buffer.cast());
    }
}

#[test]
fn an_unknown_release_is_refused() {
    if std::env::var_os(CHILD).is_some() {
        // SAFETY: takes a number.
        unsafe {
            gst_sys::gst_init(null_mut(), null_mut());
            assert!(nvds_create_batch_meta(1).is_null());
            assert_eq!(nvds_meta_api_get_type(), 0);
        }
        return;
    }
    let output = child("an_unknown_release_is_refused", "1", Some("6.5"));
    succeeded(&output);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("NVDS_META_RELEASE=6.5 is no release of DeepStream whose layout is known"),
        "{text}"
    );
    assert!(
        text.contains("6.4, 7.0, 7.1, 8.0, 9.0, 9.1, or unset it for 9.1"),
        "{text}"
    );
}

fn ours() -> PathBuf {
    std::env::current_exe()
        .unwrap()
        .parent()
        .unwrap()
        .join("libnvds_meta.so")
}

fn open(file: &Path) -> Library {
    // SAFETY: a metadata library, which does nothing when it is loaded.
    unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) }.unwrap()
}

/// Whether a library makes a batch.
fn makes(library: &Library) -> bool {
    // SAFETY: the functions' types.
    unsafe {
        let create = library
            .get::<unsafe extern "C" fn(u32) -> *mut NvDsBatchMeta>("nvds_create_batch_meta")
            .unwrap();
        let batch = create(1);
        if !batch.is_null() {
            library
                .get::<unsafe extern "C" fn(*mut NvDsBatchMeta) -> i32>("nvds_destroy_batch_meta")
                .unwrap()(batch);
        }
        !batch.is_null()
    }
}

/// The number of the type that a library registers.
fn api(library: &Library) -> usize {
    // SAFETY: the function's type.
    unsafe {
        library
            .get::<unsafe extern "C" fn() -> usize>("nvds_meta_api_get_type")
            .unwrap()()
    }
}

#[test]
fn beside_nvidias_library_nothing_is_made() {
    let nvidias = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/nvds");
    if !nvidias.exists() {
        eprintln!("NVIDIA's library is not in .deps/nvds (`make setup`): nothing to stand beside");
        return;
    }
    let name = "beside_nvidias_library_nothing_is_made";
    if let Ok(what) = std::env::var(CHILD) {
        // SAFETY: gst_init without arguments.
        unsafe { gst_sys::gst_init(null_mut(), null_mut()) };
        let theirs = || {
            [
                open(&nvidias.join("libnvds_meta.so")),
                open(&nvidias.join("libnvdsgst_meta.so")),
            ]
        };
        if what == "after" {
            let theirs = theirs();
            let ours = open(&ours());
            assert!(!makes(&ours));
            assert_eq!(api(&ours), 0);
            assert!(makes(&theirs[0]), "NVIDIA's works on");
            assert_ne!(api(&theirs[1]), 0);
        } else {
            let ours = open(&ours());
            assert!(makes(&ours));
            let _theirs = theirs();
            assert!(!makes(&ours));
        }
        return;
    }
    for what in ["after", "before"] {
        let output = child(name, what, None);
        succeeded(&output);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            text.contains(".deps/nvds/libnvds_meta.so is in this process too"),
            "{text}"
        );
    }
}

/// A folder that was copied without its link has two files: they work as one.
#[test]
fn two_copies_of_this_library_are_one() {
    let name = "two_copies_of_this_library_are_one";
    if let Ok(folder) = std::env::var(CHILD) {
        // SAFETY: gst_init without arguments.
        unsafe { gst_sys::gst_init(null_mut(), null_mut()) };
        let [meta, gst] = ["libnvds_meta.so", "libnvdsgst_meta.so"]
            .map(|name| open(&Path::new(&folder).join(name)));
        assert!(makes(&meta) && makes(&gst));
        assert_ne!(api(&gst), 0);
        assert_eq!(api(&gst), api(&meta));
        return;
    }
    let folder = std::env::temp_dir().join(format!("nvds-meta-copies-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for file in ["libnvds_meta.so", "libnvdsgst_meta.so"] {
        std::fs::copy(ours(), folder.join(file)).unwrap();
    }
    let output = child(name, folder.to_str().unwrap(), None);
    std::fs::remove_dir_all(&folder).unwrap();
    succeeded(&output);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
