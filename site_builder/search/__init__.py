"""The search index: files of the site that a browser reads a few hundred bytes of (ADR 0016)."""
