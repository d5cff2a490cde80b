#!/usr/bin/env python3
"""Writes pipelines/recordings/mask-rcnn.safetensors: what a Mask R-CNN of TAO gives for a made-up picture.

    scripts/make-mask-rcnn-recording.py [FILE]

A person and a bag in 160x160 pixels, of three classes of which 0 stands for nothing. The person's mask is a head above
shoulders, the bag's a circle; each is 28x28 logits, which cover the object's box, beside masks of the other classes, which
have nothing. Rows of score 0 are room that the network has left.
"""

import importlib.util
import os
import sys

FILE = "pipelines/recordings/mask-rcnn.safetensors"
ROOM, CLASSES, CELLS = 4, 3, 28
NOTHING, PERSON, BAG = range(CLASSES)


def mask(inside):
    places = [((at % CELLS + 0.5) / CELLS, (at // CELLS + 0.5) / CELLS) for at in range(CELLS * CELLS)]
    return [4.0 if inside(x, y) else -4.0 for x, y in places]


def person(x, y):
    head = (x - 0.5) ** 2 / 0.04 + (y - 0.15) ** 2 / 0.02 < 1
    return head or y > 0.3 and abs(x - 0.5) < 0.25 + 0.25 * y


def bag(x, y):
    return (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.25


def layers():
    # y before x, then class and score.
    rows = [[20, 30, 150, 90, PERSON, 0.9], [90, 100, 130, 140, BAG, 0.8]] + [[0] * 6] * (ROOM - 2)
    nothing = mask(lambda x, y: False)
    masks = [[nothing, mask(person), nothing], [nothing, nothing, mask(bag)]] + [[nothing] * CLASSES] * (ROOM - 2)
    return [
        ("generate_detections", [ROOM, 6], [number for row in rows for number in row]),
        ("mask_fcn_logits/BiasAdd", [ROOM, CLASSES, CELLS, CELLS], [n for row in masks for one in row for n in one]),
    ]


def writer():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "make-masks-recording.py")
    spec = importlib.util.spec_from_file_location("masks", path)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module.write


if __name__ == "__main__":
    writer()(sys.argv[1] if len(sys.argv) > 1 else FILE, layers())
