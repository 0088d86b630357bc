"""A set of files as a directory or as one tar file, written the same way each time and read without trust.

What is written depends on the names and the bytes alone: in order of name, without times or owners. What is read may
come from anybody: each file is announced by a list with its size before it is read, so that nothing larger is unpacked,
and anything that is no plain file, or was not announced, is a problem.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import IO, TYPE_CHECKING, BinaryIO, Final, NamedTuple, Self, cast

if TYPE_CHECKING:
    import tarfile

GZIP: Final = b"\x1f\x8b"
COMPRESSION: Final = 6
"""zlib's own default; more makes text a hundredth smaller and takes three times as long."""
MAX_LIST: Final = 64 << 20
"""Bytes of the list in front: 400,000 files."""
MAX_EXTENSION: Final = 16 << 10
"""Bytes of a header about a header: a name of 4 KiB, twice, and some more."""
PER_FILE: Final = 4096
"""Bytes that tar may take for a file besides its content: two headers, one of them for a long name, and padding."""
SLACK: Final = 1 << 20
"""The same for the archive as a whole: tar ends with up to 10 KiB of nothing."""
MODE: Final = 0o644


class Announced(NamedTuple):
    """What the list says about one file."""

    size: int
    sha256: str


class Unsafe(Exception):
    """The whole of it cannot be read any further; says why."""


Problem = tuple[str, str]
"""A file, and what is wrong with it."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- writing ----------------------------------------------------------------------------------------------


def is_archive(path: str) -> bool:
    """Whether a path asks for one file."""
    return path.endswith((".tar", ".tar.gz", ".tgz"))


def is_taken(path: str) -> bool:
    """Whether something lies where files shall be written: anything but an empty directory for a directory."""
    return os.path.lexists(path) and (is_archive(path) or not os.path.isdir(path) or bool(os.listdir(path)))


def write(path: str, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files, in the order given, as what the path asks for; one file is there whole or not at all.

    Raises `OSError`.
    """
    if not is_archive(path):
        os.makedirs(path, exist_ok=True)
        write_directory(path, files)
        return
    beside = f"{path}.part"
    try:
        with open(beside, "wb") as file:
            write_tar(file, files, compressed=not path.endswith(".tar"))
        os.replace(beside, path)
    except OSError:
        with suppress(OSError):
            os.unlink(beside)
        raise


def write_tar(target: IO[bytes], files: Iterable[tuple[str, bytes]], *, compressed: bool) -> None:
    """Write files, in the order given, as tar (POSIX.1-2001). Raises `OSError`."""
    import gzip
    import tarfile
    from io import BytesIO

    # A file name or a time in the header of gzip would make each archive another one.
    packed = gzip.GzipFile("", "wb", COMPRESSION, target, mtime=0) if compressed else target
    out = cast("IO[bytes]", packed)
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in files:
            about = tarfile.TarInfo(name)
            about.size, about.mode, about.mtime = len(data), MODE, 0
            tar.addfile(about, BytesIO(data))
    if compressed:
        out.close()


def write_directory(target: str, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files below a directory that is new or empty. Raises `OSError`."""
    for name, data in files:
        path = f"{target}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            file.write(data)


# --- reading ----------------------------------------------------------------------------------------------


class Files:
    """Files somewhere, the list among them first. `read` gives each at most once."""

    def __init__(self, members: Iterator[tuple[str, int, Callable[[], bytes] | None]]) -> None:
        self._members = members
        self._allow: Callable[[int], None] = lambda _: None

    @classmethod
    def of_directory(cls, path: str, first: str) -> "Files":
        return cls(_in_directory(path, first))

    @classmethod
    def of_tar(cls, stream: BinaryIO) -> "Files":
        """A tar file, compressed or not, from a stream that need not be a file."""
        limited = _Limited(stream)
        files = cls(_in_tar(limited))
        files._allow = limited.allow
        return files

    def first(self, name: str) -> bytes:
        """The list. Raises `Unsafe` if something else comes first."""
        found, size, read = next(self._members, ("", 0, None))
        if found != name or read is None:
            raise Unsafe(f"does not begin with '{name}', as snapshots do")
        if size > MAX_LIST:
            raise Unsafe(f"has a '{name}' of {size} bytes; at most {MAX_LIST}")
        return read()

    def check(
        self, announced: Mapping[str, Announced], use: Callable[[str, bytes], None] | None = None
    ) -> Iterator[Problem]:
        """Everything that is not as announced; each file that is goes to `use`. Raises `Unsafe`."""
        self._allow(sum(one.size + PER_FILE for one in announced.values()))
        left = dict(announced)
        for name, size, read in self._members:
            expected = left.pop(name, None)
            if expected is None:
                yield name, "is there twice" if name in announced else "is not in the manifest"
            elif read is None:
                yield name, "is no plain file"
            elif size != expected.size:
                yield name, f"has {size} bytes, not {expected.size}"
            elif sha256(data := read()) != expected.sha256:
                yield name, "was altered: its checksum is another one"
            elif use is not None:
                use(name, data)
        for name in left:
            yield name, "is missing"


@contextmanager
def opened(path: str, first: str, stream: BinaryIO | None = None) -> Iterator[Files]:
    """The files of a directory, of a tar file, or of a stream that is one. Raises `OSError`."""
    if stream is not None:
        yield Files.of_tar(stream)
    elif os.path.isdir(path):
        yield Files.of_directory(path, first)
    else:
        with open(path, "rb") as file:
            yield Files.of_tar(file)


def _in_directory(top: str, first: str) -> Iterator[tuple[str, int, Callable[[], bytes] | None]]:
    """The plain files below a directory, `first` first. Links are not followed, and are no plain files."""
    list_in_front = os.lstat(f"{top}/{first}") if os.path.lexists(f"{top}/{first}") else None
    if list_in_front is None or not stat.S_ISREG(list_in_front.st_mode):
        return  # any directory may be named, and this one need not be walked through
    yield first, list_in_front.st_size, _reader(f"{top}/{first}", list_in_front.st_size)
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(f"{top}/{prefix}") as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = f"{prefix}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                elif not entry.is_file(follow_symlinks=False):
                    yield name, 0, None
                elif name != first:
                    size = entry.stat(follow_symlinks=False).st_size
                    yield name, size, _reader(entry.path, size)


def _reader(path: str, size: int) -> Callable[[], bytes]:
    def read() -> bytes:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            return file.read(size) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""

    return read


def _in_tar(limited: "_Limited") -> Iterator[tuple[str, int, Callable[[], bytes] | None]]:
    import tarfile

    with _readable(), tarfile.open(fileobj=cast("IO[bytes]", limited.plain()), mode="r|", tarinfo=_header()) as tar:
        for member in tar:
            yield member.name, member.size, _member(tar, member)


@contextmanager
def _readable() -> Iterator[None]:
    """Raise `Unsafe` for whatever may be wrong with the bytes of an archive."""
    import tarfile
    import zlib

    # IndexError and RecursionError: tarfile believes headers about the headers that follow.
    wrong = (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, OverflowError, IndexError, RecursionError)
    try:
        yield
    except wrong as error:
        said = str(error) or type(error).__name__
        raise Unsafe(f"is no archive that can be read: {said[:120]}") from error


@cache
def _header() -> "type[tarfile.TarInfo]":
    import tarfile

    class Header(tarfile.TarInfo):
        """A header that is looked at before tarfile goes where it says: that may be 2^63 bytes away."""

        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
            found = super().frombuf(buf, encoding, errors)
            most = MAX_LIST if found.type in tarfile.REGULAR_TYPES else MAX_EXTENSION
            if not 0 <= found.size <= most or found.type == tarfile.GNUTYPE_SPARSE:
                raise Unsafe(f"has a file or a header of {found.size} bytes that no snapshot has")
            return found

    return Header


def _member(tar: "tarfile.TarFile", member: "tarfile.TarInfo") -> Callable[[], bytes] | None:
    if not member.isreg() or member.issparse():
        return None

    def read() -> bytes:
        with _readable():
            content = tar.extractfile(member)
            return b"" if content is None else content.read()

    return read


class _Limited:
    """A stream that gives no more than was allowed: what is packed small may be large."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._begin = stream.read(len(GZIP))
        self._left = MAX_LIST + SLACK
        self._unpacked: IO[bytes] | None = None

    def plain(self) -> "_Limited":
        """Itself, giving what was packed."""
        joined = cast("IO[bytes]", _Joined(self._begin, self._stream))
        if self._begin == GZIP:
            import gzip

            joined = cast("IO[bytes]", gzip.GzipFile(fileobj=joined, mode="rb"))
        self._unpacked = joined
        return self

    def allow(self, size: int) -> None:
        self._left = size + SLACK

    def read(self, size: int) -> bytes:
        if size > self._left:
            raise OSError("it unpacks to more than its manifest announces")
        assert self._unpacked is not None, "`plain` was called"
        data = self._unpacked.read(size)
        self._left -= len(data)
        return data


class _Joined:
    """A stream of which the beginning was read already."""

    def __init__(self, begin: bytes, stream: BinaryIO) -> None:
        self._begin = begin
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        data, self._begin = (self._begin, b"") if size < 0 else (self._begin[:size], self._begin[size:])
        return data + self._stream.read(size if size < 0 else size - len(data))


# --- putting files somewhere ------------------------------------------------------------------------------


def put_new(top: str, name: str, data: bytes) -> None:
    """Write a file below `top` that was not there, through no link. Raises `OSError`, `FileExistsError`."""
    *above, last = name.split("/")
    directory = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in above:
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=directory)
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
            os.close(directory)
            directory = below
        new = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(last, new, MODE, dir_fd=directory), "wb") as file:
            file.write(data)
    finally:
        os.close(directory)


def content(top: str, name: str) -> bytes | None:
    """The file at a path below `top`; None if there is nothing. b"" stands for what is no plain file too.

    Raises `OSError`.
    """
    path = f"{top}/{name}"
    if not os.path.lexists(path):
        return None
    if os.path.islink(path) or not os.path.isfile(path):
        return b""
    with open(path, "rb") as file:
        return file.read()


def put_all(top: str, files: Iterable[tuple[str, bytes]]) -> None:
    """Each of them by `put_new`, below a directory that is made if need be. Raises `OSError`."""
    os.makedirs(top, exist_ok=True)
    for name, data in files:
        put_new(top, name, data)
