"""The network that a request comes from: what is counted, for carriers put a whole city behind one address."""

import ipaddress
from collections.abc import Mapping
from types import MappingProxyType

from flask import request

_KEPT_BITS = {4: 24, 6: 48}
_LINE_BITS = {4: 32, 6: 64}


def one_line() -> str:
    """The address of IPv4, the /64 of IPv6: what one customer has, who may choose any address within."""
    return network_of(request.remote_addr or "", _LINE_BITS)


def network() -> str:
    """The /24 or /48 of the address that the request comes from, as in `192.0.2.0/24`; of an unreadable one, ``."""
    return network_of(request.remote_addr or "")


def network_of(address: str, kept_bits: Mapping[int, int] = MappingProxyType(_KEPT_BITS)) -> str:
    """As above, of an address."""
    try:
        read = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    # IPv4 in the clothes of IPv6 is one network with itself.
    read = getattr(read, "ipv4_mapped", None) or read
    return str(ipaddress.ip_network((read, kept_bits[read.version]), strict=False))
