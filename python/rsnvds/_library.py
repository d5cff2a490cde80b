"""Finds DeepStream's metadata library, the copy that the elements of this process use."""

from __future__ import annotations

import ctypes
import os
import re
from typing import Any, Dict, List, Optional, Tuple

from . import _layout

META_LIBRARY = "libnvds_meta.so"
GST_LIBRARY = "libnvdsgst_meta.so"
FOLDER_VARIABLE = "RSNVDS_NVDS_LIB_DIR"
VERSION_VARIABLE = "RSNVDS_DEEPSTREAM_VERSION"
SDK = "/opt/nvidia/deepstream"

Version = Tuple[int, int]


class Error(RuntimeError):
    """What this package cannot do: the text says what was expected, what was found and what to change."""


class LibraryError(Error):
    """There is no metadata library that can be used."""


class LayoutError(Error):
    """A batch is of a release whose structs this package does not know."""


def _mapped(name: str) -> List[str]:
    """Files of this name that are in the process, as the system says."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            paths = {line.split(maxsplit=5)[5].rstrip("\n") for line in maps if line.rstrip().endswith("/" + name)}
    except OSError:
        return []
    return sorted(paths)


def _sdk_folders() -> List[str]:
    """Library folders below the SDK's root: the unversioned link first, then the newest version."""
    try:
        versions = [name for name in os.listdir(SDK) if name.startswith("deepstream-")]
    except OSError:
        versions = []
    versions.sort(key=lambda name: [int(number) for number in re.findall(r"\d+", name)], reverse=True)
    return [f"{SDK}/{name}/lib" for name in ["deepstream", *versions]]


def _open(folder: str) -> Tuple[ctypes.CDLL, ctypes.CDLL]:
    """Both libraries of a folder; an empty one is the dynamic linker's own search."""
    # CDLL gives up the interpreter's lock during calls: whoever holds a batch's lock may be waiting for that one.
    meta = ctypes.CDLL(os.path.join(folder, META_LIBRARY))
    return meta, ctypes.CDLL(os.path.join(folder, GST_LIBRARY))


def _find() -> Tuple[ctypes.CDLL, ctypes.CDLL]:
    """The copy in the process, else the first that can be opened, in the order of the elements' own search."""
    loaded = _mapped(GST_LIBRARY) or _mapped(META_LIBRARY)
    if len(loaded) > 1:
        copies = "\n".join(f"  {path}" for path in loaded)
        raise LibraryError(f"the process has two copies of DeepStream's metadata library:\n{copies}\nLeave one")
    folders = [os.path.dirname(loaded[0])] if loaded else []
    named = os.environ.get(FOLDER_VARIABLE)
    if named and not loaded:
        folders = [named]
    elif not loaded:
        folders = ["", *_sdk_folders()]
    tried = []
    for folder in folders:
        try:
            return _open(folder)
        except OSError as error:
            tried.append(f"  {folder or 'the dynamic linker'}: {error}")
    raise LibraryError(
        "DeepStream's metadata library was not found. Looked for "
        f"{GST_LIBRARY} and {META_LIBRARY}:\n"
        + "\n".join(tried)
        + f"\nInstall the DeepStream SDK, or set {FOLDER_VARIABLE} to a folder that holds both files"
    )


def _parse_version(text: str) -> Optional[Version]:
    found = re.match(r"\s*(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


class Library:
    """The loaded metadata library."""

    def __init__(self) -> None:
        self._meta, self._gst = _find()
        self.path: str = (_mapped(META_LIBRARY) or [self._meta._name])[0]
        """The file."""
        pointer = ctypes.c_void_p
        self.batch_of = self._function(self._gst, "gst_buffer_get_nvds_batch_meta", pointer, pointer)
        """The address of a buffer's batch meta, by the buffer's; None if it has none."""
        self.lock = self._function(self._meta, "nvds_acquire_meta_lock", None, pointer)
        self.unlock = self._function(self._meta, "nvds_release_meta_lock", None, pointer)
        self._type_of = self._function(self._meta, "nvds_get_user_meta_type", ctypes.c_int, pointer)
        # Looking for a batch before the type is registered is a critical warning in the library.
        self._function(self._gst, "nvds_meta_api_get_type", ctypes.c_size_t)()
        self._types: Dict[str, int] = {}
        self._names: List[Any] = []
        self._version = self._find_version()

    def _function(self, library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
        try:
            function = getattr(library, name)
        except AttributeError:
            raise LibraryError(f"{library._name} does not export {name}: is it DeepStream's?") from None
        function.restype, function.argtypes = result, list(arguments)
        return function

    def meta_type(self, name: str) -> int:
        """The number of a user meta's type, the same for all code of the process."""
        number = self._types.get(name)
        if number is None:
            # The library keeps the pointer.
            text = ctypes.create_string_buffer(name.encode())
            self._names.append(text)
            number = self._types[name] = int(self._type_of(ctypes.addressof(text)))
        return number

    def _find_version(self) -> Optional[Version]:
        """The release, as far as it is told: by the user, the library itself, or a file or folder around it."""
        named = os.environ.get(VERSION_VARIABLE)
        if named:
            version = _parse_version(named)
            if version is None:
                raise LibraryError(f"{VERSION_VARIABLE}={named} is no version: expected one such as 6.3")
            return version
        try:
            own = self._function(self._meta, "rsnvds_meta_release", ctypes.c_char_p)()
        except LibraryError:
            own = None
        if own:
            return _parse_version(own.decode(errors="replace"))
        return _version_around(os.path.realpath(self.path))

    def has(self, layout: str, field: str) -> bool:
        """Whether batches of a class surely have a field that came with a later release of it."""
        since = _layout.SINCE[field]
        first, last = _layout.RELEASES[layout]
        version = self._version
        return (version if version and first <= version <= last else first) >= since


def _version_around(library: str) -> Optional[Version]:
    """The version that a file `version` beside the library or above tells, or the folder that it lies in."""
    folder = os.path.dirname(library)
    for place in (folder, os.path.dirname(folder)):
        try:
            with open(os.path.join(place, "version"), encoding="utf-8", errors="replace") as file:
                for line in file:
                    if line.strip().startswith("Version:"):
                        return _parse_version(line.strip()[len("Version:") :])
        except OSError:
            continue
    found = re.search(r"/deepstream-(\d+\.\d+)", folder)
    return _parse_version(found[1]) if found else None


_library: Optional[Library] = None


def library() -> Library:
    """The library, loaded at the first call that succeeds.

    Raises LibraryError.
    """
    global _library
    if _library is None:
        _library = Library()
    return _library
