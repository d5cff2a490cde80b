"""Batches that this program makes itself, of whatever layout the library has."""

import ctypes
import struct

from rsnvds import _layout
from rsnvds._library import library

POINTER = ctypes.c_void_p
FORMS = {"f": "=f", "i": "=i", "I": "=I", "Q": "=Q"}


class Handmade:
    """A Gst.Buffer with a batch of one frame."""

    def __init__(self, Gst):
        self.library = library()
        self.kept = []
        self.buffer = Gst.Buffer.new()
        self.batch = self.call("nvds_create_batch_meta", 1, result=POINTER)
        sizes = {}
        for pool in ("frame", "obj", "display", "classifier", "label_info", "user"):
            place = self.peek(self.batch + _layout.LAYOUTS["C"][f"NvDsBatchMeta.{pool}_meta_pool"], "Q")
            sizes[pool] = self.peek(place + _layout.LAYOUTS["C"]["NvDsMetaPool.element_size"], "I")
        self.name = next(name for name, pools in _layout.POOLS.items() if pools == tuple(sizes.values()))
        self.layout = _layout.LAYOUTS[self.name]
        functions = [self.address(f"nvds_batch_meta_{kind}_func") for kind in ("copy", "release")]
        meta = self.call("gst_buffer_add_nvds_meta", hash(self.buffer), self.batch, None, *functions, result=POINTER)
        # GstMeta of 16 bytes, data, user data, then the type: NVDS_BATCH_GST_META.
        self.poke(meta + 32, "i", 4097)
        self.frame = self.acquire("frame")
        self.call("nvds_add_frame_meta_to_batch", self.batch, self.frame)

    def _function(self, name):
        for file in (self.library._meta, self.library._gst):
            try:
                return getattr(file, name)
            except AttributeError:
                continue
        raise AttributeError(name)

    def address(self, name):
        return ctypes.cast(self._function(name), POINTER)

    def call(self, name, *arguments, result=None):
        function = self._function(name)
        function.restype = result
        return function(*(POINTER(a) if isinstance(a, int) and a > 1 else a for a in arguments))

    def acquire(self, kind):
        return self.call(f"nvds_acquire_{kind}_meta_from_pool", self.batch, result=POINTER)

    def peek(self, address, form):
        return struct.unpack(FORMS[form], ctypes.string_at(address, struct.calcsize(FORMS[form])))[0]

    def poke(self, address, form, *values):
        """Writes numbers of a form."""
        raw = b"".join(struct.pack(FORMS[form], value) for value in values)
        ctypes.memmove(address, raw, len(raw))

    def set(self, element, field, form, *values):
        self.poke(element + self.layout[field], form, *values)

    def text(self, raw):
        """A C string that lives as long as this."""
        self.kept.append(ctypes.create_string_buffer(raw))
        return ctypes.addressof(self.kept[-1])

    def block(self, raw):
        """Memory that lives as long as this."""
        self.kept.append(ctypes.create_string_buffer(raw, len(raw)))
        return ctypes.addressof(self.kept[-1])

    def object(self, label=b"", parent=None):
        made = self.acquire("obj")
        self.set(made, "NvDsObjectMeta.object_id", "Q", 2**64 - 1)
        raw = label[: _layout.LABEL_SIZE].ljust(_layout.LABEL_SIZE, b"\0")
        ctypes.memmove(made + self.layout["NvDsObjectMeta.obj_label"], raw, len(raw))
        self.call("nvds_add_obj_meta_to_frame", self.frame, made, parent)
        return made

    def user_meta(self, owner, name, raw):
        """Attaches data under the name of its type, or its number."""
        made = self.acquire("user")
        number = name if isinstance(name, int) else self.library.meta_type(name)
        self.set(made, "NvDsBaseMeta.meta_type", "i", number)
        # Copy and release functions behind the type and the context: none.
        self.poke(made + 24, "Q", 0, 0)
        self.set(made, "NvDsUserMeta.user_meta_data", "Q", self.block(raw) if raw else 0)
        to = "frame" if owner == self.frame else "obj"
        self.call(f"nvds_add_user_meta_to_{to}", owner, made)
        return made
