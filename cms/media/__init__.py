"""Probe → ladder → encode → verify → store."""
