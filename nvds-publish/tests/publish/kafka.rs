//! Kafka, as librdkafka's mock cluster speaks it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::{Offset, TopicPartitionList};

use crate::support::{Broker, PATIENCE, Publisher, line, outage};

const PARTITIONS: i32 = 4;

struct Cluster(MockCluster<'static, DefaultProducerContext>);

impl Cluster {
    fn new(topics: &[&str]) -> Self {
        let cluster = MockCluster::new(1).unwrap();
        for topic in topics {
            cluster.create_topic(topic, PARTITIONS, 1).unwrap();
        }
        Self(cluster)
    }

    /// Lines with keys and partitions.
    fn messages(&self, topic: &str, at_least: usize) -> Vec<(i32, String, String)> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.0.bootstrap_servers())
            .set("group.id", "test")
            .create()
            .unwrap();
        let mut list = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            list.add_partition_offset(topic, partition, Offset::Beginning)
                .unwrap();
        }
        consumer.assign(&list).unwrap();
        let (begin, mut found, mut different) = (Instant::now(), Vec::new(), BTreeSet::new());
        while different.len() < at_least && begin.elapsed() < PATIENCE {
            let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else {
                continue;
            };
            let text = |bytes: Option<&[u8]>| {
                String::from_utf8(bytes.unwrap_or_default().to_vec()).unwrap()
            };
            let line = text(message.payload());
            different.insert(line.clone());
            found.push((message.partition(), text(message.key()), line));
        }
        found
    }
}

impl Broker for Cluster {
    fn uri(&self, topic: &str) -> String {
        format!("kafka://{}/{topic}", self.0.bootstrap_servers())
    }

    fn down(&mut self) {
        self.0.broker_down(1).unwrap();
    }

    fn up(&mut self) {
        self.0.broker_up(1).unwrap();
    }

    fn received(&mut self, topic: &str, at_least: usize) -> Vec<(String, String)> {
        let messages = self.messages(topic, at_least);
        messages
            .into_iter()
            .map(|(_, key, line)| (key, line))
            .collect()
    }
}

#[test]
fn lines_of_a_source_stay_together_and_in_order() {
    let cluster = Cluster::new(&["objects"]);
    let mut publisher = Publisher::new(&cluster.uri("objects"), &[("machine", "box 1")]);
    for number in 0..300 {
        publisher.push(&line(number % 3, number)).unwrap();
    }
    publisher.wait("sent", |sent| sent == 300);
    let messages = cluster.messages("objects", 300);
    assert_eq!(messages.len(), 300);
    for source in 0..3 {
        let key = format!("box 1/{source}");
        let own: Vec<_> = messages
            .iter()
            .filter(|(_, found, _)| *found == key)
            .collect();
        let expected: Vec<_> = (source..300)
            .step_by(3)
            .map(|n| line(source, n).trim_end().to_owned())
            .collect();
        assert_eq!(
            own.iter()
                .map(|(.., line)| line.clone())
                .collect::<Vec<_>>(),
            expected
        );
        assert_eq!(
            own.iter()
                .map(|(partition, ..)| partition)
                .collect::<BTreeSet<_>>()
                .len(),
            1
        );
    }
    assert_eq!(publisher.messages(), [""; 0]);
}

#[test]
fn an_outage_loses_nothing_or_counts_it() {
    outage(&mut Cluster::new(&["all", "newest"]));
}

#[test]
fn a_line_that_is_too_large_is_refused_and_the_next_is_sent() {
    let mut cluster = Cluster::new(&["objects"]);
    let mut publisher = Publisher::new(&(cluster.uri("objects") + "?message.max.bytes=2000"), &[]);
    publisher
        .push(&format!("{{\"text\":\"{}\"}}\n", "x".repeat(5000)))
        .unwrap();
    publisher.push(&line(0, 1)).unwrap();
    publisher.wait("sent", |sent| sent == 1);
    assert_eq!(publisher.stat("refused"), 1);
    assert_eq!(cluster.received("objects", 1).len(), 1);
    let messages = publisher.told();
    assert!(
        messages.iter().any(|text| text.contains("refuses a line")),
        "{messages:?}"
    );
}

#[test]
fn the_example_joins_what_two_machines_send() {
    let importable = Command::new("/usr/bin/python3")
        .args(["-c", "import confluent_kafka"])
        .output();
    if !importable.is_ok_and(|output| output.status.success()) {
        let why = "python3-confluent-kafka is not installed; scripts/setup.sh brokers installs it";
        assert!(std::env::var_os("CI").is_none(), "{why}");
        println!("left out: {why}");
        return;
    }
    let cluster = Cluster::new(&["fleet"]);
    for machine in ["a", "b"] {
        let mut publisher = Publisher::new(&cluster.uri("fleet"), &[("machine", machine)]);
        for number in 0..6 {
            let object = format!(r#"{{"label":"person","object_id":{}}}"#, number / 2);
            let line = format!(
                r#"{{"source_id":{},"frame_num":{number},"objects":[{object}]}}"#,
                number % 2
            );
            // As after a confirmation that was lost.
            publisher.push(&line).unwrap();
            publisher.push(&line).unwrap();
        }
        publisher
            .push(r#"{"event":"entered","source_id":0}"#)
            .unwrap();
        publisher.wait("sent", |sent| sent == 13);
    }
    let example = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/python/fleet_counts.py"
    );
    let mut child = Command::new("/usr/bin/python3")
        .args([
            "-u",
            example,
            &cluster.0.bootstrap_servers(),
            "fleet",
            "--every",
            "0.2",
            "--seconds",
            "20",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let expected = "4 sources, 14 lines: person 4 (tracks 12) {'entered': 2}";
    let found = output.find(|line| line.as_ref().is_ok_and(|line| line == expected));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(found.is_some(), "the example did not print {expected:?}");
}

/// TLS as far as the handshake: the mock cluster has none, so a server stands there that knows no Kafka.
#[cfg(feature = "kafka-tls")]
#[test]
fn an_authority_of_another_name_is_refused() {
    use crate::support::{Server, certificates, folder, free_port};

    let (own, other, port) = (folder("kafka-tls"), folder("kafka-other"), free_port());
    certificates(&own);
    certificates(&other);
    let mut command = Command::new("openssl");
    command
        .args(["s_server", "-www", "-accept", &format!("127.0.0.1:{port}")])
        .args(["-cert", "server.pem", "-key", "server.key"])
        .current_dir(&own);
    let server = Server::start(command, port, own);
    let credentials = server.folder.join("credentials");
    std::fs::write(&credentials, "username=fleet\npassword=se cret\n").unwrap();
    let credentials = credentials.display().to_string();
    let uri = format!("kafkas://127.0.0.1:{port}/t");
    let said = |folder: &std::path::Path| {
        let ca = folder.join("ca.pem").display().to_string();
        let files = [("ca-file", &*ca), ("credentials-file", &*credentials)];
        let publisher = Publisher::new(&uri, &[&files[..], &[("send-timeout", "2000")]].concat());
        let messages = publisher.told();
        let address = format!("the broker at 127.0.0.1:{port} is away: ");
        assert!(messages[0].starts_with(&address), "{messages:?}");
        assert!(!messages[0].contains("cret"), "{messages:?}");
        messages[0].clone()
    };
    let wrong = said(&other);
    assert!(wrong.contains("certificate verify failed"), "{wrong}");
    // The handshake is done, and what comes then is no Kafka.
    let right = said(&server.folder);
    assert!(!right.contains("certificate"), "{right}");
    println!("{wrong}\n{right}");
    std::fs::remove_dir_all(other).unwrap();
}
