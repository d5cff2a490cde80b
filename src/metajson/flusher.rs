//! An output that is flushed by the clock, whether buffers come or not.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::output::{Output, OutputError};
use crate::element::lock;

/// An output from start to stop.
#[derive(Debug)]
pub struct Flusher {
    /// `None` after an error and once closed. Nobody waits for this lock but who writes or flushes.
    output: Mutex<Option<Output>>,
    /// Told when lines begin to wait, and when the output is closed.
    changed: Condvar,
}

impl Flusher {
    /// Takes an output; an error of the clock's flushes is given to `report`, with no lock held.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(
        output: Output,
        report: impl FnOnce(&OutputError) + Send + 'static,
    ) -> std::io::Result<Arc<Self>> {
        let this = Arc::new(Self {
            output: Mutex::new(Some(output)),
            changed: Condvar::new(),
        });
        let own = Arc::clone(&this);
        // Never joined: what stops the element may be this very thread, handling its error.
        thread::Builder::new()
            .name("rsmetajson".into())
            .spawn(move || {
                if let Err(error) = own.run() {
                    report(&error);
                }
            })?;
        Ok(this)
    }

    /// Flushes what is due until the output is closed.
    fn run(&self) -> Result<(), OutputError> {
        let mut slot = lock(&self.output);
        while let Some(output) = slot.as_mut() {
            let left = output
                .due()
                .map(|due| due.saturating_duration_since(Instant::now()));
            slot = match left {
                Some(Duration::ZERO) => {
                    if let Err(error) = output.flush() {
                        *slot = None;
                        return Err(error);
                    }
                    slot
                }
                Some(left) => {
                    let waited = self.changed.wait_timeout(slot, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(slot);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
        Ok(())
    }

    /// Writes lines, and returns whether the output was open. After an error it is closed, so that
    /// the error is told once.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn write(&self, lines: &[u8], interval: Duration) -> Result<bool, OutputError> {
        self.with_output(|output| {
            let due = output.due();
            output.write(lines, interval)?;
            if output.due() != due {
                self.changed.notify_one();
            }
            Ok(())
        })
    }

    /// Hands what waits to the operating system.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn flush(&self) -> Result<bool, OutputError> {
        self.with_output(Output::flush)
    }

    /// Flushes and closes.
    ///
    /// # Errors
    /// [`OutputError`]; it is closed all the same.
    pub fn close(&self) -> Result<bool, OutputError> {
        let result = self.flush();
        *lock(&self.output) = None;
        self.changed.notify_one();
        result
    }

    fn with_output(
        &self,
        work: impl FnOnce(&mut Output) -> Result<(), OutputError>,
    ) -> Result<bool, OutputError> {
        let mut slot = lock(&self.output);
        let Some(output) = slot.as_mut() else {
            return Ok(false);
        };
        let result = work(output);
        if result.is_err() {
            *slot = None;
            self.changed.notify_one();
        }
        result.map(|()| true)
    }
}
