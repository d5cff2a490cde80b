//! Brokers that are not there, settings that are wrong, and what becomes of lines then.

use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::support::{Publisher, element, free_port, line};

/// A scheme that this build has, and a port where nobody is.
fn nobody() -> (String, String) {
    let address = format!("127.0.0.1:{}", free_port());
    let schemes = [
        ("kafka", cfg!(feature = "kafka")),
        ("mqtt", cfg!(feature = "mqtt")),
        ("redis", cfg!(feature = "redis")),
    ];
    let known = schemes
        .iter()
        .rev()
        .find(|(_, known)| *known)
        .map_or("kafka", |(scheme, _)| scheme);
    (format!("{known}://{address}/topic"), address)
}

#[test]
fn a_missing_broker_is_named_and_the_newest_lines_wait() {
    let (uri, address) = nobody();
    let mut publisher = Publisher::new(&uri, &[("max-queue", "10"), ("send-timeout", "500")]);
    for number in 0..25 {
        publisher.push(&line(0, number)).unwrap();
    }
    publisher.wait("errors", |errors| errors > 0);
    let counts = ["lines", "sent", "queued", "dropped"].map(|name| publisher.stat(name));
    assert_eq!(counts, [25, 0, 10, 15]);
    let begin = Instant::now();
    publisher.element.set_state(gst::State::Null).unwrap();
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(
        (publisher.stat("dropped"), publisher.stat("queued")),
        (25, 0)
    );
    let messages = publisher.messages();
    for expected in [
        &*address,
        "oldest are dropped",
        "10 wait already",
        "10 lines are dropped at the end",
    ] {
        assert!(
            messages.iter().any(|text| text.contains(expected)),
            "{expected}: {messages:?}"
        );
    }
    assert_eq!(messages.len(), 3, "{messages:?}");
}

#[test]
fn the_end_of_the_stream_waits_so_long_and_no_longer() {
    let (uri, _) = nobody();
    let mut publisher = Publisher::new(&uri, &[("drain-timeout", "300")]);
    publisher.push("{}").unwrap();
    let begin = Instant::now();
    publisher.harness.push_event(gst::event::Eos::new());
    let waited = begin.elapsed();
    assert!((300..3000).contains(&waited.as_millis()), "{waited:?}");
    // While somebody still reads the bus, that is before the element stops.
    let messages = publisher.messages();
    assert!(
        messages
            .iter()
            .any(|text| text.contains("1 lines wait at the end of the stream")),
        "{messages:?}"
    );
}

#[test]
fn fail_ends_the_pipeline() {
    let (uri, _) = nobody();
    let mut publisher = Publisher::new(&uri, &[("max-queue", "3"), ("when-full", "fail")]);
    for number in 0..3 {
        publisher.push(&line(0, number)).unwrap();
    }
    assert_eq!(publisher.push(&line(0, 3)), Err(gst::FlowError::Error));
    let messages = publisher.messages();
    assert!(
        messages
            .iter()
            .any(|text| text.contains("3 lines wait already")),
        "{messages:?}"
    );
}

#[test]
fn a_blocked_thread_is_let_go_by_a_stop_and_by_a_flush() {
    for flush in [false, true] {
        let (uri, _) = nobody();
        let mut publisher = Publisher::new(&uri, &[("max-queue", "1"), ("when-full", "block")]);
        publisher.push("{}").unwrap();
        let pad = publisher
            .element
            .static_pad("sink")
            .unwrap()
            .peer()
            .unwrap();
        let blocked = std::thread::spawn(move || pad.push(gst::Buffer::from_slice("{}")));
        std::thread::sleep(Duration::from_millis(100));
        assert!(!blocked.is_finished());
        if flush {
            publisher.harness.push_event(gst::event::FlushStart::new());
        } else {
            publisher.element.set_state(gst::State::Null).unwrap();
        }
        let begin = Instant::now();
        assert_eq!(blocked.join().unwrap(), Err(gst::FlowError::Flushing));
        assert!(begin.elapsed() < Duration::from_secs(2));
    }
}

#[test]
fn wrong_settings_keep_the_element_from_starting() {
    let bad = |properties: &[(&str, &str)]| {
        let element = element(properties);
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        assert!(element.set_state(gst::State::Paused).is_err());
        let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
        let gst::MessageView::Error(error) = message.view() else {
            unreachable!()
        };
        error.error().to_string()
    };
    let (uri, _) = nobody();
    for (properties, expected) in [
        (&[][..], "uri is not set; expected"),
        (&[("uri", "http://a/b")], "uri has the scheme \"http\""),
        (
            &[("uri", &uri), ("key", "{label}")],
            "key has the field {label}; expected",
        ),
        (
            &[("uri", &uri), ("ca-file", "/nonexistent")],
            "ca-file: /nonexistent cannot be read",
        ),
        (
            &[("uri", &(uri.clone() + "?password=secret"))],
            "belong into the file that credentials-file names",
        ),
        (&[("uri", &(uri.clone() + "?nonsense=1"))], "nonsense"),
    ] {
        let error = bad(properties);
        assert!(error.contains(expected), "{properties:?}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn a_password_in_the_uri_does_not_read_back() {
    let element = element(&[("uri", "redis://user:hidden@host/stream")]);
    assert_eq!(
        element.property::<String>("uri"),
        "redis://user:***@host/stream"
    );
}

#[test]
fn settings_stay_while_the_element_runs() {
    let (uri, _) = nobody();
    let publisher = Publisher::new(&uri, &[("key", "a")]);
    publisher.element.set_property("key", "b");
    assert_eq!(publisher.element.property::<String>("key"), "a");
    let messages = publisher.messages();
    assert!(
        messages
            .iter()
            .any(|text| text.starts_with("key not changed")),
        "{messages:?}"
    );
}
