//! When RTSP is connected again.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use nvds::lock;

/// What is to be done at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All is well, or the time has not come.
    Wait,
    /// Connect again.
    Reconnect,
    /// No attempt is left.
    GiveUp,
}

#[derive(Debug)]
struct State {
    /// When data came last, or a connection was begun.
    last: Instant,
    /// When it failed.
    failed: Option<Instant>,
    attempts: i32,
    given_up: bool,
}

/// Watches over a connection.
#[derive(Debug)]
pub(super) struct Watch {
    /// After so much silence.
    silence: Option<Duration>,
    /// So long after an error.
    pause: Option<Duration>,
    /// In a row; without end below 0.
    most: i32,
    state: Mutex<State>,
}

impl Watch {
    /// `None` when nothing is to be connected again: both intervals, in seconds, are 0.
    pub(super) fn new(silence: u64, pause: u64, most: i32, now: Instant) -> Option<Self> {
        let interval = |seconds| (seconds > 0).then(|| Duration::from_secs(seconds));
        let (silence, pause) = (interval(silence), interval(pause));
        silence.or(pause)?;
        let state = State {
            last: now,
            failed: None,
            attempts: 0,
            given_up: false,
        };
        Some(Self {
            silence,
            pause,
            most,
            state: Mutex::new(state),
        })
    }

    /// Data came.
    pub(super) fn data(&self, now: Instant) {
        let mut state = lock(&self.state);
        state.last = now;
        state.failed = None;
        state.attempts = 0;
    }

    /// The connection failed or ended. Whether that is no error, as it will be connected again.
    pub(super) fn fail(&self, now: Instant) -> bool {
        let mut state = lock(&self.state);
        if state.given_up {
            return false;
        }
        state.failed.get_or_insert(now);
        true
    }

    /// What is to be done now.
    pub(super) fn look(&self, now: Instant) -> Verdict {
        let mut state = lock(&self.state);
        let since = |start: Instant| now.saturating_duration_since(start);
        let due = match state.failed {
            Some(failed) => self
                .pause
                .or(self.silence)
                .is_some_and(|pause| since(failed) >= pause),
            None => self
                .silence
                .is_some_and(|silence| since(state.last) >= silence),
        };
        if !due || state.given_up {
            return Verdict::Wait;
        }
        if self.most >= 0 && state.attempts >= self.most {
            state.given_up = true;
            return Verdict::GiveUp;
        }
        state.attempts = state.attempts.saturating_add(1);
        state.failed = None;
        state.last = now;
        Verdict::Reconnect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_errors_lead_to_new_attempts_until_none_is_left() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(Watch::new(0, 0, -1, start).is_none());
        let watch = Watch::new(10, 2, 2, start).unwrap();
        assert_eq!(watch.look(at(9)), Verdict::Wait);
        watch.data(at(9));
        assert_eq!(watch.look(at(18)), Verdict::Wait);
        assert_eq!(watch.look(at(19)), Verdict::Reconnect);
        assert!(watch.fail(at(20)));
        assert_eq!(watch.look(at(21)), Verdict::Wait);
        assert_eq!(watch.look(at(22)), Verdict::Reconnect);
        watch.data(at(23));
        for second in [33, 43] {
            assert_eq!(
                watch.look(at(second)),
                Verdict::Reconnect,
                "data came between: two more attempts"
            );
        }
        assert_eq!(watch.look(at(53)), Verdict::GiveUp);
        assert_eq!(watch.look(at(99)), Verdict::Wait);
        assert!(!watch.fail(at(99)), "now an error is one");
    }

    #[test]
    fn without_a_limit_it_never_gives_up() {
        let start = Instant::now();
        let watch = Watch::new(1, 0, -1, start).unwrap();
        for second in 1..100 {
            assert_eq!(
                watch.look(start + Duration::from_secs(second)),
                Verdict::Reconnect
            );
        }
    }
}
