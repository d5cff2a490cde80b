//! Redis streams with redis-server.

use std::process::Command;
use std::time::Instant;

use gst::prelude::*;
use redis::{Client, Connection, cmd};

use crate::support::{
    Broker, PATIENCE, Publisher, Server, certificates, element, folder, free_port, line, outage,
    program,
};

struct Redis(Server);

impl Redis {
    /// Which writes each entry to the disk before it confirms it.
    fn new(name: &str) -> Option<Self> {
        let program = program("redis-server")?;
        let (folder, port) = (folder(&format!("redis-{name}")), free_port());
        let mut command = Command::new(program);
        command.args([
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ]);
        command
            .arg("--port")
            .arg(port.to_string())
            .arg("--dir")
            .arg(&folder);
        Some(Self(Server::start(command, port, folder)))
    }

    fn connection(&self) -> Connection {
        let client = Client::open(format!("redis://127.0.0.1:{}", self.0.port)).unwrap();
        client.get_connection().unwrap()
    }
}

impl Broker for Redis {
    fn uri(&self, topic: &str) -> String {
        format!("redis://127.0.0.1:{}/{topic}", self.0.port)
    }

    fn down(&mut self) {
        self.0.down(false);
    }

    fn up(&mut self) {
        self.0.up();
    }

    fn received(&mut self, topic: &str, at_least: usize) -> Vec<(String, String)> {
        let begin = Instant::now();
        loop {
            // It may be reading its file still.
            let answer = cmd("XRANGE")
                .arg(topic)
                .arg("-")
                .arg("+")
                .query(&mut self.connection());
            let entries: Vec<(String, [String; 4])> = answer.unwrap_or_default();
            if entries.len() >= at_least || begin.elapsed() > PATIENCE {
                let named = entries.into_iter().map(|(_, [first, key, second, line])| {
                    assert_eq!([&*first, &*second], ["key", "line"]);
                    (key, line)
                });
                return named.collect();
            }
        }
    }
}

#[test]
fn entries_have_key_and_line_and_a_stream_a_length() {
    let Some(mut redis) = Redis::new("entries") else {
        return;
    };
    let mut publisher = Publisher::new(&redis.uri("a:{source}"), &[("machine", "m")]);
    publisher
        .push(&format!("{}{}", line(7, 0), line(7, 1)))
        .unwrap();
    publisher.wait("sent", |sent| sent == 2);
    let expected = [0, 1].map(|n| ("m/7".to_owned(), line(7, n).trim_end().to_owned()));
    assert_eq!(redis.received("a:7", 2), expected);
    let mut publisher = Publisher::new(&(redis.uri("short") + "?maxlen=100&db=0"), &[]);
    for number in 0..1000 {
        publisher.push(&line(0, number)).unwrap();
    }
    publisher.wait("sent", |sent| sent == 1000);
    let length: usize = cmd("XLEN")
        .arg("short")
        .query(&mut redis.connection())
        .unwrap();
    assert!((100..400).contains(&length), "{length}");
}

#[test]
fn an_outage_loses_nothing_or_counts_it() {
    let Some(mut redis) = Redis::new("outage") else {
        return;
    };
    outage(&mut redis);
}

#[test]
fn a_stream_that_is_none_refuses_its_lines_alone() {
    let Some(mut redis) = Redis::new("refused") else {
        return;
    };
    cmd("SET")
        .arg("s:0")
        .arg("text")
        .exec(&mut redis.connection())
        .unwrap();
    let mut publisher = Publisher::new(&redis.uri("s:{source}"), &[]);
    for number in 0..10 {
        publisher.push(&line(number % 2, number)).unwrap();
    }
    publisher.wait("sent", |sent| sent == 5);
    publisher.wait("refused", |refused| refused == 5);
    assert_eq!(redis.received("s:1", 5).len(), 5);
    let messages = publisher.told();
    assert!(
        messages.len() == 1 && messages[0].contains("WRONGTYPE"),
        "{messages:?}"
    );
}

#[test]
fn a_pipeline_sends_a_file_in_the_minimal_schema() {
    let Some(mut redis) = Redis::new("pipeline") else {
        return;
    };
    let file = redis.0.folder.join("lines.jsonl");
    let object = r#"{"label":"car","confidence":0.5,"object_id":3,"rect":[1.0,2.0,3.0,4.0],"classifiers":[]}"#;
    let frame = |number| {
        format!(r#"{{"source_id":2,"frame_num":{number},"ntp":1000000,"objects":[{object}]}}"#)
    };
    let event = r#"{"event":"left","source_id":2}"#;
    // The last line ends with the file.
    std::fs::write(&file, format!("{}\n{event}\n{}", frame(0), frame(1))).unwrap();
    element(&[]);
    let mut text = include_str!("../../../pipelines/publish/redis.txt").to_owned();
    for (shown, here) in [
        (
            "out/metajson.jsonl",
            format!("{} blocksize=7", file.display()),
        ),
        ("redis://127.0.0.1:6379/objects", redis.uri("minimal")),
    ] {
        assert!(text.contains(shown), "{text}");
        text = text.replace(shown, &here);
    }
    let pipeline =
        gst::parse::launch(&format!("{text} format=nvmsgconv-minimal machine=m")).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline
        .bus()
        .unwrap()
        .timed_pop_filtered(gst::ClockTime::from_seconds(20), &wanted);
    assert_eq!(
        message.map(|message| message.type_()),
        Some(gst::MessageType::Eos)
    );
    // The end of the stream comes when all is sent.
    let lines = redis.received("minimal", 0);
    pipeline.set_state(gst::State::Null).unwrap();
    let minimal = |number| {
        format!(
            "{{\"version\":\"4.0\",\"id\":\"{number}\",\"@timestamp\":\"1970-01-01T00:00:00.001Z\",\"sensorId\":\"m/2\",\
             \"objects\":[\"3|1|2|4|6|car\"]}}"
        )
    };
    let expected = [minimal(0), event.to_owned(), minimal(1)].map(|line| ("m/2".to_owned(), line));
    assert_eq!(lines, expected);
}

#[test]
fn tls_and_a_password() {
    let Some(program) = program("redis-server") else {
        return;
    };
    let (folder, port) = (folder("redis-tls"), free_port());
    certificates(&folder);
    let mut command = Command::new(program);
    command.args([
        "--bind",
        "127.0.0.1",
        "--port",
        "0",
        "--save",
        "",
        "--requirepass",
        "se cret",
        "--tls-port",
    ]);
    command.arg(port.to_string()).current_dir(&folder);
    for (name, file) in [
        ("cert", "server.pem"),
        ("key", "server.key"),
        ("ca-cert", "ca.pem"),
    ] {
        command.arg(format!("--tls-{name}-file")).arg(file);
    }
    command.args(["--tls-auth-clients", "yes"]);
    let server = Server::start(command, port, folder);
    let file = |name: &str| server.folder.join(name).display().to_string();
    std::fs::write(file("credentials"), "password=se cret\n").unwrap();
    let (ca, credentials, cert, key) = (
        file("ca.pem"),
        file("credentials"),
        file("server.pem"),
        file("server.key"),
    );
    let files = [
        ("ca-file", &*ca),
        ("credentials-file", &*credentials),
        ("cert-file", &*cert),
        ("key-file", &*key),
    ];
    let uri = format!("rediss://127.0.0.1:{port}/t");
    let mut publisher = Publisher::new(&uri, &files);
    publisher.push(&line(0, 0)).unwrap();
    publisher.wait("sent", |sent| sent == 1);
    // Without the client's certificate.
    let publisher = Publisher::new(&uri, &files[..2]);
    assert!(!publisher.told()[0].contains("cret"));
}
