"""Small questions whose answer is yes once a program does its work."""

import socket

import requests


def port_answers(port: int) -> bool:
    """Say whether something takes connections on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def page_answers(url: str) -> bool:
    """Say whether an HTTP GET is answered with success; no proxy is asked."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=5).ok
        except requests.RequestException:
            return False
