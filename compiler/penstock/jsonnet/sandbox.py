"""The rights that a process gives up before it evaluates the Jsonnet of strangers: memory, files, the network.

Each lock is set where the kernel has it. Landlock (Linux 5.13) covers files, and from 6.7 on TCP. seccomp blocks all
system calls but those that an engine needs; it is set on x86-64, whose numbers are in this file. Resource limits exist
on every POSIX system, although macOS does not enforce those of memory.
"""

import ctypes
import platform
import resource
import struct

_NO_NEW_PRIVILEGES = 38
_SET_SECCOMP, _FILTER = 22, 2
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446

_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights on files a version of Landlock knows; from version 5 on there are 16."""

_X86_64 = 0xC000003E
_X32 = 0x40000000
"""Numbers from here on are those of another way to call, by which the same doors would open."""

_THREAD = 0x00010000
_CLONE = 56
_CLONE3 = 435

_ALLOWED = (
    *(0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 19, 20, 23, 24, 25, 27, 28, 35, 39, 60, 72, 79, 96, 97, 98, 100),
    *(131, 158, 160, 186, 200, 201, 202, 203, 204, 218, 219, 222, 223, 226, 228, 229, 230, 231, 232, 233, 234),
    *(270, 271, 273, 281, 290, 291, 293, 302, 318, 324, 334),
)
"""Reading and writing what is open, memory, signals to itself, clocks, waiting, threads, chance, limits."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050001, 0x00050026
"""What a filter answers: the call is made, or fails as one that is not permitted, or that the kernel does not have."""


def limit(data: int) -> None:
    """Limit the memory to a number of bytes of data, and what may be written to disk to nothing."""
    for name, most in (("RLIMIT_DATA", data), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0)):
        which = getattr(resource, name)
        _, hard = resource.getrlimit(which)
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(which, (wanted, wanted))
        except (OSError, ValueError):  # macOS does not know how to
            continue


def limit_time(seconds: int) -> None:
    """Limit the processor time from now on. The process ends when it is used up."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def lock() -> list[str]:
    """Give up files and the network, as far as the kernel supports it. Return the locks that were set."""
    if platform.system() != "Linux":
        return []
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return []
    found = []
    if _landlock(library):
        found.append("landlock")
    if platform.machine() == "x86_64" and _seccomp(library):
        found.append("seccomp")
    return found


def _landlock(library: ctypes.CDLL) -> bool:
    """Give up every right on files, and on TCP where the kernel supports that."""
    version = library.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return False
    rights = struct.pack("QQQ", (1 << _FILE_RIGHTS.get(version, 16)) - 1, 0b11, 0b11)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = library.syscall(_LANDLOCK_CREATE, rights, size, 0)
    return rules >= 0 and bool(library.syscall(_LANDLOCK_RESTRICT, rules, 0) == 0)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _seccomp(library: ctypes.CDLL) -> bool:
    """Make all system calls fail but those that are allowed. Starting a thread is allowed, starting a process is
    not.
    """
    code = [
        _step(_LOAD, 4),
        _step(_EQUAL, _X86_64, 1, 0),
        _step(_RETURN, _REFUSE),
        _step(_LOAD, 0),
        _step(_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _REFUSE),
        _step(_EQUAL, _CLONE, 0, 4),
        _step(_LOAD, 16),
        _step(_ANY_BIT, _THREAD, 0, 1),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _REFUSE),
        # A filter cannot read what the newer way to begin a thread is asked for. Where the kernel does not have it,
        # glibc goes the older way; where it is not permitted, the thread does not begin, and gojsonnet aborts.
        _step(_EQUAL, _CLONE3, 0, 1),
        _step(_RETURN, _UNKNOWN),
    ]
    for number in _ALLOWED:
        code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    code.append(_step(_RETURN, _REFUSE))
    program = _Program(len(code), b"".join(code))
    return bool(library.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Return one instruction of the filter. The last two arguments say how many instructions to skip."""
    return struct.pack("HBBI", operation, if_true, if_false, value)
