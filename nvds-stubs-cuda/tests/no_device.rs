//! The library as applications load it: it exports functions of CUDA's names only, and they say that there is no device.

use std::ffi::{CStr, c_char, c_int};
use std::path::PathBuf;

use libloading::{Library, Symbol};
use object::{Object, ObjectSymbol, SymbolKind};

type Init = unsafe extern "C" fn(u32) -> c_int;
type Count = unsafe extern "C" fn(*mut c_int) -> c_int;
type Malloc = unsafe extern "C" fn(*mut *mut u8, usize) -> c_int;
type Free = unsafe extern "C" fn(*mut u8) -> c_int;
type Properties = unsafe extern "C" fn(*mut u8, c_int) -> c_int;
type Text = unsafe extern "C" fn(c_int) -> *const c_char;
type Address = unsafe extern "C" fn(*const c_char, *mut usize, c_int, u64, *mut c_int) -> c_int;

const NO_DEVICE: c_int = 100;

fn file() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().join("libnvds_stubs_cuda.so")
}

#[test]
fn all_names_are_cudas() {
    let bytes = std::fs::read(file()).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let names: Vec<_> = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition() && symbol.kind() == SymbolKind::Text)
        .map(|symbol| symbol.name().unwrap().to_owned())
        .collect();
    assert!(names.len() > 60, "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("cu")), "{names:?}");
}

#[test]
fn there_is_no_device_and_nothing_is_left_as_it_was() {
    let (mut count, mut memory) = (7, std::ptr::dangling_mut());
    let mut properties = [0xff_u8; 1032];
    // SAFETY: the library of this project, whose functions have these types, and places that may be written.
    unsafe {
        let library = Library::new(file()).unwrap();
        let init: Symbol<Init> = library.get(b"cuInit").unwrap();
        assert_eq!(init(0), NO_DEVICE);
        let function: Symbol<Count> = library.get(b"cudaGetDeviceCount").unwrap();
        assert_eq!((function(&mut count), count), (NO_DEVICE, 0));
        assert_eq!(function(std::ptr::null_mut()), NO_DEVICE);
        let malloc: Symbol<Malloc> = library.get(b"cudaMalloc").unwrap();
        assert_eq!(malloc(&mut memory, 16), NO_DEVICE);
        assert!(memory.is_null());
        let free: Symbol<Free> = library.get(b"cudaFree").unwrap();
        assert_eq!(free(memory), 0);
        let function: Symbol<Properties> = library.get(b"cudaGetDeviceProperties_v2").unwrap();
        assert_eq!(function(properties.as_mut_ptr(), 0), NO_DEVICE);
        let text: Symbol<Text> = library.get(b"cudaGetErrorString").unwrap();
        assert_eq!(
            CStr::from_ptr(text(NO_DEVICE)),
            c"no CUDA-capable device is detected"
        );
    }
    assert!(properties[..600].iter().all(|&byte| byte == 0));
}

/// cuda-python finds the driver's functions this way.
#[test]
fn the_drivers_functions_are_found_by_name() {
    let (mut found, mut status) = (0, 7);
    // SAFETY: as above.
    unsafe {
        let library = Library::new(file()).unwrap();
        let address: Symbol<Address> = library.get(b"cuGetProcAddress_v2").unwrap();
        let init: Symbol<Init> = library.get(b"cuInit").unwrap();
        let mut ask = |name: &CStr| {
            let error = address(name.as_ptr(), &mut found, 12000, 0, &mut status);
            (error, found, status)
        };
        assert_eq!(ask(c"cuInit"), (0, *init as usize, 0));
        assert_eq!(ask(c"cuNothing"), (500, 0, 1));
    }
}
