//! The thread that sends lines to the broker, and reconnects when the connection is lost.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::broker::{Broker, Connection, Fate, Link};
use crate::counts::Counts;
use crate::queue::{Line, Queue};

/// Interval of keep-alive work on a connection without lines.
const IDLE: Duration = Duration::from_secs(1);
/// Most time that [`Sender::stop`] waits for the thread, which may be stuck in a DNS look-up and is then detached.
const ENDING: Duration = Duration::from_secs(1);

/// Batch size and waits of the sender.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Most lines that are sent before the sender waits for their confirmations.
    pub batch: usize,
    /// Shortest and longest wait between two attempts to connect.
    pub retry: (Duration, Duration),
    /// Timeout for an answer of the broker.
    pub answer: Duration,
}

/// A change of the connection, or a refusal, that the element reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The connection was lost or cannot be made, with the reason.
    Away(String),
    /// The connection is made, for the first time or again.
    There,
    /// The broker refused a line for good, with the reason.
    Refused(String),
}

/// The running thread.
#[derive(Debug)]
pub struct Sender {
    thread: Option<JoinHandle<()>>,
    queue: Arc<Queue>,
}

impl Sender {
    /// Starts the thread. `notice` is called from it.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(
        broker: Box<dyn Broker>,
        queue: Arc<Queue>,
        counts: Arc<Counts>,
        patience: Patience,
        notice: impl Fn(Notice) + Send + 'static,
    ) -> std::io::Result<Self> {
        let work = Work {
            broker,
            queue: Arc::clone(&queue),
            counts,
            patience,
            notice: Box::new(notice),
            away: false,
            wait: patience.retry.0,
        };
        let thread = std::thread::Builder::new()
            .name("rsmetapublish".into())
            .spawn(move || work.run())?;
        Ok(Self {
            thread: Some(thread),
            queue,
        })
    }

    /// Ends the thread. Returns the number of lines that were not sent.
    pub fn stop(mut self) -> usize {
        let left = self.queue.close();
        let deadline = Instant::now() + ENDING;
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(2));
            }
            if thread.is_finished() {
                // It only panics where a library does; the lines are counted all the same.
                let _ = thread.join();
                return self.queue.len().min(left);
            }
        }
        left
    }
}

struct Work {
    broker: Box<dyn Broker>,
    queue: Arc<Queue>,
    counts: Arc<Counts>,
    patience: Patience,
    notice: Box<dyn Fn(Notice) + Send>,
    /// Whether [`Notice::Away`] was given.
    away: bool,
    /// Wait before the next attempt.
    wait: Duration,
}

impl Work {
    fn run(mut self) {
        let mut connection: Option<Box<dyn Connection>> = None;
        while !self.queue.is_closed() {
            let queue = Arc::clone(&self.queue);
            let closed = move || queue.is_closed();
            let link = Link {
                answer: self.patience.answer,
                closed: &closed,
            };
            let Some(mut open) = connection.take() else {
                match self.broker.connect(&link) {
                    Ok(open) => {
                        self.connected();
                        connection = Some(open);
                    }
                    Err(error) => self.lost(error),
                }
                continue;
            };
            let lines = self.queue.take(self.patience.batch, IDLE);
            let result = if lines.is_empty() {
                open.tend()
            } else {
                self.send(open.as_mut(), lines, &link)
            };
            match result {
                Ok(()) => connection = Some(open),
                Err(error) => {
                    drop(open);
                    self.lost(error);
                }
            }
        }
        self.counts.connected.store(false, Relaxed);
    }

    /// Sends lines and counts what became of them. Those that are to be sent again are back in the queue.
    fn send(
        &mut self,
        connection: &mut dyn Connection,
        lines: Vec<Line>,
        link: &Link,
    ) -> Result<(), String> {
        let mut fates = vec![Fate::Again; lines.len()];
        let result = connection.send(&lines, &mut fates, link);
        let (mut again, mut sent, mut bytes) = (Vec::new(), Vec::new(), 0);
        for (line, fate) in lines.into_iter().zip(fates) {
            match fate {
                Fate::Sent => {
                    bytes += line.text.len();
                    sent.push(line.arrived.elapsed());
                }
                Fate::Again => again.push(line),
                Fate::Refused(why) => {
                    Counts::add(&self.counts.refused, 1);
                    (self.notice)(Notice::Refused(why));
                }
            }
        }
        Counts::add(&self.counts.sent, sent.len());
        Counts::add(&self.counts.bytes, bytes);
        Counts::add(&self.counts.retried, again.len());
        if !sent.is_empty() {
            self.wait = self.patience.retry.0;
            self.there();
        }
        self.counts.took(sent.into_iter());
        let none_left = again.is_empty();
        self.queue.settle(again);
        match result {
            // Without a fault it would be sent again and again, as fast as can be.
            Ok(()) if !none_left => Err("some lines were not confirmed".into()),
            other => other,
        }
    }

    fn connected(&mut self) {
        self.counts.connected.store(true, Relaxed);
        Counts::add(&self.counts.connections, 1);
    }

    /// A broker that lets itself be connected to and takes nothing is not there.
    fn there(&mut self) {
        if std::mem::take(&mut self.away) {
            (self.notice)(Notice::There);
        }
    }

    fn lost(&mut self, error: String) {
        self.counts.connected.store(false, Relaxed);
        if self.queue.is_closed() {
            return;
        }
        Counts::add(&self.counts.errors, 1);
        if !std::mem::replace(&mut self.away, true) {
            (self.notice)(Notice::Away(error));
        }
        self.queue.pause(self.wait);
        self.wait = (self.wait * 2).clamp(self.patience.retry.0, self.patience.retry.1);
    }
}
