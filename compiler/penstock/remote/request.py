"""What a web server is asked and what it answers, and the addresses at which it is."""

from collections.abc import Mapping

from penstock.files import MAX_BYTES
from penstock.records import NamedTuple
from penstock.remote.permit import Hosts, shown


class Response(NamedTuple):
    """The answer of a server. `is_page` means that it is an HTML page for a browser rather than a file of objects.
    `headers` are those of the answer, by their lower-case names.
    """

    status: int
    data: bytes
    is_page: bool
    headers: Mapping[str, str] = {}

    @property
    def is_file(self) -> bool:
        return 200 <= self.status <= 299 and not self.is_page

    @property
    def told(self) -> str:
        """What the answer is, in words for people, if it is no file."""
        if self.is_page:
            return "a page for people"
        target = self.headers.get("location", "")
        where = f" and leads to {shown(target)}, which is not followed" if 300 <= self.status <= 399 and target else ""
        return f"the status {self.status}{where}"


class Ask(NamedTuple):
    """How a server is asked: the accepted types, the authorization, and the largest size of an answer.

    `authorization` is sent only to the host of the URL, never to one to which it redirects. `within` is the repository
    that names the URL, if it was not the user; such a URL may not lead to this machine, and no URL may unless it is
    among the `hosts` that the user allows.
    """

    accept: str = ""
    authorization: str = ""
    limit: int = MAX_BYTES
    within: str = ""
    hosts: Hosts = Hosts()


def addresses_of(host: str, port: int) -> list[str]:
    """Return the addresses of a host. Raises `OSError`."""
    import socket

    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))
