"""What a failed connection means, and what to do about it. Pure.

The words of urllib3 and OpenSSL name classes, numbers of errors and lines of C; a person needs to know whether the
name, the network, the certificate, a proxy or the credential is in the way.
"""

import re

from penstock.apply.failure import NO_JSON, Failure
from penstock.model import Refusal
from penstock.records import NamedTuple


class Trouble(NamedTuple):
    """A sign in the words of a library, what it means, and what to do."""

    sign: re.Pattern[str]
    found: str
    do: str


TROUBLES = (
    Trouble(
        re.compile("certificate is not valid for"),
        "its certificate is for another name",
        "make `server` in the kubeconfig a name that the certificate has, or set `tls-server-name` to one",
    ),
    Trouble(
        re.compile("certificate (has expired|is not yet valid)"),
        "its certificate is out of date",
        "renew the certificate of the API server, or set the clock of this machine",
    ),
    Trouble(
        re.compile("CERTIFICATE_VERIFY_FAILED"),
        "its certificate is of an authority that is not trusted",
        "take `certificate-authority-data` of this cluster into the kubeconfig; a proxy that opens TLS has its own",
    ),
    Trouble(
        re.compile("WRONG_VERSION_NUMBER|HTTP_REQUEST|UNKNOWN_PROTOCOL"),
        "it does not speak TLS",
        "check the scheme and the port of `server` in the kubeconfig",
    ),
    Trouble(
        re.compile(
            "ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_(EXPIRED|REVOKED|UNKNOWN|REQUIRED))|CERTIFICATE_REQUIRED"
        ),
        "it does not accept the client certificate",
        "take a new client certificate into the kubeconfig",
    ),
    Trouble(
        re.compile("Failed to resolve|getaddrinfo|Name or service not known|nodename nor servname|'idna' codec"),
        "its name is not known",
        "check the host of `server` in the kubeconfig, the DNS of this machine, and its VPN",
    ),
    Trouble(
        re.compile("Connection refused"),
        "the connection is refused",
        "check the port of `server` in the kubeconfig, and that the API server runs; a firewall can refuse, too",
    ),
    Trouble(
        re.compile("No route to host|Network is unreachable"),
        "there is no way to it from here",
        "check the network of this machine, and its VPN",
    ),
    Trouble(
        re.compile(r"[Cc]onnect(ion)?( to \S+)? timed out|connect timeout"),
        "it does not take the connection in time",
        "check the network and its VPN; a firewall that drops packets looks like this",
    ),
    Trouble(
        re.compile("Read timed out|read timeout"),
        "it takes the connection and does not answer in time",
        "check the load of the API server, or what stands before it",
    ),
    Trouble(
        re.compile("EOF occurred|reset by peer|Remote end closed|Broken pipe|Connection aborted|IncompleteRead"),
        "it has ended the connection before the answer was complete",
        "check the scheme and the port of `server` in the kubeconfig; a load balancer without a server looks like this",
    ),
)
"""The first sign that is found decides."""

OF_PROXY = re.compile("Unable to connect to proxy|Tunnel connection failed|Cannot connect to proxy|SOCKS")
THROUGH = "the proxy does not lead to it"
CHECK_PROXY = "check `proxy-url` in the kubeconfig, or HTTPS_PROXY and NO_PROXY"

CHECK_SERVER = "check `server` in the kubeconfig: a web page, a proxy or a login stands at this address"
LOG_IN = "log in again: the credentials of the context's user are not accepted"


def words(cause: str) -> str:
    """Return what the words of a library about a failed connection mean; the words themselves where that is unknown."""
    trouble = next((each for each in TROUBLES if each.sign.search(cause)), None)
    found = trouble.found if trouble else cause
    # The certificate says for whom it is, which is the other half of the message.
    name = re.search(r"certificate is not valid for '([^']*)'", cause)
    found += f", not for {name[1]}" if name else ""
    return f"{THROUGH}: {found}" if OF_PROXY.search(cause) else found


def what_to_do(failure: Failure) -> str:
    """Return what a person can do about a cluster that cannot be asked anything, or "" where nobody knows."""
    if failure.status == 401:
        return LOG_IN
    if failure.message.startswith(NO_JSON):
        return CHECK_SERVER
    if THROUGH in failure.message:
        return CHECK_PROXY
    return next((each.do for each in TROUBLES if each.found in failure.message), "")


def refusal(context: str, failure: Failure) -> Refusal:
    """Return the end of a run that cannot ask the cluster of a context anything, with what a person can do."""
    do = what_to_do(failure)
    said = f"cannot go on with the cluster of context {context!r}: {failure}"
    return Refusal(f"{said}; {do}" if do else said, 4)
