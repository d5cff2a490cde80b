//! RTSP over TCP, from a server of a few lines: what nvurisrcbin makes of it, and that it connects again.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use gst::prelude::*;

use crate::mux_support::init;
use crate::pictures::{keep, play};

/// RTP packets of a film of 2 s, in order.
fn packets() -> Vec<Vec<u8>> {
    let line = "videotestsrc num-buffers=40 ! video/x-raw,width=64,height=48,framerate=20/1 ! \
                x264enc tune=zerolatency key-int-max=5 ! h264parse ! rtph264pay config-interval=-1 pt=96 name=pay ! \
                fakesink sync=false";
    let ([packets], _) = play(line, ["pay"]);
    packets
        .iter()
        .map(|packet| packet.map_readable().unwrap().to_vec())
        .collect()
}

/// Answers one client and hangs up after `count` packets, one each 20 ms.
fn serve(stream: &TcpStream, packets: &[Vec<u8>], count: usize) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let (mut head, mut sequence) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(number) = line.strip_prefix("CSeq:") {
                sequence = number.trim().to_owned();
            }
            if line.trim().is_empty() {
                break;
            }
            if head.is_empty() {
                head = line;
            }
        }
        let sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
                   a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track0\r\n";
        let rest = match head.split(' ').next().unwrap_or("") {
            "OPTIONS" => "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n".to_owned(),
            "DESCRIBE" => format!(
                "Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
                sdp.len()
            ),
            "SETUP" => {
                "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n".to_owned()
            }
            _ => "Session: 1\r\n\r\n".to_owned(),
        };
        write!(writer, "RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\n{rest}")?;
        if head.starts_with("PLAY") {
            break;
        }
    }
    for packet in packets.iter().take(count) {
        let size = u16::try_from(packet.len()).unwrap().to_be_bytes();
        writer.write_all(&[b'$', 0, size[0], size[1]])?;
        writer.write_all(packet)?;
        std::thread::sleep(Duration::from_millis(20));
    }
    stream.shutdown(std::net::Shutdown::Both)
}

#[test]
fn a_camera_that_hangs_up_is_connected_again() {
    init();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let packets = packets();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Errors are those of a client that left.
            let _ = serve(&stream, &packets, 60);
        }
    });
    let line = format!(
        "nvurisrcbin uri=rtsp://127.0.0.1:{port}/camera select-rtp-protocol=4 latency=20 rtsp-reconnect-interval=1 \
         init-rtsp-reconnect-interval=1 name=s ! identity name=out ! fakesink sync=false"
    );
    let pipeline = gst::parse::launch(&line)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let frames = keep(&pipeline, "out");
    let _ = pipeline.set_state(gst::State::Playing);
    let bus = pipeline.bus().unwrap();
    // One connection has at most 40 frames.
    let start = std::time::Instant::now();
    while frames.lock().unwrap().len() <= 45 && start.elapsed() < Duration::from_secs(20) {
        let message = bus.timed_pop_filtered(
            gst::ClockTime::from_mseconds(50),
            &[gst::MessageType::Error, gst::MessageType::Eos],
        );
        assert!(
            message.is_none(),
            "{message:?} after {} frames",
            frames.lock().unwrap().len()
        );
    }
    pipeline.set_state(gst::State::Null).unwrap();
    let frames = frames.lock().unwrap();
    assert!(
        frames.len() > 45,
        "{} frames of two connections",
        frames.len()
    );
    gstnvdscpu::surface::Surfaces::map(&frames[0]).expect("a surface");
}
