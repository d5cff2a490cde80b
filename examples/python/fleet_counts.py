#!/usr/bin/env python3
"""Joins what the machines of a fleet send to a Kafka topic: objects now, tracks and events, of all sources together.

    fleet_counts.py broker:9092 objects [--group counts] [--every 2] [--seconds 60]
"""

import argparse
import collections
import json
import sys
import time

try:
    from confluent_kafka import Consumer
except ImportError as error:
    sys.exit(f"{error}: expected Debian's package python3-confluent-kafka and /usr/bin/python3, or `pip install confluent-kafka`")

parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
parser.add_argument("brokers")
parser.add_argument("topic")
parser.add_argument("--group", default="counts", help="consumers of one group share the partitions")
parser.add_argument("--every", type=float, default=2)
parser.add_argument("--seconds", type=float, default=float("inf"))
arguments = parser.parse_args()

consumer = Consumer({"bootstrap.servers": arguments.brokers, "group.id": arguments.group, "auto.offset.reset": "earliest"})
consumer.subscribe([arguments.topic])
now, tracks, events, recent, lines = {}, collections.defaultdict(set), collections.Counter(), {}, 0
begin = shown = time.monotonic()
while time.monotonic() < begin + arguments.seconds:
    for message in consumer.consume(1000, timeout=0.2):
        if message.error():
            print(message.error(), flush=True)
            continue
        # The key is machine/source. Sent at least once: the same line may come again a little later.
        source, line = message.key().decode(), message.value()
        seen = recent.setdefault(source, collections.deque(maxlen=1000))
        if hash(line) in seen:
            continue
        seen.append(hash(line))
        lines, fields = lines + 1, json.loads(line)
        if "event" in fields:
            events[str(fields["event"])] += 1
        elif "objects" in fields:
            now[source] = collections.Counter(o["label"] for o in fields["objects"])
            for o in fields["objects"]:
                tracks[o["label"]].add((source, o["object_id"]))
    if time.monotonic() >= shown + arguments.every:
        shown = time.monotonic()
        total = sum(now.values(), collections.Counter())
        counts = [f"{label} {total[label]} (tracks {len(ids)})" for label, ids in sorted(tracks.items())]
        print(f"{len(now)} sources, {lines} lines:", ", ".join(counts), dict(events), flush=True)
consumer.close()
