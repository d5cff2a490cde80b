//! What the element does with lines, beside what GStreamer asks of it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use glib::subclass::prelude::*;
use gst_base::prelude::*;

use super::imp::{CAT, MetaPublish};
use super::settings::Policy;
use super::starting::{Maker, Odd};
use crate::counts::Counts;
use crate::lines::{Assembler, LONGEST};
use crate::lock;
use crate::queue::{Line, Pushed, Queue, WhenFull};
use crate::sender::Notice;

/// Two warnings that a broker is away are at least so far apart: one may come and go all the time.
const APART: Duration = Duration::from_secs(10);

/// Kinds of warnings that are told once.
#[derive(Clone, Copy)]
enum Once {
    Dropped,
    Refused,
    NotJson,
    TooLong,
    TopicTooLong,
}

impl MetaPublish {
    pub(super) fn counts(&self) -> Arc<Counts> {
        lock(&self.counts).clone()
    }

    pub(super) fn stats(&self) -> gst::Structure {
        let counts = self.counts();
        let queued = lock(&self.running)
            .as_ref()
            .map_or(0, |running| running.queue.len());
        let [median, most, longest] = counts.latencies();
        gst::Structure::builder("rsmetapublish-stats")
            .field("lines", counts.lines.load(Relaxed))
            .field("sent", counts.sent.load(Relaxed))
            .field("bytes", counts.bytes.load(Relaxed))
            .field("queued", queued as u64)
            .field("dropped", counts.dropped.load(Relaxed))
            .field("retried", counts.retried.load(Relaxed))
            .field("refused", counts.refused.load(Relaxed))
            .field("not-json", counts.not_json.load(Relaxed))
            .field("errors", counts.errors.load(Relaxed))
            .field("connections", counts.connections.load(Relaxed))
            .field("connected", counts.connected.load(Relaxed))
            .field("latency-median", median)
            .field("latency-99", most)
            .field("latency-max", longest)
            .build()
    }

    /// A warning on the bus and in the log. No lock may be held.
    pub(super) fn warn(&self, text: &str) {
        gst::warning!(CAT, imp = self, "{text}");
        gst::element_imp_warning!(self, gst::ResourceError::Write, ("{text}"));
    }

    fn warn_once(&self, kind: Once, text: impl FnOnce() -> String) {
        let bit = 1 << kind as u32;
        if self.told.fetch_or(bit, Relaxed) & bit == 0 {
            self.warn(&(text() + "; said once, later ones are counted in stats"));
        }
    }

    /// What the sender has to say. It comes from its thread.
    pub(super) fn notice(&self, notice: Notice, address: &str) {
        match notice {
            Notice::Away(reason) => {
                let (policy, most) = {
                    let settings = lock(&self.settings);
                    (settings.when_full, settings.max_queue)
                };
                let then = match policy {
                    Policy::Block => "then the pipeline waits",
                    Policy::DropOldest => "then the oldest are dropped",
                    Policy::Fail => "then the pipeline ends",
                };
                let text = format!(
                    "the broker at {address} is away: {reason}. Up to {most} lines wait (max-queue), {then} (when-full); \
                     it is tried again until it answers"
                );
                let now = Instant::now();
                let mut last = lock(&self.last_away);
                if last.is_some_and(|last| now.duration_since(last) < APART) {
                    gst::info!(CAT, imp = self, "{text}");
                } else {
                    *last = Some(now);
                    drop(last);
                    self.warn(&text);
                }
            }
            Notice::There => gst::info!(CAT, imp = self, "the broker at {address} is there again"),
            Notice::Refused(why) => self.warn_once(Once::Refused, || {
                format!("the broker at {address} refuses a line, which is given up: {why}")
            }),
        }
    }

    /// Hands lines to the sender, and waits where the policy says so.
    fn queue(
        &self,
        queue: &Queue,
        when_full: WhenFull,
        lines: Vec<Line>,
    ) -> Result<(), gst::FlowError> {
        for mut line in lines {
            loop {
                match queue.push(line, when_full) {
                    Pushed::Queued => break,
                    Pushed::Dropped(count) => {
                        Counts::add(&self.counts().dropped, count);
                        self.warn_once(Once::Dropped, || {
                            format!(
                                "lines are dropped: {} wait already (max-queue) and the broker is slower, or away",
                                queue.room()
                            )
                        });
                        break;
                    }
                    Pushed::Interrupted(back) => {
                        // To PAUSED and back, or a flush.
                        self.obj().wait_preroll()?;
                        line = back;
                    }
                    Pushed::Full(_) => {
                        Counts::add(&self.counts().dropped, 1);
                        gst::element_imp_error!(
                            self,
                            gst::ResourceError::Write,
                            (
                                "{} lines wait already (max-queue) and when-full=fail; a broker that is slow for a \
                                 while needs a larger max-queue, or when-full=block or drop-oldest",
                                queue.room()
                            )
                        );
                        return Err(gst::FlowError::Error);
                    }
                }
            }
        }
        Ok(())
    }

    /// What lines need while the element runs.
    pub(super) fn parts(&self) -> Option<(Arc<Queue>, WhenFull, Arc<Maker>)> {
        let running = lock(&self.running);
        let running = running.as_ref()?;
        Some((
            Arc::clone(&running.queue),
            running.when_full,
            Arc::clone(&running.maker),
        ))
    }

    fn tell(&self, odd: Odd, too_long: u64) {
        if odd.not_json {
            self.warn_once(Once::NotJson, || {
                "a line is no JSON object: {source}, {pad} and {event} in its topic and key stay empty".into()
            });
        }
        if odd.topic_too_long {
            self.warn_once(Once::TopicTooLong, || {
                "a line is given up: its fields make a topic that is longer than the broker takes"
                    .into()
            });
        }
        if too_long > 0 {
            Counts::add(&self.counts().refused, too_long as usize);
            self.warn_once(Once::TooLong, || {
                format!("a line is given up: it has more than {LONGEST} bytes without a line feed")
            });
        }
    }

    /// Takes lines out of what `feed` gives the assembler, and queues them.
    pub(super) fn take(
        &self,
        feed: impl FnOnce(&mut Assembler, &mut dyn FnMut(&[u8])),
    ) -> Result<(), gst::FlowError> {
        let Some((queue, when_full, maker)) = self.parts() else {
            return Err(gst::FlowError::Flushing);
        };
        let counts = self.counts();
        let (mut lines, mut odd) = (Vec::new(), Odd::default());
        let mut assembler = lock(&self.assembler);
        feed(&mut assembler, &mut |text| {
            let (line, more) = maker.line(text, &counts);
            lines.extend(line);
            odd.not_json |= more.not_json;
            odd.topic_too_long |= more.topic_too_long;
        });
        let too_long = assembler.take_too_long();
        drop(assembler);
        self.tell(odd, too_long);
        self.queue(&queue, when_full, lines)
    }

    /// The end of the stream waits for what is not sent, and tells what is left: when the element stops, few still
    /// read the bus. One that is interrupted says nothing.
    pub(super) fn finish(&self) {
        let begin = Instant::now();
        let left = self.drain(true);
        let Some((address, wait)) = lock(&self.running)
            .as_ref()
            .map(|running| (running.address.clone(), running.drain))
        else {
            return;
        };
        if left > 0 && begin.elapsed() >= wait {
            self.warn(&format!(
                "{left} lines wait at the end of the stream: {address} did not confirm them within drain-timeout={} ms; \
                 what is left when the element stops is dropped",
                wait.as_millis()
            ));
        }
    }

    /// Waits for what is not sent, and returns how many lines are left. `always`: also for a broker that is away.
    pub(super) fn drain(&self, always: bool) -> usize {
        let Some((queue, wait)) = lock(&self.running)
            .as_ref()
            .map(|running| (Arc::clone(&running.queue), running.drain))
        else {
            return 0;
        };
        let counts = self.counts();
        let left = queue.drain(wait, || !always && !counts.connected.load(Relaxed));
        gst::debug!(CAT, imp = self, "{left} lines are left");
        left
    }
}
