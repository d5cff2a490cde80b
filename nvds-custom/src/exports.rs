//! The functions that inference elements call.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::abi::Call;
use crate::function::Function;
use crate::message::{Level, once};
use crate::parser;

/// Runs a parser. No panic leaves.
///
/// # Safety
/// The pointers must be what the prototype of a parser says, or NULL.
unsafe fn parse(
    function: Function,
    layers: *const c_void,
    network: *const c_void,
    params: *const c_void,
    objects: *mut c_void,
) -> bool {
    let run = || {
        // SAFETY: as the caller vouches.
        let call = unsafe { Call::read(layers, network, params) };
        match call {
            // SAFETY: as the caller vouches.
            Some(call) => unsafe { parser::parse(function, call, objects) },
            None => {
                once(function.name(), Level::Error, "NULL", || {
                    "an argument is NULL; expected what NvDsInferParseCustomFunc has".into()
                });
                false
            }
        }
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        once(function.name(), Level::Error, "panic", || {
            "this is a bug of rsnvds: the parser panicked and gives no objects for such frames"
                .into()
        });
        parser::on_error()
    })
}

macro_rules! parsers {
    ($($(#[$doc:meta])* $name:ident, $function:ident;)*) => {
        $(
            $(#[$doc])*
            ///
            /// Boxes are in pixels of the network's input, left, top, width and height, clipped to it. They are not
            /// suppressed: that is up to the inference element. It has the prototype `NvDsInferParseCustomFunc`.
            ///
            /// # Safety
            /// The arguments must be, in this order, a `std::vector<NvDsInferLayerInfo> const *`, a
            /// `NvDsInferNetworkInfo const *`, a `NvDsInferParseDetectionParams const *` and a
            /// `std::vector<NvDsInferObjectDetectionInfo> *`, whose size of objects is that of the loaded DeepStream.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(
                layers: *const c_void,
                network: *const c_void,
                params: *const c_void,
                objects: *mut c_void,
            ) -> bool {
                // SAFETY: as the caller vouches.
                unsafe { parse(Function::$function, layers, network, params, objects) }
            }
        )*
    };
}

parsers! {
    /// Objects of a network of any family, as far as its layers say which one it is.
    NvDsInferParseRsnvds, Any;
    /// Objects of YOLO networks, and all others whose outputs look like theirs.
    NvDsInferParseRsnvdsYolo, Yolo;
    /// Objects of DETRs.
    NvDsInferParseRsnvdsDetr, Detr;
    /// Objects of SSDs, and of networks that suppress boxes themselves.
    NvDsInferParseRsnvdsSsd, Ssd;
    /// Faces, or plates, without their key points, for which an object has no place.
    NvDsInferParseRsnvdsFace, Face;
}
