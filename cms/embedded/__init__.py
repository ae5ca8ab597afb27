"""The embedded profile: every server the demo and the tests need, from PyPI, without root."""
