"""A certificate authority for trying things out, and what it signs (RFC 5280)."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

VALID_DAYS = 365
_KEY_BITS = 3072
_ORGANISATION = "MammoVLM test certificates - not for patients' data"
_BEFORE = timedelta(hours=1)  # clocks of modalities differ


@dataclass(frozen=True)
class Holder:
    """Who gets a certificate.

    Parameters
    ----------
    name
        Common name, and the name of the files.
    hosts
        Names and addresses under which it is reached as a server; none for a client only.
    is_client
        Whether it calls others.
    """

    name: str
    hosts: tuple[str, ...] = ()
    is_client: bool = True

    @property
    def usages(self) -> list[ObjectIdentifier]:
        """Extended key usages."""
        server = [ExtendedKeyUsageOID.SERVER_AUTH] if self.hosts else []
        return server + ([ExtendedKeyUsageOID.CLIENT_AUTH] if self.is_client else [])


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, both PEM; the key is not encrypted."""

    certificate: bytes
    key: bytes


class TestAuthority:
    """Signs certificates with a key that is made for this purpose."""

    __test__ = False  # for pytest, which collects classes by their name

    def __init__(self) -> None:
        self._key = _new_key()
        self._name = _distinguished_name("MammoVLM test authority")
        self._certificate = (
            _builder(self._name, self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pair(self) -> Pair:
        """The authority's own certificate and key."""
        return _pair(self._certificate, self._key)

    def issue(self, holder: Holder) -> Pair:
        """Make a key for a holder and sign its certificate."""
        key = _new_key()
        builder = _builder(_distinguished_name(holder.name), self._name, key)
        if holder.hosts:
            builder = builder.add_extension(_alternative_names(holder.hosts), critical=False)
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(holder.usages), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        return _pair(certificate, key)


def _new_key() -> rsa.RSAPrivateKey:
    # RSA: what the TLS profiles of DICOM (PS3.15 Annex B) and older modalities all know.
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


def _distinguished_name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _alternative_names(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general_name(host) for host in hosts])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pair(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> Pair:
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
