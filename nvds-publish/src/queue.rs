//! The bounded queue of lines that wait to be sent to the broker.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::lock;

/// A line to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Topic (Kafka, MQTT) or stream (Redis).
    pub topic: String,
    /// Message key: equal for lines that must keep their order, such as those of one source.
    pub key: String,
    /// The text, without a line feed.
    pub text: Vec<u8>,
    /// When the element got it: the start of its latency.
    pub arrived: Instant,
}

/// What happens to a line when the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// [`Queue::push`] waits for room, and with it the streaming thread.
    Block,
    /// The oldest waiting line is dropped.
    DropOldest,
    /// [`Queue::push`] gives the line back as [`Pushed::Full`].
    Fail,
}

/// The outcome of [`Queue::push`].
#[derive(Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The line is queued.
    Queued,
    /// The line is queued and this many older ones were dropped; or all others are being sent, and it was dropped
    /// itself.
    Dropped(usize),
    /// The queue is full; the line comes back.
    Full(Line),
    /// Waiting for room was interrupted; the line comes back.
    Interrupted(Line),
}

#[derive(Debug, Default)]
struct Inner {
    waiting: VecDeque<Line>,
    /// Lines that the sender holds.
    in_flight: usize,
    /// Nobody may wait for room.
    interrupted: bool,
    /// The sender is to end.
    closed: bool,
}

/// The queue between the streaming thread and the sender.
#[derive(Debug)]
pub struct Queue {
    inner: Mutex<Inner>,
    changed: Condvar,
    room: usize,
}

impl Queue {
    /// A queue for `room` lines, those being sent included; at least one.
    pub fn new(room: usize) -> Self {
        Self {
            inner: Mutex::default(),
            changed: Condvar::new(),
            room: room.max(1),
        }
    }

    /// Adds a line at the end.
    pub fn push(&self, line: Line, when_full: WhenFull) -> Pushed {
        let mut inner = lock(&self.inner);
        let mut dropped = 0;
        while inner.waiting.len() + inner.in_flight >= self.room {
            match when_full {
                WhenFull::Fail => return Pushed::Full(line),
                WhenFull::Block if inner.interrupted || inner.closed => {
                    return Pushed::Interrupted(line);
                }
                WhenFull::Block => {
                    inner = self
                        .changed
                        .wait(inner)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                // All of them are being sent: the line itself is the oldest.
                WhenFull::DropOldest if inner.waiting.pop_front().is_none() => {
                    return Pushed::Dropped(dropped + 1);
                }
                WhenFull::DropOldest => dropped += 1,
            }
        }
        inner.waiting.push_back(line);
        drop(inner);
        self.changed.notify_all();
        if dropped > 0 {
            Pushed::Dropped(dropped)
        } else {
            Pushed::Queued
        }
    }

    /// Takes the next lines to send, at most `most`, and waits at most `wait` for the first. Empty on timeout and once
    /// the queue is closed. The lines count as in flight until [`Self::settle`].
    pub fn take(&self, most: usize, wait: Duration) -> Vec<Line> {
        let inner = lock(&self.inner);
        let (mut inner, _) = self
            .changed
            .wait_timeout_while(inner, wait, |inner| {
                inner.waiting.is_empty() && !inner.closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        if inner.closed {
            return Vec::new();
        }
        let count = most.max(1).min(inner.waiting.len());
        let taken: Vec<_> = inner.waiting.drain(..count).collect();
        inner.in_flight = taken.len();
        taken
    }

    /// Ends what [`Self::take`] began: the lines of `again` are put back at the front, in their order.
    pub fn settle(&self, again: Vec<Line>) {
        let mut inner = lock(&self.inner);
        inner.in_flight = 0;
        for line in again.into_iter().rev() {
            inner.waiting.push_front(line);
        }
        drop(inner);
        self.changed.notify_all();
    }

    /// Sets whether waiting for room ends at once, from now on.
    pub fn interrupt(&self, interrupted: bool) {
        lock(&self.inner).interrupted = interrupted;
        self.changed.notify_all();
    }

    /// Waits until all lines are sent, at most `wait`; ends earlier when `give_up` returns true or the queue is
    /// interrupted or closed. Returns the number of lines left.
    pub fn drain(&self, wait: Duration, give_up: impl Fn() -> bool) -> usize {
        let deadline = Instant::now() + wait;
        let mut inner = lock(&self.inner);
        loop {
            let left = inner.waiting.len() + inner.in_flight;
            let remaining = deadline.saturating_duration_since(Instant::now());
            if left == 0 || remaining.is_zero() || inner.interrupted || inner.closed || give_up() {
                return left;
            }
            // The connection may break without a change of the queue.
            let step = remaining.min(Duration::from_millis(50));
            (inner, _) = self
                .changed
                .wait_timeout(inner, step)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Tells the sender to end. Returns the number of lines left.
    pub fn close(&self) -> usize {
        let mut inner = lock(&self.inner);
        inner.closed = true;
        let left = inner.waiting.len() + inner.in_flight;
        drop(inner);
        self.changed.notify_all();
        left
    }

    /// Whether [`Self::close`] was called.
    pub fn is_closed(&self) -> bool {
        lock(&self.inner).closed
    }

    /// Waits for `wait`, or until the queue is closed.
    pub fn pause(&self, wait: Duration) {
        let inner = lock(&self.inner);
        let _ = self
            .changed
            .wait_timeout_while(inner, wait, |inner| !inner.closed)
            .unwrap_or_else(PoisonError::into_inner);
    }

    /// Number of lines that wait or are in flight.
    pub fn len(&self) -> usize {
        let inner = lock(&self.inner);
        inner.waiting.len() + inner.in_flight
    }

    /// Whether no line waits or is in flight.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Capacity in lines, at least one.
    pub fn room(&self) -> usize {
        self.room
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    fn line(number: usize) -> Line {
        Line {
            topic: String::new(),
            key: String::new(),
            text: number.to_string().into_bytes(),
            arrived: Instant::now(),
        }
    }

    fn texts(lines: &[Line]) -> String {
        lines
            .iter()
            .map(|line| String::from_utf8_lossy(&line.text))
            .collect()
    }

    #[test]
    fn the_oldest_go_and_those_in_flight_stay() {
        let queue = Queue::new(3);
        for number in 0..3 {
            assert_eq!(
                queue.push(line(number), WhenFull::DropOldest),
                Pushed::Queued
            );
        }
        assert_eq!(texts(&queue.take(1, Duration::ZERO)), "0");
        assert_eq!(
            queue.push(line(3), WhenFull::DropOldest),
            Pushed::Dropped(1)
        );
        queue.settle(vec![line(0)]);
        assert_eq!(texts(&queue.take(9, Duration::ZERO)), "023");
        assert_eq!(
            queue.push(line(4), WhenFull::DropOldest),
            Pushed::Dropped(1)
        );
        assert_eq!(queue.len(), 3);
    }

    #[test]
    fn full_is_told() {
        let queue = Queue::new(1);
        assert_eq!(queue.push(line(0), WhenFull::Fail), Pushed::Queued);
        assert!(matches!(
            queue.push(line(1), WhenFull::Fail),
            Pushed::Full(_)
        ));
    }

    #[test]
    fn blocking_ends_with_room_and_with_an_interruption() {
        let queue = Arc::new(Queue::new(1));
        queue.push(line(0), WhenFull::Block);
        let other = Arc::clone(&queue);
        let waiter = std::thread::spawn(move || other.push(line(1), WhenFull::Block));
        assert_eq!(texts(&queue.take(1, Duration::from_secs(5))), "0");
        queue.settle(Vec::new());
        assert_eq!(waiter.join().unwrap(), Pushed::Queued);
        let other = Arc::clone(&queue);
        let waiter = std::thread::spawn(move || other.push(line(2), WhenFull::Block));
        queue.interrupt(true);
        assert!(matches!(waiter.join().unwrap(), Pushed::Interrupted(_)));
    }

    #[test]
    fn draining_ends_by_itself() {
        let queue = Queue::new(9);
        assert_eq!(queue.drain(Duration::from_secs(60), || false), 0);
        queue.push(line(0), WhenFull::Block);
        assert_eq!(queue.drain(Duration::from_millis(10), || false), 1);
        assert_eq!(queue.drain(Duration::from_secs(60), || true), 1);
        assert_eq!(queue.close(), 1);
        assert!(queue.take(1, Duration::from_secs(60)).is_empty());
        queue.pause(Duration::from_secs(60));
    }

    proptest! {
        #[test]
        fn no_line_is_lost_uncounted(steps in proptest::collection::vec(0_u8..6, 1..60), room in 1_usize..5) {
            let queue = Queue::new(room);
            let (mut pushed, mut dropped, mut done, mut held) = (0, 0, 0, None::<Vec<Line>>);
            for step in steps {
                match (step, held.take()) {
                    (0..=2, was) => {
                        pushed += 1;
                        if let Pushed::Dropped(count) = queue.push(line(pushed), WhenFull::DropOldest) {
                            dropped += count;
                        }
                        held = was;
                    }
                    (_, None) => held = Some(queue.take(2, Duration::ZERO)).filter(|lines| !lines.is_empty()),
                    (3, Some(lines)) => queue.settle(lines),
                    (_, Some(mut lines)) => {
                        lines.remove(0);
                        done += 1;
                        queue.settle(lines);
                    }
                }
                prop_assert!(queue.len() <= room);
                prop_assert_eq!(pushed, dropped + done + queue.len());
            }
        }
    }
}
