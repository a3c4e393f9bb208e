"""How a worker and the process that started it talk: messages of a kind, a length and so many bytes, over two pipes.

To the worker: `job` (JSON), `file` or `refused` as the answer to an import, and `result` (JSON) or `refused` as the
answer to a call. From it: `ready`, `import` (JSON: the directory of the file that imports, and the path that it names),
`call` (JSON: a function of `std.native`, and its arguments), and at the end of a job `value`, `failure` or `too long`.
"""

import struct
from typing import BinaryIO

HEAD = struct.Struct(">cI")

READY, JOB, IMPORT, FILE, REFUSED, VALUE, FAILURE, TOO_LONG = b"R", b"J", b"I", b"F", b"N", b"V", b"E", b"L"
CALL, RESULT = b"C", b"A"

SEPARATOR = b"\0"
"""Between the path and the content of a file."""


def send(stream: BinaryIO, kind: bytes, payload: bytes) -> None:
    stream.write(HEAD.pack(kind, len(payload)) + payload)
    stream.flush()
