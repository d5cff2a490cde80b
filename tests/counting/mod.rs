//! Counts what a thread allocates through Rust's allocator. Strings and metadata of the SDK come from GLib's heap
//! and are not counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// To be the `#[global_allocator]` of a program.
pub struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Allocations of this thread so far, growing and shrinking included.
pub fn allocations() -> u64 {
    COUNT.with(Cell::get)
}

fn count() {
    // A thread that ends may allocate when its counter is gone.
    let _ = COUNT.try_with(|n| n.set(n.get() + 1));
}

// SAFETY: everything is handed to the system's allocator as it comes.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's pointer, which `alloc` or `realloc` made.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's pointer, which `alloc` or `realloc` made.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
