//! A metadata library, by its folder, and functions called by name.

use std::ffi::c_void;
use std::path::Path;

use libloading::os::unix::{Library as File, RTLD_LOCAL, RTLD_NOW};

/// Any pointer.
pub type P = *mut c_void;

/// The two files.
pub struct Library {
    meta: File,
    gst: File,
}

impl Library {
    pub fn open(folder: &Path) -> Self {
        // The second needs the first, by its name.
        let open = |name| {
            // SAFETY: a metadata library, which does nothing when it is loaded.
            unsafe { File::open(Some(folder.join(name)), RTLD_NOW | RTLD_LOCAL) }.unwrap()
        };
        let meta = open("libnvds_meta.so");
        let gst = open("libnvdsgst_meta.so");
        Self { meta, gst }
    }

    /// # Safety
    /// `F` must be the type of the function.
    pub unsafe fn function<F: Copy>(&self, name: &str) -> F {
        // SAFETY: as the caller vouches.
        unsafe {
            let found = self
                .meta
                .get::<F>(name)
                .or_else(|_| self.gst.get::<F>(name));
            *found.unwrap_or_else(|error| panic!("{name}: {error}"))
        }
    }
}

/// Calls by the number of pointers, with and without a result.
macro_rules! calls {
    ($($name:ident($($argument:ident),*) $(-> $result:ty)?;)*) => {
        impl Library {
            $(
                /// # Safety
                /// The function must have this type, and take these arguments.
                pub unsafe fn $name(&self, function: &str, $($argument: P),*) $(-> $result)? {
                    // SAFETY: as the caller vouches.
                    unsafe {
                        self.function::<unsafe extern "C" fn($(calls!(@pointer $argument)),*) $(-> $result)?>(function)
                            ($($argument),*)
                    }
                }
            )*
        }
    };
    (@pointer $argument:ident) => { P };
}

calls! {
    run2(a, b);
    run3(a, b, c);
    get1(a) -> P;
    get2(a, b) -> P;
    get3(a, b, c) -> P;
    number1(a) -> i32;
    number2(a, b) -> i32;
}
