//! The memory of the process while a pipeline runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::Outcome;

/// Bytes that the allocators may move by.
pub const ALLOWED: i64 = 2 << 20;
/// Part of the time after which memory is taken as settled.
const SETTLED: f64 = 0.2;

/// Plays a pipeline for a while and prints the memory twenty times. `look` is called with the time since the start five times
/// a second, and with each error. Returns by how many bytes memory grew since it settled.
pub fn watch(
    pipeline: &gst::Pipeline,
    time: Duration,
    frames: &AtomicU64,
    mut look: impl FnMut(
        Duration,
        Option<&gst::message::Error>,
    ) -> Result<(), Box<dyn std::error::Error>>,
) -> Outcome {
    let bus = pipeline.bus().ok_or("no bus")?;
    pipeline.set_state(gst::State::Playing)?;
    println!("seconds  frames  resident kB  in use kB");
    let start = Instant::now();
    let mut settled = None;
    let mut last = 0;
    let mut least = i64::MAX;
    let step = time.div_f64(20.0);
    let mut next = step;
    while start.elapsed() < time {
        // Whatever comes but an error is thrown away.
        let message = bus.timed_pop_filtered(
            gst::ClockTime::from_mseconds(200),
            &[gst::MessageType::Error],
        );
        match message.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Error(error)) => look(start.elapsed(), Some(error))?,
            _ => look(start.elapsed(), None)?,
        }
        least = least.min(nvds_bench_probe::heap_in_use().try_into()?);
        if start.elapsed() >= next {
            last = std::mem::replace(&mut least, i64::MAX);
            println!(
                "{:7.0} {:7} {:12} {:10}",
                start.elapsed().as_secs_f64(),
                frames.load(Ordering::Relaxed),
                resident()? / 1024,
                last / 1024
            );
            if settled.is_none() && next >= time.mul_f64(SETTLED) {
                settled = Some(last);
            }
            next += step;
        }
    }
    pipeline.set_state(gst::State::Null)?;
    let settled = settled.ok_or("too short to tell")?;
    let grown = last - settled;
    println!("grown by {} kB since {} kB", grown / 1024, settled / 1024);
    Ok(grown)
}

/// Resident memory of this process in bytes.
fn resident() -> Result<i64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kilobytes
        .ok_or("no VmRSS in /proc/self/status")?
        .trim()
        .parse::<i64>()?
        * 1024)
}
