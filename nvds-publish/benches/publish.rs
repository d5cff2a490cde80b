//! What sending a line costs: lines of 1 kB, as a frame of eight objects has, as fast as they go. The mark: 10,000 lines
//! a second on one core, that is 100 microseconds a line, of the clock and of the processor.
//!
//! The brokers run on the same machine; librdkafka's mock cluster even in this process, so that its work counts, too.

#[path = "../tests/publish/support.rs"]
#[allow(dead_code)] // the tests' part
mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use support::{Publisher, Server, folder, free_port, program};

/// Lines a round, and of each buffer.
const LINES: usize = 16_000;
const BUFFER: usize = 8;
/// Rounds; the median counts.
const ROUNDS: usize = 5;
/// Microseconds a line.
const GOAL: f64 = 100.0;

/// Time of all threads of this process, to a hundredth of a second.
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    let ticks: u64 = fields
        .split(' ')
        .skip(12)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// A line of about a kilobyte.
fn line(number: usize) -> String {
    let object = r#"{"class_id":1,"label":"person","confidence":0.9876543,"object_id":7,"rect":[123.4,56.78,90.12,234.5]}"#;
    let objects = [object; 8].join(",");
    format!(
        "{{\"source_id\":{},\"frame_num\":{number},\"pts\":494000000123,\"objects\":[{objects}]}}\n",
        number % 8
    )
}

fn measure(name: &str, uri: &str) {
    let mut publisher = Publisher::new(uri, &[("when-full", "block"), ("max-queue", "5000")]);
    let buffers: Vec<String> = (0..LINES)
        .step_by(BUFFER)
        .map(|first| (first..first + BUFFER).map(line).collect())
        .collect();
    publisher.push(&line(0)).unwrap();
    publisher.wait("sent", |sent| sent == 1);
    let mut rounds: Vec<(Duration, Duration)> = (0..ROUNDS)
        .map(|round| {
            let (begin, work) = (Instant::now(), processor());
            for buffer in &buffers {
                publisher.push(buffer).unwrap();
            }
            publisher.wait("sent", |sent| sent as usize == (round + 1) * LINES + 1);
            (begin.elapsed(), processor() - work)
        })
        .collect();
    rounds.sort();
    let (clock, work) = rounds[ROUNDS / 2];
    let each = |time: Duration| time.as_secs_f64() * 1e6 / LINES as f64;
    let [median, most] = ["latency-median", "latency-99"].map(|name| publisher.stat(name));
    println!(
        "{name}: {:.0} lines/s, {:.1} us of processor a line; in the queue and to the confirmation {median} us, 99 of 100 {most} us",
        1e6 / each(clock),
        each(work)
    );
    for (what, time) in [("clock", clock), ("processor", work)] {
        println!(
            "bench: work=\"rsmetapublish to {name}, a line, {what}\" peer=\"10,000 lines/s\" ours_us={:.2} peer_us={GOAL} goal=1",
            each(time)
        );
    }
}

fn main() {
    #[cfg(feature = "kafka")]
    {
        let cluster = rdkafka::mocking::MockCluster::new(1).unwrap();
        cluster.create_topic("bench", 4, 1).unwrap();
        measure(
            "Kafka's mock",
            &format!("kafka://{}/bench", cluster.bootstrap_servers()),
        );
    }
    #[cfg(feature = "mqtt")]
    if let Some(program) = program("mosquitto") {
        let (folder, port) = (folder("bench-mqtt"), free_port());
        let file = folder.join("conf");
        std::fs::write(
            &file,
            format!("listener {port} 127.0.0.1\nallow_anonymous true\nlog_dest none\n"),
        )
        .unwrap();
        let mut command = Command::new(program);
        command.arg("-c").arg(file);
        let _server = Server::start(command, port, folder);
        measure("mosquitto", &format!("mqtt://127.0.0.1:{port}/bench"));
    }
    #[cfg(feature = "redis")]
    if let Some(program) = program("redis-server") {
        let (folder, port) = (folder("bench-redis"), free_port());
        let mut command = Command::new(program);
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--port"])
            .arg(port.to_string())
            .arg("--dir")
            .arg(&folder);
        let _server = Server::start(command, port, folder);
        measure(
            "redis-server",
            &format!("redis://127.0.0.1:{port}/bench?maxlen=10000"),
        );
    }
}
