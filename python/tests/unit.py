"""What the package does with batches as careless code leaves them, and with what is none.

    python3 python/tests/unit.py
"""

import os
import struct
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import gi  # noqa: E402
import rsnvds  # noqa: E402
from handmade import Handmade  # noqa: E402

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)

try:
    import numpy
except ImportError:
    numpy = None


def only_object(made):
    """The one object, read."""
    with rsnvds.batch(made.buffer) as batch:
        (frame,) = batch.frames()
        (found,) = frame.objects()
        return found


class Batches(unittest.TestCase):
    def test_a_buffer_without_metadata_has_no_frames(self):
        with rsnvds.batch(Gst.Buffer.new()) as batch:
            self.assertFalse(batch)
            self.assertEqual((batch.frames(), batch.user_metas(), batch.layout, batch.max_frames), ([], [], None, 0))

    def test_what_is_no_buffer_is_refused(self):
        for wrong in (None, 0, 12345, Gst.Caps.new_any(), "buffer"):
            with self.assertRaisesRegex(TypeError, "expected a Gst.Buffer"):
                rsnvds.batch(wrong)

    def test_nothing_is_followed_behind_the_lock(self):
        made = Handmade(Gst)
        made.object(b"car")
        batch = rsnvds.batch(made.buffer)
        with self.assertRaisesRegex(rsnvds.Error, "not locked"):
            batch.frames()
        with batch:
            (frame,) = batch.frames()
            (car,) = frame.objects()
            with self.assertRaisesRegex(rsnvds.Error, "locked already"):
                batch.__enter__()
        # Fields are copies.
        self.assertEqual((car.label, frame.num_objects), ("car", 1))
        for follow in (frame.objects, car.classifiers, car.key_points, car.mask, lambda: car.text, lambda: batch.frames()):
            with self.assertRaises(rsnvds.Error):
                follow()
        with batch:
            self.assertEqual(len(batch.frames()), 1)
        with self.assertRaisesRegex(rsnvds.Error, "not locked: each `with"):
            batch.__exit__(None, None, None)
        with self.assertRaisesRegex(rsnvds.Error, "not locked: each `with"):
            rsnvds.batch(made.buffer).__exit__(None, None, None)

    def test_the_lock_is_the_librarys(self):
        made = Handmade(Gst)
        held, free, seen = threading.Event(), threading.Event(), []

        def read():
            held.wait()
            with rsnvds.batch(made.buffer) as batch:
                seen.append(len(batch.frames()))

        reader = threading.Thread(target=read)
        reader.start()
        with rsnvds.batch(made.buffer):
            with rsnvds.batch(made.buffer) as again:
                self.assertEqual(len(again.frames()), 1, "the lock is recursive")
            held.set()
            free.wait(0.1)
            self.assertEqual(seen, [])
        reader.join(10)
        self.assertEqual(seen, [1])

    def test_an_error_unlocks(self):
        made = Handmade(Gst)
        with self.assertRaises(ZeroDivisionError):
            with rsnvds.batch(made.buffer):
                raise ZeroDivisionError
        done = []

        def read():
            with rsnvds.batch(made.buffer) as batch:
                done.append(len(batch.frames()))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(10)
        self.assertEqual(done, [1])

    def test_an_unknown_release_is_refused(self):
        made = Handmade(Gst)
        pool = made.peek(made.batch + made.layout["NvDsBatchMeta.obj_meta_pool"], "Q")
        size = made.peek(pool + 8, "I")
        made.poke(pool + 8, "I", 1234)
        with self.assertRaisesRegex(rsnvds.LayoutError, "unknown release.*1234"):
            rsnvds.batch(made.buffer).__enter__()
        made.poke(pool + 8, "I", size)
        made.poke(pool, "i", 25)
        with self.assertRaisesRegex(rsnvds.LayoutError, "no batch of video: obj_meta_pool has elements of type 25"):
            rsnvds.batch(made.buffer).__enter__()
        made.poke(pool, "i", 3)
        with rsnvds.batch(made.buffer) as batch:
            self.assertEqual(batch.layout, made.name)


class Objects(unittest.TestCase):
    def test_fields(self):
        made = Handmade(Gst)
        parent = made.object(b"car")
        child = made.object("Größe".encode()[:4], parent)
        made.set(child, "NvDsObjectMeta.class_id", "i", -7)
        made.set(child, "NvDsObjectMeta.object_id", "Q", 2**63 + 1)
        made.set(child, "NvDsObjectMeta.rect_params", "f", 1.5, -2.0, 3.0, 4.0)
        made.set(child, "NvDsObjectMeta.tracker_bbox_info", "f", 5.0, 6.0, 7.0, 8.0)
        made.set(child, "NvDsObjectMeta.tracker_confidence", "f", 0.25)
        made.set(child, "NvDsObjectMeta.misc_obj_info", "Q", 1, 2, 3, 4)
        made.set(made.frame, "NvDsFrameMeta.buf_pts", "Q", 2**64 - 1)
        with rsnvds.batch(made.buffer) as batch:
            (frame,) = batch.frames()
            first, second = frame.objects()
            self.assertIsNone(frame.pts)
            self.assertEqual((first.label, first.object_id, first.parent), ("car", None, None))
            self.assertEqual(second.parent, first)
            self.assertEqual(second.label.encode("utf-8", "surrogateescape"), b"Gr\xc3\xb6")
            self.assertEqual((second.class_id, second.object_id), (-7, 2**63 + 1))
            self.assertEqual(second.rect, (1.5, -2.0, 3.0, 4.0))
            self.assertEqual((second.tracker_rect.width, second.tracker_confidence), (7.0, 0.25))
            self.assertEqual(second.misc, (1, 2, 3, 4))
            self.assertEqual((second.mask(), second.corners(), second.key_points()), (None, None, ()))

    def test_a_label_without_an_end(self):
        made = Handmade(Gst)
        made.object(b"\xc3" * 128)
        self.assertEqual(only_object(made).label.encode("utf-8", "surrogateescape"), b"\xc3" * 128)

    def test_user_metas(self):
        made = Handmade(Gst)
        face = made.object(b"face")
        points = struct.pack("=I6f", 2, 1.0, 2.0, 0.5, -3.0, 4.0, 1.0)
        made.user_meta(face, "rsnvds.key-points", struct.pack("=I3f", 1, 9.0, 9.0, 9.0))
        made.user_meta(face, "rsnvds.key-points", points)
        made.user_meta(face, "rsnvds.corners", struct.pack("=8f", *range(8)))
        made.user_meta(face, "rsnvds.embedding", struct.pack("=Iif2f", 2, -3, 12.5, 0.6, -0.8))
        other = made.user_meta(face, "someone.else", b"1234")
        with rsnvds.batch(made.buffer) as batch:
            (found,) = batch.frames()[0].objects()
            self.assertEqual(found.key_points(), ((1.0, 2.0, 0.5), (-3.0, 4.0, 1.0)), "those attached last")
            self.assertEqual(found.corners(), ((0, 1), (2, 3), (4, 5), (6, 7)))
            (embedding,) = found.embeddings()
            self.assertEqual((embedding.unique_component_id, embedding.norm, len(embedding.values)), (-3, 12.5, 2))
            metas = found.user_metas()
            self.assertEqual(len(metas), 5)
            self.assertTrue(metas[4].is_type("someone.else"))
            self.assertIsNone(metas[4].value())
            self.assertEqual(metas[4].address, made.peek(other + made.layout["NvDsUserMeta.user_meta_data"], "Q"))

    def test_garbage_counts_as_none(self):
        made = Handmade(Gst)
        face = made.object(b"face")
        many = struct.pack("=I", 2**32 - 1)
        made.user_meta(face, "rsnvds.key-points", many)
        made.user_meta(face, "rsnvds.key-points", None)
        made.user_meta(face, "rsnvds.embedding", many + bytes(8))
        made.user_meta(face, "rsnvds.corners", struct.pack("=8f", *[float("nan")] * 8))
        made.user_meta(face, 12, None)
        made.user_meta(face, 13, None)
        made.set(face, "NvDsObjectMeta.mask_params", "Q", 0)
        with rsnvds.batch(made.buffer) as batch:
            (found,) = batch.frames()[0].objects()
            self.assertEqual((found.key_points(), found.embeddings(), found.corners()), ((), [], None))
            self.assertEqual((found.tensors(), found.segmentations(), found.mask()), ([], [], None))

    def test_a_list_that_goes_round_ends(self):
        made = Handmade(Gst)
        made.object(b"car")
        made.object(b"bus")
        first = made.peek(made.frame + made.layout["NvDsFrameMeta.obj_meta_list"], "Q")
        second = made.peek(first + 8, "Q")
        made.poke(second + 8, "Q", first)
        most, rsnvds._memory.MOST_NODES = rsnvds._memory.MOST_NODES, 100
        try:
            with rsnvds.batch(made.buffer) as batch:
                self.assertEqual(len(batch.frames()[0].objects()), 100)
        finally:
            rsnvds._memory.MOST_NODES = most
            made.poke(second + 8, "Q", 0)

    def test_counts_of_shapes_are_bounded(self):
        made = Handmade(Gst)
        display = made.acquire("display")
        for kind in ("rects", "labels", "lines", "arrows", "circles"):
            made.set(display, f"NvDsDisplayMeta.num_{kind}", "I", 0)
        made.set(display, "NvDsDisplayMeta.num_lines", "I", 2**32 - 1)
        made.call("nvds_add_display_meta_to_frame", made.frame, display)
        with rsnvds.batch(made.buffer) as batch:
            (found,) = batch.frames()[0].displays()
            self.assertEqual((len(found.lines()), len(found.rects())), (16, 0))


class Inference(unittest.TestCase):
    def tensors(self, made, dims, type_number, values):
        at = made.layout
        info = bytearray(at["NvDsInferLayerInfo"])
        struct.pack_into("=i", info, at["NvDsInferLayerInfo.dataType"], type_number)
        struct.pack_into(f"={1 + len(dims)}I", info, at["NvDsInferLayerInfo.inferDims"], len(dims), *dims[:9])
        struct.pack_into("=Q", info, at["NvDsInferLayerInfo.layerName"], made.text(b"scores"))
        hosts = struct.pack("=Q", made.block(values) if values else 0)
        raw = bytearray(at["NvDsInferTensorMeta"] + 8)
        struct.pack_into("=2I2Q", raw, 0, 5, 1, made.block(bytes(info)), made.block(hosts))
        made.user_meta(made.frame, 12, bytes(raw))

    def test_tensors_are_views(self):
        made = Handmade(Gst)
        self.tensors(made, (2, 3), 0, struct.pack("=6f", *range(6)))
        self.tensors(made, (2,), 1, struct.pack("=2e", 0.5, -2.0))
        with rsnvds.batch(made.buffer) as batch:
            first, second = batch.frames()[0].tensors()
            layer = first.layer("scores")
            self.assertEqual((layer.dims, layer.type, first.unique_id), ((2, 3), "FLOAT", 5))
            memory = layer.memory()
            self.assertTrue(memory.readonly)
            self.assertEqual(memory.cast("f", [2, 3])[1, 2], 5.0)
            self.assertEqual(second.layers[0].values(), [0.5, -2.0])
            with self.assertRaisesRegex(KeyError, "there are scores"):
                first.layer("boxes")
            if numpy:
                array = layer.array()
                self.assertEqual((array.shape, array.dtype, array[1, 2]), ((2, 3), numpy.float32, 5.0))
                self.assertFalse(array.flags.writeable)
                address = array.__array_interface__["data"][0]
                self.assertEqual(address, layer._address, "no copy")
                self.assertEqual(second.layers[0].array().tolist(), [0.5, -2.0])
            else:
                with self.assertRaisesRegex(rsnvds.Error, "NumPy is missing"):
                    layer.array()

    def test_broken_tensors(self):
        made = Handmade(Gst)
        self.tensors(made, (1,), 99, b"1234")
        self.tensors(made, tuple([1] * 8), 0, None)
        at = made.layout
        made.user_meta(made.frame, 12, struct.pack("=2I2Q", 7, 3, 0, 0).ljust(at["NvDsInferTensorMeta"] + 8, b"\0"))
        with rsnvds.batch(made.buffer) as batch:
            unknown, missing, none = batch.frames()[0].tensors()
            self.assertIsNone(unknown.layers[0].type)
            with self.assertRaisesRegex(rsnvds.Error, "type 99"):
                unknown.layers[0].memory()
            with self.assertRaisesRegex(rsnvds.Error, "no host memory"):
                missing.layers[0].values()
            self.assertIsNone(none.layers)

    def test_segmentations(self):
        made = Handmade(Gst)
        at = made.layout
        for width in (3, 0):
            raw = bytearray(at["NvDsInferSegmentationMeta"] + 8)
            struct.pack_into("=3I", raw, 0, 2, width, 2)
            struct.pack_into("=Q", raw, at["NvDsInferSegmentationMeta.class_map"], made.block(struct.pack("=6i", 0, 1, -1, 1, 1, 0)))
            made.user_meta(made.frame, 13, bytes(raw))
        with rsnvds.batch(made.buffer) as batch:
            found, empty = batch.frames()[0].segmentations()
            self.assertEqual(found.class_map().tolist(), [[0, 1, -1], [1, 1, 0]])
            self.assertEqual(len(found.probabilities()), 0)
            self.assertEqual(len(empty.class_map()), 0)
            if numpy:
                self.assertEqual(found.array().tolist(), [[0, 1, -1], [1, 1, 0]])


if __name__ == "__main__":
    unittest.main()
