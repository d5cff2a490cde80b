//! What a file says, source by source.

use std::collections::BTreeMap;

use crate::events::Events;
use crate::line::{Line, Object};
use crate::places::Places;
use crate::series::{Series, kept_name};
use crate::tracks::Tracks;

/// Parts of the range of confidences, 0 to 1.
pub const CONFIDENCE_PARTS: usize = 20;

/// Most sources that are told apart.
pub const MOST_SOURCES: usize = 1024;

/// Pixels of a frame's side.
const PIXELS: std::ops::RangeInclusive<f64> = 1.0..=1e6;

/// Where points of ways are, in parts of the frame's size.
const NEAR: std::ops::RangeInclusive<f64> = -1.0..=2.0;

/// What the time of a page is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Seconds of the stream, by `pts`.
    Seconds,
    /// Frames, where there are no times.
    Frames,
}

/// All of one source.
#[derive(Debug, Clone)]
pub struct Source {
    /// What times are.
    pub clock: Clock,
    /// First and last time.
    pub span: Option<(f64, f64)>,
    /// Frames, and objects on them.
    pub frames: u64,
    /// Objects.
    pub objects: u64,
    /// The last size in pixels.
    pub size: Option<(f64, f64)>,
    /// Objects by class.
    pub classes: Series,
    /// What rsanalytics found out.
    pub events: Events,
    /// Tracks.
    pub tracks: Tracks,
    /// Where objects stood.
    pub places: Places,
    /// How many objects have a confidence in each part of 0 to 1, by class.
    pub confidences: BTreeMap<String, [u64; CONFIDENCE_PARTS]>,
    /// Objects whose confidence is below 0, above 1 or not there.
    pub without_confidence: u64,
    /// Objects whose box is not there, or of frames whose size is not.
    pub without_place: u64,
    /// Frames without a time in a stream of times, which count to the frame before.
    pub without_time: u64,
}

impl Source {
    fn new(line: &Line) -> Self {
        let (clock, interval) = match line.pts {
            Some(_) => (Clock::Seconds, 0.1),
            None => (Clock::Frames, 1.0),
        };
        Self {
            clock,
            span: None,
            frames: 0,
            objects: 0,
            size: None,
            classes: Series::new(interval),
            events: Events::new(interval),
            tracks: Tracks::default(),
            places: Places::default(),
            confidences: BTreeMap::new(),
            without_confidence: 0,
            without_place: 0,
            without_time: 0,
        }
    }

    fn time(&mut self, line: &Line) -> f64 {
        match (self.clock, line.pts) {
            (Clock::Seconds, Some(pts)) => pts as f64 / 1e9,
            (Clock::Frames, _) => line.frame_num as f64,
            (Clock::Seconds, None) => {
                self.without_time += 1;
                self.span.map_or(0.0, |span| span.1)
            }
        }
    }

    fn add(&mut self, line: &Line) {
        let time = self.time(line);
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
        self.frames += 1;
        self.objects += line.objects.len() as u64;
        let is_size = |pixels: &f64| PIXELS.contains(pixels);
        if let (Some(width), Some(height)) =
            (line.width.filter(is_size), line.height.filter(is_size))
        {
            self.size = Some((width, height));
        }
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for object in &line.objects {
            let class = object.class();
            self.object(object, &class, time);
            *counts.entry(class).or_default() += 1;
        }
        let counts = counts.iter().map(|(class, count)| (class.as_str(), *count));
        self.classes.frame(time, counts);
        if let Some(found) = &line.analytics {
            self.events.add(time, found);
        }
    }

    fn object(&mut self, object: &Object, class: &str, time: f64) {
        let at = object.foot().zip(self.size);
        let at = at.map(|((x, y), (width, height))| (x / width, y / height));
        match at {
            Some(at) => self.places.add(at),
            None => self.without_place += 1,
        }
        if let Some(id) = object.object_id {
            // A way leads no farther than one frame beside this one: nothing drawn is, and no number without end.
            let near = |(x, y): &(f64, f64)| NEAR.contains(x) && NEAR.contains(y);
            let at = at.filter(near).map(|(x, y)| (x as f32, y as f32));
            self.tracks.see(id, class, time, at);
        }
        match object
            .confidence
            .filter(|confidence| (0.0..=1.0).contains(confidence))
        {
            Some(confidence) => self.confidence(class, confidence),
            None => self.without_confidence += 1,
        }
    }

    fn confidence(&mut self, class: &str, confidence: f64) {
        let part = ((confidence * CONFIDENCE_PARTS as f64) as usize).min(CONFIDENCE_PARTS - 1);
        let class = kept_name(&self.confidences, class);
        self.confidences
            .entry(class.to_owned())
            .or_insert([0; CONFIDENCE_PARTS])[part] += 1;
    }

    /// How long it is, in what its clock counts.
    pub fn length(&self) -> f64 {
        self.span.map_or(0.0, |(first, last)| last - first)
    }
}

/// All of a file.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// By `source_id`.
    pub sources: BTreeMap<u32, Source>,
    /// Lines that are no frames, such as the last one of a program that was killed.
    pub unread: u64,
    /// Where the first of them is, and why it is none.
    pub first_unread: Option<(u64, String)>,
    /// Frames of sources beyond the most.
    pub beyond: u64,
}

impl Summary {
    /// Adds a frame.
    pub fn add(&mut self, line: &Line) {
        if self.sources.len() >= MOST_SOURCES && !self.sources.contains_key(&line.source_id) {
            self.beyond += 1;
            return;
        }
        let source = self.sources.entry(line.source_id);
        source.or_insert_with(|| Source::new(line)).add(line);
    }

    /// Notes a line that is no frame; `number` counts from 1.
    pub fn unread(&mut self, number: u64, why: impl std::fmt::Display) {
        self.unread += 1;
        self.first_unread
            .get_or_insert_with(|| (number, why.to_string()));
    }

    /// What was left out, to be told: one text each.
    pub fn left_out(&self) -> Vec<String> {
        let mut told = Vec::new();
        if let Some((number, why)) = &self.first_unread {
            let count = self.unread;
            told.push(format!(
                "{count} lines are no frames and were left out, first line {number}: {why}"
            ));
        }
        if self.beyond > 0 {
            told.push(format!(
                "{} frames were left out: they are of sources beyond the first {MOST_SOURCES}",
                self.beyond
            ));
        }
        told
    }

    /// Frames of all sources.
    pub fn frames(&self) -> u64 {
        self.sources.values().map(|source| source.frames).sum()
    }

    /// Objects of all sources.
    pub fn objects(&self) -> u64 {
        self.sources.values().map(|source| source.objects).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn sources_are_told_apart_and_times_are_seconds() {
        let mut summary = Summary::default();
        for frame in 0..50u64 {
            let text = format!(
                r#"{{"source_id":{},"frame_num":{frame},"pts":{},"width":100,"height":50,"objects":[
                {{"class_id":0,"label":"car","confidence":0.93,"object_id":{},"rect":[40,10,20,15]}}]}}"#,
                frame % 2,
                frame * 40_000_000,
                frame % 4
            );
            summary.add(&line(&text));
        }
        assert_eq!((summary.frames(), summary.objects()), (50, 50));
        let source = &summary.sources[&1];
        assert_eq!((source.clock, source.frames), (Clock::Seconds, 25));
        assert!((source.length() - 1.92).abs() < 1e-9);
        assert_eq!(source.tracks.len(), 2);
        assert_eq!(source.confidences["car"][18], 25);
        assert_eq!(source.places.warm().collect::<Vec<_>>(), [(32, 18, 1.0)]);
    }

    #[test]
    fn numbers_without_end_are_in_no_map() {
        let mut summary = Summary::default();
        for (left, width) in [("1e308", 100), ("-1e308", 100), ("40", 100), ("41", 1)] {
            let text = format!(
                r#"{{"source_id":0,"frame_num":0,"pts":0,"width":{width},"height":1e308,"objects":[
                {{"class_id":0,"object_id":1,"rect":[{left},10,1e308,15]}}]}}"#
            );
            summary.add(&line(&text.replace("1e308,\"objects", "50,\"objects")));
            summary.add(&line(&text));
        }
        let source = &summary.sources[&0];
        assert_eq!((source.objects, source.places.outside), (8, 8));
        assert!(source.tracks.longest(9).is_empty());
        assert_eq!(source.size, Some((1.0, 50.0)));
    }

    #[test]
    fn what_is_left_out_is_told() {
        let mut summary = Summary::default();
        for source in 0..MOST_SOURCES + 2 {
            summary.add(&line(&format!(r#"{{"source_id":{source},"frame_num":5}}"#)));
        }
        summary.unread(7, "no number");
        assert_eq!(
            summary.left_out(),
            [
                "1 lines are no frames and were left out, first line 7: no number",
                "2 frames were left out: they are of sources beyond the first 1024",
            ]
        );
    }

    #[test]
    fn without_times_frames_are_the_clock() {
        let mut summary = Summary::default();
        summary.add(&line(r#"{"source_id":0,"frame_num":5}"#));
        summary.add(&line(
            r#"{"source_id":0,"frame_num":9,"objects":[{"class_id":1,"confidence":7.5}]}"#,
        ));
        let source = &summary.sources[&0];
        assert_eq!((source.clock, source.length()), (Clock::Frames, 4.0));
        assert_eq!((source.without_confidence, source.without_place), (1, 1));
        assert_eq!(source.classes.totals(), [("class 1", 1)]);
    }
}
