"""Outbox → sequence → build → export → purge → receipt."""
