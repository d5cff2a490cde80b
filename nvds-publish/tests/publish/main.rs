//! The element against real brokers: librdkafka's mock cluster, and mosquitto and redis-server of Debian, on ports of
//! 127.0.0.1. Where a server is not installed its tests say so and pass, but on CI.

#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "mqtt")]
mod mqtt;
mod policy;
#[cfg(feature = "redis")]
mod redis;
// What one protocol alone uses is not used in builds without it.
#[cfg_attr(not(all(feature = "mqtt", feature = "redis")), allow(dead_code))]
mod support;
