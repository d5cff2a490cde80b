//! MQTT with mosquitto.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rumqttc::{Client, Event, MqttOptions, Packet, QoS};

use crate::support::{
    Broker, PATIENCE, Publisher, Server, certificates, folder, free_port, line, outage, program,
};

/// Topics and texts.
type Received = Arc<Mutex<Vec<(String, String)>>>;

struct Mosquitto {
    server: Server,
    received: Received,
}

fn server(name: &str, more: impl Fn(&Path) -> String) -> Option<Server> {
    let program = program("mosquitto")?;
    let (folder, port) = (folder(&format!("mqtt-{name}")), free_port());
    let text = format!(
        "listener {port} 127.0.0.1\nuser root\npersistence true\npersistence_location {}/\nmax_queued_messages 0\n\
         log_dest none\n{}",
        folder.display(),
        more(&folder)
    );
    let file = folder.join("mosquitto.conf");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(program);
    command.arg("-c").arg(file);
    Some(Server::start(command, port, folder))
}

impl Mosquitto {
    /// With a subscriber to all topics that comes back after an outage.
    fn new(name: &str) -> Option<Self> {
        let server = server(name, |_| "allow_anonymous true\n".into())?;
        let received = Received::default();
        let mut options = MqttOptions::new("subscriber", "127.0.0.1", server.port);
        options.set_clean_session(false);
        let (client, mut connection) = Client::new(options, 10);
        let (list, ready) = (Arc::clone(&received), Arc::new(Mutex::new(false)));
        let subscribed = Arc::clone(&ready);
        // It ends with the process.
        std::thread::spawn(move || {
            for event in connection.iter() {
                match event {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        client.subscribe("#", QoS::AtLeastOnce).unwrap()
                    }
                    Ok(Event::Incoming(Packet::SubAck(_))) => *subscribed.lock().unwrap() = true,
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        let text = String::from_utf8(publish.payload.to_vec()).unwrap();
                        list.lock().unwrap().push((publish.topic, text));
                    }
                    Ok(_) => (),
                    Err(_) => sleep(Duration::from_millis(50)),
                }
            }
        });
        let begin = Instant::now();
        while !*ready.lock().unwrap() {
            assert!(begin.elapsed() < PATIENCE);
            sleep(Duration::from_millis(10));
        }
        Some(Self { server, received })
    }
}

impl Broker for Mosquitto {
    fn uri(&self, topic: &str) -> String {
        format!("mqtt://127.0.0.1:{}/{topic}", self.server.port)
    }

    // It writes what it has not delivered when it is asked to end, not when it is killed.
    fn down(&mut self) {
        self.server.down(true);
    }

    fn up(&mut self) {
        self.server.up();
    }

    fn received(&mut self, topic: &str, at_least: usize) -> Vec<(String, String)> {
        let begin = Instant::now();
        loop {
            let mut found = self.received.lock().unwrap().clone();
            found.retain(|(of, _)| of == topic);
            let mut different = found.clone();
            different.sort();
            different.dedup();
            if different.len() >= at_least || begin.elapsed() > PATIENCE {
                return found;
            }
            sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn topics_by_machine_and_source() {
    let Some(mut broker) = Mosquitto::new("topics") else {
        return;
    };
    let uri = broker.uri("fleet/{machine}/{source}/{event}");
    let mut publisher = Publisher::new(&uri, &[("machine", "a/+ é")]);
    publisher.push(&line(2, 0)).unwrap();
    publisher
        .push("{\"event\":\"left\",\"source_id\":1}")
        .unwrap();
    publisher.push("no JSON\n").unwrap();
    publisher.wait("sent", |sent| sent == 3);
    assert_eq!(publisher.stat("not-json"), 1);
    let expect = |broker: &mut Mosquitto, topic: &str, text: &str| {
        assert_eq!(
            broker.received(topic, 1),
            [(topic.to_owned(), text.to_owned())]
        );
    };
    expect(
        &mut broker,
        "fleet/a%2F%2B%20%C3%A9/2/none",
        line(2, 0).trim_end(),
    );
    expect(
        &mut broker,
        "fleet/a%2F%2B%20%C3%A9/1/left",
        "{\"event\":\"left\",\"source_id\":1}",
    );
    expect(&mut broker, "fleet/a%2F%2B%20%C3%A9/none/none", "no JSON");
    let messages = publisher.messages();
    assert!(
        messages.len() == 1 && messages[0].contains("no JSON object"),
        "{messages:?}"
    );
}

#[test]
fn qos_0_and_lines_of_a_megabyte() {
    let Some(mut broker) = Mosquitto::new("qos") else {
        return;
    };
    let mut publisher = Publisher::new(&(broker.uri("small") + "?qos=0"), &[]);
    for number in 0..2000 {
        publisher.push(&line(0, number)).unwrap();
    }
    publisher.wait("sent", |sent| sent == 2000);
    assert_eq!(broker.received("small", 2000).len(), 2000);
    let mut publisher = Publisher::new(&broker.uri("large"), &[]);
    publisher
        .push(&format!("{{\"text\":\"{}\"}}\n", "x".repeat(1 << 20)))
        .unwrap();
    publisher.wait("sent", |sent| sent == 1);
}

#[test]
fn an_outage_loses_nothing_or_counts_it() {
    let Some(mut broker) = Mosquitto::new("outage") else {
        return;
    };
    outage(&mut broker);
}

#[test]
fn tls_and_a_password() {
    let more = |folder: &Path| {
        certificates(folder);
        let passwords = folder.join("passwords");
        std::fs::write(&passwords, "").unwrap();
        let made = Command::new("mosquitto_passwd")
            .arg("-b")
            .arg(&passwords)
            .args(["fleet", "se cret"])
            .status();
        assert!(made.unwrap().success());
        let at = folder.display();
        format!(
            "password_file {at}/passwords\ncertfile {at}/server.pem\nkeyfile {at}/server.key\nallow_anonymous false\n"
        )
    };
    let Some(server) = server("tls", more) else {
        return;
    };
    let uri = format!("mqtts://127.0.0.1:{}/t", server.port);
    let file = |name: &str| server.folder.join(name).display().to_string();
    std::fs::write(file("credentials"), "username=fleet\npassword=se cret\n").unwrap();
    let (ca, credentials) = (file("ca.pem"), file("credentials"));
    let mut publisher = Publisher::new(
        &uri,
        &[("ca-file", &ca), ("credentials-file", &credentials)],
    );
    publisher.push(&line(0, 0)).unwrap();
    publisher.wait("sent", |sent| sent == 1);
    // Without a password, and with an authority of another name.
    let publisher = Publisher::new(&uri, &[("ca-file", &ca)]);
    let messages = publisher.told();
    assert!(
        messages[0].contains("the broker refuses the connection: NotAuthorized"),
        "{messages:?}"
    );
    let other = folder("mqtt-other");
    certificates(&other);
    let ca = other.join("ca.pem").display().to_string();
    let publisher = Publisher::new(
        &uri,
        &[("ca-file", &ca), ("credentials-file", &credentials)],
    );
    let messages = publisher.told();
    assert!(
        messages[0].contains("certificate") && !messages[0].contains("cret"),
        "{messages:?}"
    );
    std::fs::remove_dir_all(other).unwrap();
}
