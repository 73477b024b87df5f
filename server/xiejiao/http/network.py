"""The network that a request comes from: what is counted, for carriers put a whole city behind one address."""

import ipaddress

from flask import request

_KEPT_BITS = {4: 24, 6: 48}


def network() -> str:
    """The /24 or /48 of the address that the request comes from, as in `192.0.2.0/24`; of an unreadable one, ``."""
    return network_of(request.remote_addr or "")


def network_of(address: str) -> str:
    """As above, of an address."""
    try:
        read = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    # IPv4 in the clothes of IPv6 is one network with itself.
    read = getattr(read, "ipv4_mapped", None) or read
    return str(ipaddress.ip_network((read, _KEPT_BITS[read.version]), strict=False))
