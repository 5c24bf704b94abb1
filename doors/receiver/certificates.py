"""Amazon SNS's signatures: the certificate is fetched from SNS alone, kept, and never waited for long."""

import base64
import binascii
import time
from collections.abc import Callable

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from recovery.alerts.sns import SnsMessage, certificate_may_be_fetched, signed_text, subscription_may_be_confirmed
from recovery.decision import Decision, go, refuse
from recovery.errors import Unreachable
from recovery.model import now

TIMEOUT = httpx.Timeout(5.0)
LARGEST = 65_536  # bytes of an answer
MOST_KEPT = 16
MOST_FETCHES = 6  # a minute: whoever makes up addresses must not make us ask Amazon all day
_LOOK = "Find out who sends it; SNS would not."
Fetch = Callable[[str], bytes]


def fetch(url: str) -> bytes:
    """Fetches a small page over https; no redirects, no proxy of the environment.

    Raises:
        Unreachable: it did not come, or is too large.
    """
    try:
        with (
            httpx.Client(timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client,
            client.stream("GET", url) as answer,
        ):
            answer.raise_for_status()
            begun, body = time.monotonic(), b""
            for part in answer.iter_bytes(8_192):
                body += part
                if len(body) > LARGEST or time.monotonic() - begun > 10:
                    raise Unreachable("Amazon SNS answered with too much, or too slowly.")
            return body
    except httpx.HTTPError as error:
        raise Unreachable(f"Amazon SNS did not answer ({type(error).__name__}).") from error


class Certificates:
    """The certificates that SNS signs with, by their addresses.

    Args:
        fetch: gets a page.
    """

    def __init__(self, fetch: Fetch = fetch) -> None:
        self._fetch = fetch
        self._known: dict[str, x509.Certificate] = {}
        self._fetched: list[float] = []

    def judge(self, message: SnsMessage) -> Decision:
        """Whether SNS signed the message.

        Raises:
            Unreachable: the certificate did not come; the sender should try again.
        """
        if not certificate_may_be_fetched(message):
            return refuse("The certificate's address is not one of SNS in the topic's region.", _LOOK)
        certificate = self._certificate(message.certificate_url)
        if not certificate.not_valid_before_utc <= now() <= certificate.not_valid_after_utc:
            return refuse("SNS's certificate is not valid now.", "Compare the clocks.")
        key, text = certificate.public_key(), signed_text(message)
        if not isinstance(key, RSAPublicKey):
            return refuse("SNS's certificate holds no RSA key.", _LOOK)
        try:
            signature = base64.b64decode(message.signature, validate=True)
            key.verify(signature, text, PKCS1v15(), SHA1() if message.version == "1" else SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return refuse("The signature is not of this message.", _LOOK)
        return go("Amazon SNS signed it.")

    def confirm(self, message: SnsMessage) -> Decision:
        """Says yes to a subscription, whose message was found to be signed by SNS, of a topic of ours.

        Raises:
            Unreachable: SNS did not answer; it will ask again.
        """
        if not subscription_may_be_confirmed(message):
            return refuse("The address to confirm at is not one of SNS in the topic's region.", _LOOK)
        self._fetch(str(message.subscribe_url))
        return go(f"Subscribed to {message.topic}.")

    def _certificate(self, url: str) -> x509.Certificate:
        if url not in self._known:
            recent = [at for at in self._fetched if time.monotonic() - at < 60]
            if len(recent) >= MOST_FETCHES:
                raise Unreachable("Too many certificates of SNS were asked for within a minute.")
            self._fetched = [*recent, time.monotonic()]
            try:
                found = x509.load_pem_x509_certificate(self._fetch(url))
            except ValueError as error:
                raise Unreachable("Amazon SNS answered with something that is no certificate.") from error
            while len(self._known) >= MOST_KEPT:
                del self._known[next(iter(self._known))]
            self._known[url] = found
        return self._known[url]
